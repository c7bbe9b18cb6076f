"""The window of gnome-keyring that asks for a password, and a person who types it or turns it away."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from pathlib import Path

import pytest

from peers.desktop import gnome_keyring, make_collection, session_bus
from peers.screen import person_at, xvfb
from pyvault.backend import Question
from pyvault.errors import UserCancelledError
from pyvault.names import credential_name
from pyvault.secret import Secret
from pyvault_backends.secret_service import SecretServiceBackend

PROMPTER = Path("/usr/libexec/gcr-prompter")  # Debian's place; comes with gnome-keyring

pytestmark = [
    pytest.mark.slow,
    pytest.mark.peer("dbus-daemon", "gnome-keyring-daemon", "Xvfb", "xdotool", str(PROMPTER)),
]
PROD = credential_name("prod")


def opened() -> SecretServiceBackend:
    def nobody(question: Question) -> Secret[str]:
        pytest.fail(f"asked for {question.key}")

    return SecretServiceBackend.open({"collection": "mine"}, nobody)


@pytest.fixture
def display(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[str]:
    """Give a desktop whose collection ``mine`` holds an item and is locked."""
    services = tmp_path / "services"
    services.mkdir()
    for name in ("SystemPrompter", "PrivatePrompter"):
        service = f"[D-BUS Service]\nName=org.gnome.keyring.{name}\nExec={PROMPTER}\n"
        (services / f"org.gnome.keyring.{name}.service").write_text(service)
    with xvfb() as screen:
        monkeypatch.setenv("DISPLAY", screen)
        monkeypatch.setenv("NO_AT_BRIDGE", "1")  # no search for screen readers
        with session_bus(tmp_path, services=services) as address, gnome_keyring(address, tmp_path):
            monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
            make_collection(address, "mine", "right")
            with closing(opened()) as backend:
                backend.put(PROD, Secret(b"pLaNtEd"))
                backend.lock()
            yield screen


def test_the_password_unlocks(display: str) -> None:
    with person_at(display, "type:right", "Return"):
        backend = opened()
    with closing(backend):
        assert backend.get(PROD) == Secret(b"pLaNtEd")


def test_escape_is_a_human_saying_no_and_leaves_it_locked(display: str) -> None:
    with person_at(display, "Escape"), pytest.raises(UserCancelledError):
        opened()
    with person_at(display, "Escape"), pytest.raises(UserCancelledError):  # so it asks again
        opened()
