"""A secret is in the store, and nowhere on the way to it."""

from __future__ import annotations

import base64
import logging
import sys
import traceback
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from pyvault.errors import BackendError, ItemNotFoundError
from pyvault.names import ItemName, Kind
from pyvault.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Generator

    from pyvault.backend import Backend

PROD = ItemName(Kind.CREDENTIAL, "prod")
ABSENT = ItemName(Kind.CREDENTIAL, "absent")
PLANTED = b"pLaNtEd-7f3a-sEcReT"
STARTING = ("subprocess.Popen", "os.exec", "os.posix_spawn", "os.spawn", "os.system")  # audit events, CPython docs


def traces(secret: bytes) -> list[str]:
    """Return the forms in which a secret may show: itself, in hex, in base64 at any offset."""
    # The first and last characters of a base64 text depend on the neighbours, so the middle is searched for.
    middles = [base64.b64encode(b"\0" * shift + secret).decode()[4:-4] for shift in range(3)]
    return [secret.decode(), secret.hex(), *middles]


class SecrecyCases:
    """A planted secret is put, got, replaced and deleted, and looked for."""

    def test_no_secret_shows_in_a_repr(self, backend: Backend) -> None:
        """Of the handle, of what it gives, of the list."""
        backend.put(PROD, Secret(PLANTED))
        value = backend.get(PROD)
        _assert_clean(repr(backend) + str(backend) + repr(value) + repr(backend.names()))

    def test_no_secret_is_logged_or_printed(
        self, backend: Backend, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
    ) -> None:
        """At any level, of any library."""
        with caplog.at_level(logging.DEBUG):
            _use(backend)
        written = capfd.readouterr()
        _assert_clean(caplog.text + written.out + written.err)

    def test_no_secret_is_in_an_error(self, backend: Backend) -> None:
        """Not in its text, nor in a cause that travels along."""
        backend.put(PROD, Secret(PLANTED))
        with pytest.raises(ItemNotFoundError) as absent:
            backend.get(ABSENT)
        _assert_clean("".join(traceback.format_exception(absent.value)))
        try:
            backend.put(ItemName(Kind.CREDENTIAL, "x" * 40_000), Secret(PLANTED * 100_000))
        except BackendError as exc:
            _assert_clean("".join(traceback.format_exception(exc)))

    def test_no_secret_is_in_a_command_line_or_environment(self, backend: Backend) -> None:
        """Other users see the one, every grandchild the other."""
        with _children() as started:
            _use(backend)
        _assert_clean(" ".join(started))


def _use(backend: Backend) -> None:
    backend.put(PROD, Secret(PLANTED))
    backend.get(PROD)
    backend.put(PROD, Secret(PLANTED + b"2"))
    backend.names()
    backend.delete(PROD)
    with pytest.raises(ItemNotFoundError):
        backend.get(PROD)


def _assert_clean(text: str) -> None:
    assert not any(trace in text for trace in traces(PLANTED)), "the secret shows"


_recorders: list[list[str]] = []


def _audit(event: str, arguments: tuple[object, ...]) -> None:
    if _recorders and event in STARTING:
        _recorders[-1].append(repr(arguments))


@contextmanager
def _children() -> Generator[list[str]]:
    """Record the command line and environment of every process started meanwhile."""
    if _audit not in _installed:
        sys.addaudithook(_audit)  # can't be removed again, so it is added once
        _installed.append(_audit)
    started: list[str] = []
    _recorders.append(started)
    try:
        yield started
    finally:
        _recorders.remove(started)


_installed: list[object] = []
