"""A real gnome-keyring passes the contract."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from peers.desktop import gnome_keyring, make_collection, session_bus
from pyvault.testing import BackendContract, Capabilities, Subject


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    home = tmp_path_factory.mktemp("desktop")
    with session_bus(home) as address, gnome_keyring(address, home):
        yield address


@pytest.mark.peer("dbus-daemon", "gnome-keyring-daemon")
class TestSecretService(BackendContract):
    """Each case in a collection of its own."""

    @pytest.fixture
    def subject(self, address: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Subject:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        make_collection(address, request.node.name)
        return Subject(backend="secret-service", options={"collection": request.node.name})

    @pytest.fixture
    def capabilities(self, writes: int) -> Capabilities:
        return Capabilities(breakable=False, lockable=True, writes=writes)
