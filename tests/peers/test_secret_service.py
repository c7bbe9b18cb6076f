"""The secret-service driver before everything a desktop, or its absence, can show it."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Generator
from contextlib import closing
from pathlib import Path

import pytest
import secretstorage

from fake_aws.client import FakeAws
from peers.desktop import gnome_keyring, make_collection, open_connection, session_bus, unlock_collection
from person import WHO, Person
from pyvault.backend import Availability, Question
from pyvault.errors import (
    BackendLockedError,
    BackendTimeoutError,
    BackendUnavailableError,
    ConfigError,
    ItemCorruptError,
    ItemNotFoundError,
    UserCancelledError,
)
from pyvault.names import Kind, credential_name
from pyvault.secret import Secret
from pyvault_backends.secret_service import SecretServiceBackend

pytestmark = pytest.mark.peer("dbus-daemon", "gnome-keyring-daemon")
PROD = credential_name("prod")


def nobody(question: Question) -> Secret[str]:
    pytest.fail(f"asked for {question.key}")


def opened(**options: str) -> SecretServiceBackend:
    return SecretServiceBackend.open(options, nobody)


@pytest.fixture
def bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[str]:
    with session_bus(tmp_path) as address:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        yield address


@pytest.fixture
def desktop(bus: str, tmp_path: Path) -> Generator[str]:
    with gnome_keyring(bus, tmp_path):
        yield bus


def test_the_default_collection_keeps_items_and_their_names_hidden(desktop: str, tmp_path: Path) -> None:
    with closing(opened()) as backend:
        backend.put(PROD, Secret(b"pLaNtEd"))
        assert backend.describe() == {"collection": "Login", "locked": "false"}
    with closing(open_connection(desktop)) as connection:
        (item,) = secretstorage.search_items(connection, {"application": "pyvault"})
        shown = f"{item.get_label()} {item.get_attributes()}"
        assert "prod" not in shown
        assert "pLaNtEd" not in shown
    stored = b"".join(path.read_bytes() for path in tmp_path.rglob("*.keyring"))
    assert stored
    assert b"pLaNtEd" not in stored
    assert b"prod" not in stored


def test_a_wrong_password_at_login_leaves_it_locked(bus: str, tmp_path: Path) -> None:
    with gnome_keyring(bus, tmp_path), closing(opened()) as backend:
        backend.put(PROD, Secret(b"x"))
    with gnome_keyring(bus, tmp_path, password="wrong"), pytest.raises(BackendLockedError) as caught:
        opened()
    assert caught.value.hint
    with gnome_keyring(bus, tmp_path), closing(opened()) as backend:
        assert backend.get(PROD) == Secret(b"x")


def test_a_second_collection_is_found_again_by_its_label(desktop: str) -> None:
    make_collection(desktop, "aws-vault_keys")
    with closing(opened(collection="aws-vault_keys")) as backend:
        backend.put(PROD, Secret(b"second"))
    with closing(opened()) as default, pytest.raises(ItemNotFoundError):
        default.get(PROD)
    with closing(opened(collection="aws-vault_keys")) as backend:
        assert backend.get(PROD) == Secret(b"second")
    with closing(open_connection(desktop)) as connection:
        labels = [collection.get_label() for collection in secretstorage.get_all_collections(connection)]
    assert labels.count("aws-vault_keys") == 1


def test_locked_is_locked_until_the_right_password_comes(desktop: str) -> None:
    make_collection(desktop, "mine", "right")
    with closing(opened(collection="mine")) as backend:
        backend.put(PROD, Secret(b"x"))
        backend.lock()
        for attempt in (lambda: backend.get(PROD), lambda: backend.put(PROD, Secret(b"y")), backend.names):
            with pytest.raises(BackendLockedError):
                attempt()
        assert not unlock_collection(desktop, "mine", "wrong")
        with pytest.raises(BackendLockedError):
            backend.get(PROD)
        assert unlock_collection(desktop, "mine", "right")
        assert backend.get(PROD) == Secret(b"x")


def test_a_dismissed_prompt_is_a_human_saying_no(desktop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    make_collection(desktop, "mine")
    with closing(opened(collection="mine")) as backend:
        backend.lock()
    monkeypatch.setenv("DISPLAY", ":99")  # there is a desktop, and its prompt ends without an answer
    with pytest.raises(UserCancelledError):
        opened(collection="mine")
    with pytest.raises(UserCancelledError):
        opened(collection="to be made")
    monkeypatch.delenv("DISPLAY")
    with pytest.raises(BackendLockedError):
        opened(collection="to be made")


def test_no_bus(monkeypatch: pytest.MonkeyPatch) -> None:
    for look in (SecretServiceBackend.probe, SecretServiceBackend.examine):
        seen = look({})
        assert (seen.available, seen.reason) == (False, "there is no session bus (DBUS_SESSION_BUS_ADDRESS is not set)")
        assert seen.hint
    with pytest.raises(BackendUnavailableError, match="no session bus"):
        opened()
    for odd in ("tcp:host=127.0.0.1,port=9", "nonsense", "unix:", ";;"):
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", odd)
        assert not SecretServiceBackend.probe({}).available


def test_a_dead_socket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for address in (f"unix:path={tmp_path}/gone", f"unix:abstract={tmp_path}/gone"):
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        assert "nobody answers" in (SecretServiceBackend.probe({}).reason or "")
        with pytest.raises(BackendUnavailableError):
            opened()


def test_a_bus_without_the_service(bus: str) -> None:
    assert SecretServiceBackend.probe({}).available
    assert SecretServiceBackend.examine({}).reason == "no Secret Service answers on the session bus"
    with pytest.raises(BackendUnavailableError):
        opened()


def test_the_bus_of_an_ssh_session_is_found_without_the_variable(
    desktop: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS")
    (tmp_path / "runtime").mkdir()
    (tmp_path / "runtime" / "bus").symlink_to(tmp_path / "bus.socket")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "runtime"))
    assert SecretServiceBackend.examine({}) == Availability(available=True)


def test_a_locked_collection_is_not_chosen_where_nobody_can_unlock_it(
    desktop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(opened()) as backend:
        backend.lock()
    assert "locked" in (SecretServiceBackend.examine({}).reason or "")
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    assert SecretServiceBackend.examine({}).available


def test_no_collection_is_not_chosen_and_none_is_made_by_looking(desktop: str) -> None:
    assert "no default collection" in (SecretServiceBackend.examine({"collection": "none"}).reason or "")
    with closing(open_connection(desktop)) as connection:
        assert "none" not in [c.get_label() for c in secretstorage.get_all_collections(connection)]


def test_a_bus_that_does_not_let_us_in_is_left_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "hanging"))
        listener.listen()
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={tmp_path}/hanging")
        with pytest.raises(BackendTimeoutError):
            opened(timeout="0.3")


def test_a_bus_that_lets_us_in_and_hangs_is_left_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def welcome() -> None:
        while True:
            peer, _ = listener.accept()
            with peer:
                if peer.recv(100):  # nothing from the probe, which only knocks
                    peer.sendall(b"OK 00000000000000000000000000000000\r\n")
                    finished.wait()
                    return

    finished = threading.Event()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "hanging"))
        listener.listen()
        host = threading.Thread(target=welcome)
        host.start()
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={tmp_path}/hanging")
        with pytest.raises(BackendTimeoutError):
            opened(timeout="0.3")
        finished.set()
        host.join()


def test_a_service_that_dies_is_an_error_of_ours(bus: str, tmp_path: Path) -> None:
    with gnome_keyring(bus, tmp_path):
        backend = opened()
        backend.put(PROD, Secret(b"x"))
    with pytest.raises(BackendUnavailableError):
        backend.get(PROD)
    backend.close()


def test_an_item_moved_by_hand_is_noticed(desktop: str) -> None:
    with closing(opened()) as backend:
        backend.put(PROD, Secret(b"keys of prod"))
        backend.put(credential_name("dev"), Secret(b"keys of dev"))
        with closing(open_connection(desktop)) as connection:
            items = list(secretstorage.search_items(connection, {"application": "pyvault"}))
            items[0].set_secret(items[1].get_secret())
        outcomes: list[str] = []
        for name in (PROD, credential_name("dev")):
            try:
                outcomes.append(backend.get(name).reveal().decode())
            except ItemCorruptError:
                outcomes.append("corrupt")
        assert "corrupt" in outcomes
        assert len(set(outcomes)) == 2


def test_foreign_items_are_left_alone(desktop: str) -> None:
    with closing(open_connection(desktop)) as connection:
        secretstorage.get_default_collection(connection).create_item("mail", {"application": "mail"}, b"x")
    with closing(opened()) as backend:
        backend.put(PROD, Secret(b"x"))
        assert backend.names() == [PROD]
        backend.delete(PROD)
    with closing(open_connection(desktop)) as connection:
        assert len(list(secretstorage.search_items(connection, {"application": "mail"}))) == 1


def test_sessions_never_go_into_the_collection(desktop: str, fake_aws: FakeAws, tmp_path: Path) -> None:
    """The whole job at the command line: the desktop ends with the key pair and one wrapping key."""
    person = Person(fake_aws, tmp_path)
    del person.environ["PYVAULT_KEYFILE"], person.environ["PYVAULT_BACKEND"]
    chosen = ("pyvault", "--no-input", "--backend", "secret-service")
    pair = fake_aws.key("demo")
    keys = {"AWS_ACCESS_KEY_ID": pair.access_key_id, "AWS_SECRET_ACCESS_KEY": pair.secret_access_key}
    added = person.run(*chosen, "add", "prod", "--env", "--no-verify", "--no-add-config", **keys)
    assert added.returncode == 0, added.stderr
    for _ in range(2):
        shown = person.run(*chosen, "exec", "prod", "--", *WHO)
        assert shown.stdout.strip().endswith(":user/demo"), shown.stderr
    assert fake_aws.ops().count("sts.GetSessionToken") == 1

    with closing(opened()) as backend:
        credential, wrapping_key = sorted(backend.names())
        assert (credential, wrapping_key.kind) == (PROD, Kind.KEK)
        assert len(backend.get(wrapping_key).reveal()) == 32
    with closing(open_connection(desktop)) as connection:
        collections = secretstorage.get_all_collections(connection)
        items = {item.item_path for collection in collections for item in collection.get_all_items()}
    assert len(items) == 2, "nothing else, in any collection"
    listed = json.loads(person.run(*chosen, "list", "--json").stdout)["profiles"]
    (prod,) = (profile for profile in listed if profile["profile"] == "prod")
    assert [session["operation"] for session in prod["sessions"]] == ["sts.GetSessionToken"]
    (sessions,) = Path.home().rglob("sessions-*.pyv")
    assert sessions.name.startswith("sessions-secret-service-")


def test_unknown_options_are_refused(bus: str) -> None:
    with pytest.raises(ConfigError):
        opened(colection="x")
