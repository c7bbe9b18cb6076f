"""docs/exit-codes.md has every exit code, and every class of errors under its own."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from docs.pages import section, tables, without_code
from pyvault import errors
from pyvault_cli.commandline import exit_codes

TEXT = (Path(__file__).parents[2] / "docs" / "exit-codes.md").read_text(encoding="utf-8")
CLASSES = {
    name: kind for name, kind in vars(errors).items() if inspect.isclass(kind) and issubclass(kind, errors.PyvaultError)
}


def listed() -> dict[str, int]:
    """The classes of the page, each with the number of the section that it stands in."""
    found: dict[str, int] = {}
    for title in re.findall(r"^## (\d+: .+)$", without_code(TEXT), re.MULTILINE):
        for table in tables(section(TEXT, title)):
            for row in table[1:]:
                name = row[0].strip("`")
                assert name not in found, f"{name} stands twice"
                found[name] = int(title.partition(":")[0])
    return found


def test_every_exit_code_is_explained() -> None:
    codes = {value for name, value in vars(exit_codes).items() if name.isupper() and isinstance(value, int)}
    assert {int(row[0]) for row in tables(TEXT)[0][1:]} == codes
    assert set(exit_codes.TABLE.values()) <= codes


def test_every_class_stands_on_the_page_once() -> None:
    assert listed().keys() == CLASSES.keys()


@pytest.mark.parametrize(("name", "code"), listed().items())
def test_a_class_stands_under_its_exit_code(name: str, code: int) -> None:
    kind = CLASSES[name]
    problem = kind("x", code="X") if issubclass(kind, errors.AwsError) else kind("x")
    assert exit_codes.exit_code(problem) == code
