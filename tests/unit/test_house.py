"""The rules of the house that no linter knows."""

from __future__ import annotations

import ast
import importlib
import os
import pkgutil
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

import pytest

import pyvault
from pyvault.record import MutableRecord, Record

PACKAGES = ("pyvault", "pyvault_backends", "pyvault_cli")
CORE = Path(pyvault.__file__).parent
SOUNDS_SECRET = re.compile(r"secret|passphrase|password|session_token|access_token|refresh_token|client_secret")
#: Names that sound like a secret and are none.
HARMLESS = re.compile(
    r"(_file|_name|_slot|_slots|_id|_store|_fd|_s|_prompt|_source|_sources|_process|_service|_duration)$|^is_|^has_|^needs_|^ask_|^secret_service"
)


def sources() -> Iterator[Path]:
    for package in PACKAGES:
        module = importlib.import_module(package)
        assert module.__file__
        yield from Path(module.__file__).parent.rglob("*.py")


def modules() -> Iterator[str]:
    for package in ("pyvault",):
        root = importlib.import_module(package)
        for info in pkgutil.walk_packages(root.__path__, f"{package}."):
            if ".testing" not in info.name:
                yield info.name


def calls(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield ast.unparse(node.func)


#: Packages that the distribution names in its metadata, by what they are imported as, and what comes with those.
DECLARED = {
    "argon2", "boto3", "botocore", "cryptography", "httptools", "platformdirs", "prompt_toolkit", "rich", "stevedore",
    "typer", "urllib3", "win32ctypes",
    "PyInstaller", "jeepney", "keyring", "pytest", "secretstorage",  # of extras, and of who freezes or tests with us
}  # fmt: skip


def imported(tree: ast.AST) -> Iterator[str]:
    """Yield the packages that a module imports when it runs, sooner or later."""
    if isinstance(tree, ast.If) and "TYPE_CHECKING" in ast.unparse(tree.test):
        return
    if isinstance(tree, ast.Import):
        yield from (alias.name.partition(".")[0] for alias in tree.names)
    elif isinstance(tree, ast.ImportFrom):
        yield (tree.module or "").partition(".")[0]
    for child in ast.iter_child_nodes(tree):
        yield from imported(child)


def test_what_is_imported_is_declared() -> None:
    known = sys.stdlib_module_names | DECLARED | set(PACKAGES)
    strange = {
        f"{path.name}: {name}"
        for path in sources()
        for name in imported(ast.parse(path.read_text()))
        if name not in known
    }
    assert strange == set()


def test_only_the_clock_reads_the_time() -> None:
    readers = {
        f"{path.name}: {call}"
        for path in sources()
        if path.name != "clock.py"
        for call in calls(ast.parse(path.read_text()))
        if call in {"time.time", "datetime.now", "datetime.utcnow", "datetime.datetime.now", "date.today"}
    }
    assert readers == set()


def test_the_core_does_not_read_the_environment_or_talk() -> None:
    #: The doors for programs: the environment is the default of an argument.
    doors = {"api/opening.py: os.environ", "api/session_source.py: os.environ", "paths.py: os.environ"}
    offenders = {
        f"{path.relative_to(CORE)}: {node}"
        for path in CORE.rglob("*.py")
        if "testing" not in path.parts
        for node in (
            ast.unparse(item)
            for item in ast.walk(ast.parse(path.read_text()))
            if isinstance(item, ast.Attribute | ast.Call)
        )
        if node.startswith(("os.environ", "os.getenv", "print(", "input(", "sys.exit", "getpass."))
    }
    assert offenders == doors


def test_no_module_is_a_drawer_for_everything() -> None:
    drawers = {"utils", "util", "common", "helpers", "helper", "misc", "manager"}
    assert {path.stem for path in sources()} & drawers == set()


@pytest.mark.parametrize("name", sorted({name for name in modules() if ".hook-" not in name}))  # PyInstaller runs those
def test_fields_that_sound_secret_are_secret(name: str) -> None:
    module = importlib.import_module(name)
    for item in vars(module).values():
        if not (isinstance(item, type) and issubclass(item, Record | MutableRecord) and item.__module__ == name):
            continue
        for field, text in item.__annotations__.items():
            if SOUNDS_SECRET.search(field) and not HARMLESS.search(field):
                assert "Secret" in text or "Callable" in text or "bool" in text, f"{item.__name__}.{field}: {text}"


def test_records_are_made_without_generated_code() -> None:
    """``dataclasses`` costs a quarter of the start; ``pyvault.record`` does the same."""
    users = {
        path.name
        for path in sources()
        for node in ast.walk(ast.parse(path.read_text()))
        if (isinstance(node, ast.Import) and any(name.name == "dataclasses" for name in node.names))
        or (isinstance(node, ast.ImportFrom) and node.module == "dataclasses")
    }
    assert users == set()


def test_documents_never_name_the_foreign_distribution() -> None:
    root = Path(__file__).parents[2]
    foreign = re.compile(r"(pip|pipx|uv tool|uv pip)\s+install\s+(-\S+\s+)*[\"']?pyvault(?!-aws)\b")
    for document in [*root.glob("*.md"), *root.glob("docs/**/*.md")]:
        assert not foreign.search(document.read_text()), document.name


def test_nothing_is_made_by_the_umask_alone() -> None:
    """Directories get mode 0700 with all that is above them, and files are made with the mode that they shall have."""

    def is_loose(path: Path, call: ast.Call) -> bool:
        name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
        given = {keyword.arg for keyword in call.keywords}
        if name == "mkdir":
            return path.name != "modes.py"
        if name == "touch":
            return "mode" not in given
        return name in {"makedirs", "write_text", "write_bytes", "mkdtemp", "mkstemp"}

    loose = {
        f"{path.name}: {ast.unparse(node)}"
        for path in sources()
        if "testing" not in path.parts
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and is_loose(path, node)
    }
    assert loose == set()


def test_two_readers_know_json() -> None:
    """Ours is bounded and exact; the index of a vault has a stricter one."""
    readers = {path.name for path in sources() if {"json.load", "json.loads"} & {*calls(ast.parse(path.read_text()))}}
    assert readers == {"json_reader.py", "index_json.py"}


@pytest.mark.parametrize("start", [lambda: subprocess.run(["true"], check=True), os.fork], ids=["subprocess", "fork"])
def test_a_unit_test_starts_no_process(start: Callable[[], object]) -> None:
    with pytest.raises(AssertionError, match="belongs into tests/processes"):
        start()


def test_unit_tests_have_neither_a_clock_nor_the_local_aws() -> None:
    clock = re.compile(r"(time\.)?(sleep|monotonic|perf_counter|time)|(datetime\.)?datetime\.now|date\.today")
    offenders = {
        f"{path.name}: {ast.unparse(node)}"
        for path in Path(__file__).parent.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if (isinstance(node, ast.Call) and clock.fullmatch(ast.unparse(node.func)))
        or (isinstance(node, ast.arg) and node.arg == "fake_aws")
    }
    assert offenders == set()


def test_files_are_neither_long_nor_crumbs() -> None:
    lengths: dict[Path, list[int]] = {}
    for path in sources():
        if path.name not in {"__init__.py", "__main__.py"}:
            lengths.setdefault(path.parent, []).append(len(path.read_text().splitlines()))
    del lengths[CORE / "freezing"]  # PyInstaller wants a file for each package
    assert max(map(max, lengths.values())) <= 400
    assert {room.name: found for room, found in lengths.items() if median(found) < 40} == {}


def test_a_module_s_name_says_which_it_is() -> None:
    """Folders, and commands, which are named as they are typed, may repeat a name of somewhere else."""
    modules = [path.name for path in sources() if "commands" not in path.parts and not path.name.startswith("__")]
    assert len(modules) - len(set(modules)) <= 3


def test_the_top_of_the_command_line_is_seen_at_a_glance() -> None:
    import pyvault_cli

    assert pyvault_cli.__file__
    top = Path(pyvault_cli.__file__).parent.iterdir()
    entries = [path for path in top if path.is_file() or any(path.glob("*.py"))]  # caches of rooms that are gone stay
    assert len(entries) <= 14


def test_one_module_knows_typer() -> None:
    """It costs twice what a bare interpreter does, and only an unusual line needs it."""
    knowing = {
        path.name
        for path in sources()
        for node in ast.parse(path.read_text()).body  # not what stands under TYPE_CHECKING
        if isinstance(node, ast.Import | ast.ImportFrom) and "typer" in ast.unparse(node)
    }
    assert knowing == {"typer_parser.py"}
