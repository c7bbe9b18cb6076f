"""docs/python-reference.md is what the docstrings say now."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import pyvault
from docs.reference import page
from pyvault import errors, testing

PAGE = Path(__file__).parents[2] / "docs" / "python-reference.md"


def test_the_reference_is_what_the_docstrings_say(pytestconfig: pytest.Config) -> None:
    if pytestconfig.getoption("--rewrite"):
        PAGE.write_text(page(), encoding="utf-8")
    assert page() == PAGE.read_text(encoding="utf-8"), "pytest tests/docs/test_reference.py --rewrite"


def test_every_public_name_is_in_it() -> None:
    text = page()
    for name in {*pyvault.__all__, *testing.__all__} - {"__version__", "PyvaultError"}:
        assert re.search(rf"^### (pyvault\.)?(testing\.)?{name}$", text, re.MULTILINE), name
    for name, item in vars(errors).items():
        if isinstance(item, type) and issubclass(item, errors.PyvaultError):
            assert f"* `{name}`: " in text


def test_nothing_of_another_markup_is_left() -> None:
    text = page()
    assert ":class:" not in text
    assert "``" not in text.replace("```", "")
    assert "<object object" not in text
