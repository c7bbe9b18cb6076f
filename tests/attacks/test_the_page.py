"""Every promise of SECURITY.md has a test, and every promise that is listed here stands in the page."""

from __future__ import annotations

import ast
import importlib.util
import re
from functools import cache
from pathlib import Path

import pytest

from attacks import page

HERE = Path(__file__).parent
TESTS = HERE.parent
#: The attackers in the order of the page, each with its file.
FILES = {
    "has a copy of the vault file": "test_has_a_copy.py",
    "can write to the vault file (sync server, shared folder)": "test_writes_to_the_vault.py",
    "knows an old passphrase and has an old copy": "test_knows_an_old_passphrase.py",
    "is another user of the machine": "test_another_user.py",
    "controls `~/.aws/config`": "test_controls_the_config.py",
    "is a web page in your browser": "test_a_web_page.py",
    "publishes a backend plug-in": "test_publishes_a_plugin.py",
    "is on the network": "test_on_the_network.py",
}
GUARANTEES = "test_guarantees.py"

Table = dict[str, tuple[str, ...]]


def table(file: str, name: str) -> Table:
    """Return a table of promises from a file of these tests."""
    spec = importlib.util.spec_from_file_location(f"promises_of_{file[:-3]}", HERE / file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: Table = getattr(module, name)
    return found


@cache
def functions(path: Path) -> set[str]:
    return {node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)}


def missing(references: tuple[str, ...]) -> list[str]:
    """Return the references that lead to no test."""
    found = []
    for reference in references:
        file, _, name = reference.partition("::")
        path = TESTS / file if not file.startswith("pyvault") else TESTS.parent / "vault" / file
        if not path.is_file() or f"test_{name}" not in functions(path):
            found.append(reference)
    return found


def test_the_page_has_these_attackers_and_no_others() -> None:
    assert list(page.rows()) == list(FILES)


@pytest.mark.parametrize("attacker", FILES)
def test_what_an_attacker_can_and_can_not_do_is_listed(attacker: str) -> None:
    can, can_not = page.rows()[attacker]
    assert list(table(FILES[attacker], "CAN")) == can
    assert list(table(FILES[attacker], "CAN_NOT")) == can_not


def test_every_sentence_of_the_guarantees_is_listed() -> None:
    assert list(table(GUARANTEES, "PROMISES")) == page.guarantees()


@pytest.mark.parametrize("file", [*FILES.values(), GUARANTEES])
def test_every_promise_has_tests_that_are_there(file: str) -> None:
    promises = table(file, "PROMISES" if file == GUARANTEES else "CAN_NOT")
    assert [text for text, references in promises.items() if not references] == []
    bounds = {} if file == GUARANTEES else table(file, "CAN")
    lost = {text: gone for text, tests in {**promises, **bounds}.items() if (gone := missing(tests))}
    assert lost == {}


def test_each_page_of_tests_is_an_attackers() -> None:
    ours = {path.name for path in HERE.glob("test_*.py")}
    assert ours == {*FILES.values(), GUARANTEES, "test_planted_secrets.py", Path(__file__).name}


def test_a_table_with_an_unknown_test_is_noticed() -> None:
    assert missing(("attacks/test_the_page.py::a_table_with_an_unknown_test_is_noticed",)) == []
    assert missing(("attacks/test_the_page.py::nothing", "nowhere.py::x")) == [
        "attacks/test_the_page.py::nothing",
        "nowhere.py::x",
    ]


def test_the_page_is_cut_at_its_semicolons() -> None:
    assert page.parts("a; b (c; d); e") == ["a", "b (c; d)", "e"]
    assert not any(re.search(r"\|", text) for can, can_not in page.rows().values() for text in can + can_not)
