"""Which session bus is spoken with: every address of the list, in its order, then the usual one."""

from __future__ import annotations

import socket
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from pyvault_backends._desktop import bus_address, no_bus_reason
from pyvault_backends.secret_service import SecretServiceBackend


@pytest.fixture
def place() -> Iterator[Path]:
    """A short path with the sockets of two living buses and one that is dead: ``bus``, ``other one`` and ``dead``."""
    with tempfile.TemporaryDirectory(prefix="bus") as made, ExitStack() as open_sockets:
        for name in ("bus", "other one"):
            listener = open_sockets.enter_context(socket.socket(socket.AF_UNIX))
            listener.bind(str(Path(made, name)))
            listener.listen()
        with socket.socket(socket.AF_UNIX) as dead:
            dead.bind(str(Path(made, "dead")))
        yield Path(made)


@pytest.mark.parametrize(
    ("given", "runtime", "found"),
    [
        ("unix:path={}/nowhere;unix:path={}/other%20one", None, "other one"),
        ("unix:path={}/other%20one;unix:path={}/bus", None, "other one"),
        ("unix:abstract=/pyvault-test/gone", "{}", "bus"),
        ("unix:path={}/dead,guid=00", "{}", "bus"),
        ("unix:runtime=yes", "{}", "bus"),
        ("tcp:host=127.0.0.1,port=9;unix:guid=0,path={}/bus", None, "bus"),
        ("tcp:host=127.0.0.1,port=9", "{}", "bus"),
        ("unix:path={}/dead;unix:path={}/nowhere", None, "dead"),
        ("unix:path={}/dead", None, "dead"),
        ("", "{}", "bus"),
        ("unix:runtime=yes", None, None),
        ("autolaunch:", "{}/none", None),
        ("", None, None),
        (";;unix:;=", None, None),
    ],
)
def test_the_first_that_answers(
    given: str, runtime: str | None, found: str | None, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", given.replace("{}", str(place)))
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    if runtime is not None:
        monkeypatch.setenv("XDG_RUNTIME_DIR", runtime.replace("{}", str(place)))
    assert bus_address() == (None if found is None else str(place / found))


def test_a_kind_that_is_not_supported_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "tcp:host=h,port=9;autolaunch:;tcp:x=y\x1b;\x1bodd:")
    reason, hint = no_bus_reason()
    assert reason.endswith("not supported: tcp, autolaunch, odd")
    assert "unix:path=" in (hint or "")
    seen = SecretServiceBackend.probe({})
    assert (seen.reason, seen.hint) == (reason, hint)
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS")
    assert no_bus_reason()[0].endswith("(DBUS_SESSION_BUS_ADDRESS is not set)")
