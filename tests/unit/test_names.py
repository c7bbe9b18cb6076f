"""Names are checked at one door."""

from __future__ import annotations

import pytest

from pyvault.errors import InvalidNameError
from pyvault.names import ItemName, Kind, item_name, parse_name


@pytest.mark.parametrize("bad", ["", "a\nb", "\x00", "a\x1b[31m", "\ud800", "x" * 513, "é" * 257])
def test_bad_names_are_refused(bad: str) -> None:
    with pytest.raises(InvalidNameError):
        parse_name(bad)


def test_names_are_brought_into_nfc() -> None:
    assert parse_name("Cafe\u0301") == "Caf\u00e9"


@pytest.mark.parametrize("name", [".", "..", "a/b", "../x", "-x", "CON", "DEFAULT", "%2F", "a" * 512])
def test_awkward_names_are_fine(name: str) -> None:
    assert item_name("credential", name) == ItemName(Kind.CREDENTIAL, name)


@pytest.mark.parametrize("bad", ["nokind/x", "/x", "credential/"])
def test_bad_item_names(bad: str) -> None:
    with pytest.raises(InvalidNameError):
        item_name(*bad.split("/"))
