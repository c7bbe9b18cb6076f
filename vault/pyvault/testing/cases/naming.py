"""Names are exact and case-sensitive for the user, whatever the store does below."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

import pytest

from pyvault.errors import InvalidNameError, ItemNotFoundError
from pyvault.names import ItemName, Kind, item_name
from pyvault.secret import Secret

if TYPE_CHECKING:
    from pyvault.backend import Backend
    from pyvault.testing.subject import MakeBackend

#: Each was somebody's bug: paths, patterns, configparser sections, Windows devices, options of a command line.
AWKWARD = (
    ".",
    "..",
    "../escape",
    "/",
    "/etc/passwd",
    "a/b",
    "a//b",
    "\\",
    "a\\b",
    "%2F",
    "a%2Fb",
    "%",
    ":",
    "a:b",
    "*",
    "?",
    "[a-z]*",
    "~",
    "$HOME",
    "`id`",
    '"quoted"',
    "'quoted'",
    " leading",
    "trailing ",
    "trailing.",
    "DEFAULT",
    "CON",
    "nul.txt",
    "-x",
    "--help",
    "#hash",
    "a=b",
    "{}",
    "ü",
    "日本語",
    "\U0001f511",
    "ß",
    "SS",
    "ss",
    "İ",
    "i",
)


def _credential(text: str) -> ItemName:
    return item_name(Kind.CREDENTIAL, text)


class NamingCases:
    """Items that only their names tell apart."""

    @pytest.mark.parametrize("text", AWKWARD)
    def test_an_awkward_name_is_a_name(self, backend: Backend, text: str) -> None:
        """It is kept, listed and deleted as it is."""
        name = _credential(text)
        backend.put(name, Secret(text.encode()))
        assert backend.get(name) == Secret(text.encode())
        assert backend.names() == [name]
        backend.delete(name)
        assert backend.names() == []

    def test_names_that_differ_in_case_are_different(self, backend: Backend) -> None:
        """`a` and `A` are two profiles."""
        _put_all(backend, ["a", "A", "prod", "Prod", "PROD"])

    def test_names_that_share_a_prefix_are_different(self, backend: Backend) -> None:
        """A search for one must not find the other."""
        _put_all(backend, ["prod", "prod-eu", "prod/eu", "prod eu", "pro", "prod.", "prod%", "prod*"])
        backend.delete(_credential("prod"))
        with pytest.raises(ItemNotFoundError):
            backend.get(_credential("prod"))
        assert backend.get(_credential("prod-eu")) == Secret(b"prod-eu")

    def test_both_spellings_of_an_accent_are_one_name(self, backend: Backend) -> None:
        """NFD is read as NFC at the door, and nothing below turns it back."""
        backend.put(_credential(unicodedata.normalize("NFD", "é")), Secret(b"x"))
        assert backend.get(_credential(unicodedata.normalize("NFC", "é"))) == Secret(b"x")
        assert [name.name for name in backend.names()] == [unicodedata.normalize("NFC", "é")]

    @pytest.mark.parametrize("text", ["n" * 255, "n" * 512, "ü" * 256], ids=["255", "512", "512-utf-8"])
    def test_a_long_name_is_kept_whole(self, backend: Backend, text: str) -> None:
        """Two long names that end differently are different."""
        other = text[:-1] + "z"
        _put_all(backend, [text, other])

    def test_a_name_with_a_line_break_is_refused_or_kept(self, backend: Backend) -> None:
        """The door refuses it; a backend that is reached another way does not cut it."""
        name = ItemName(Kind.CREDENTIAL, "a\nb")
        try:
            backend.put(name, Secret(b"x"))
        except InvalidNameError:
            return
        assert backend.get(name) == Secret(b"x")
        assert backend.names() == [name]

    def test_names_are_the_same_after_reopening(self, make_backend: MakeBackend) -> None:
        """The list is in the store, not in the handle."""
        first = make_backend()
        texts = ["a", "A", "a/b", "ü", "x y"]
        _put_all(first, texts)
        first.delete(_credential("a"))
        first.close()
        assert sorted(make_backend().names()) == sorted(_credential(text) for text in texts if text != "a")


def _put_all(backend: Backend, texts: list[str]) -> None:
    for text in texts:
        backend.put(_credential(text), Secret(text.encode()))
    assert sorted(backend.names()) == sorted(_credential(text) for text in texts)
    for text in texts:
        assert backend.get(_credential(text)) == Secret(text.encode())
