"""Whoever can write to the vault file (sync server, shared folder)."""

from __future__ import annotations

#: What this one can do; with tests where something bounds it.
CAN: dict[str, tuple[str, ...]] = {
    "destroy it": (),
    "put an older copy in its place on a machine that has never seen it, or in CI without `PYVAULT_EXPECT_FINGERPRINT` and `PYVAULT_MIN_GENERATION`": (
        "docs/test_ci.py::an_older_copy_is_refused",
        "unit/vaultfile/test_trust.py::the_first_sight_is_believed",
    ),
}

#: What this one can not do, and the tests that show it.
CAN_NOT: dict[str, tuple[str, ...]] = {
    "change, swap or add an entry unnoticed": (
        "faults/test_bitflips.py::every_bit_of_the_index_and_the_records",
        "faults/test_exchanged.py::swapped_records_are_noticed",
        "faults/test_exchanged.py::cutting_off_the_last_record_is_noticed",
    ),
    "make pyvault run anything (the file carries no commands)": (
        "faults/test_hostile.py::garbage_is_refused_by_our_own_errors",
        "unit/backends/test_choicefile.py::a_file_chooses_no_plugin_that_nobody_named",
    ),
    "exhaust memory or time": (
        "faults/test_hostile.py::thirty_two_passphrase_slots_cost_four_tries",
        "unit/vaultfile/test_budget.py::a_file_full_of_dear_slots_costs_no_more_than_the_budget",
        "faults/test_hostile.py::a_file_over_the_limit_is_not_read",
    ),
}
