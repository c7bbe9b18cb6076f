"""Whoever publishes a backend plug-in."""

from __future__ import annotations

#: What this one can do; with tests where something bounds it.
CAN: dict[str, tuple[str, ...]] = {
    "do everything you can do, once you install it **and** name it: plug-ins run with full rights. `doctor` and `backends list --probe` load each installed one for a look, in a process of its own without the variables that open the vault, but one of another distribution than before is compared and not loaded": (
        "processes/backends/test_registry.py::the_child_has_neither_our_secrets_nor_our_directory",
        "processes/backends/test_registry.py::first_use_is_remembered_and_another_distribution_refused_before_its_import",
    ),
}

#: What this one can not do, and the tests that show it.
CAN_NOT: dict[str, tuple[str, ...]] = {
    "be chosen automatically, nor by a `choice.json` before you have named it once": (
        "unit/backends/test_choicefile.py::a_file_chooses_no_plugin_that_nobody_named",
        "unit/backends/test_choice.py::each_platform_has_its_own_store",
    ),
    "take a built-in name, take over another plug-in's name unnoticed, be imported to be listed": (
        "processes/backends/test_registry.py::a_built_in_name_can_not_be_taken",
        "processes/backends/test_registry.py::two_of_one_name_are_refused_before_either_is_imported",
        "processes/backends/test_registry.py::a_third_partys_is_listed_without_importing_it",
    ),
}
