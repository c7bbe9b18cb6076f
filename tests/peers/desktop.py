"""A private session bus and a real gnome-keyring on it; no display, no activation, no developer's session."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from pathlib import Path

import secretstorage
from jeepney import DBusAddress, Message, MessageType, new_method_call
from jeepney.io.blocking import DBusConnection, prep_socket

PASSWORD = "testpw"

#: Reads none of the machine's service files: nothing but what the test starts is there.
BUS_CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path={socket}</listen>{services}
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/>
  </policy>
</busconfig>
"""


@contextmanager
def session_bus(directory: Path, *, services: Path | None = None) -> Generator[str]:
    """Run a bus; gives its address.

    Args:
        services: a folder of those that it starts when they are called; they get our environment.
    """
    socket = directory / "bus.socket"
    config = directory / "bus.conf"
    config.write_text(
        BUS_CONFIG.format(socket=socket, services=f"<servicedir>{services}</servicedir>" if services else "")
    )
    daemon = subprocess.Popen(
        ["dbus-daemon", f"--config-file={config}", "--nofork", "--print-address=1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert daemon.stdout is not None
        yield daemon.stdout.readline().strip()
    finally:
        stop(daemon)


@contextmanager
def gnome_keyring(address: str, home: Path, password: str = PASSWORD) -> Generator[None]:
    """Run gnome-keyring, its login collection unlocked if the password is the one it was made with.

    It says nothing of a wrong password: the collection then simply stays locked.
    """
    run = home / "run"
    run.mkdir(mode=0o700, exist_ok=True)
    environ = {"PATH": os.environ["PATH"], "HOME": str(home), "XDG_RUNTIME_DIR": str(run)}
    daemon = subprocess.Popen(
        [
            "gnome-keyring-daemon",
            "--foreground",
            "--unlock",
            "--components=secrets",
            f"--control-directory={run}/keyring",
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environ | {"DBUS_SESSION_BUS_ADDRESS": address},
    )
    try:
        assert daemon.stdin is not None
        daemon.stdin.write(password.encode())
        daemon.stdin.close()
        wait_for_owner(address, "org.freedesktop.secrets")
        yield
    finally:
        stop(daemon)


def wait_for_owner(address: str, name: str) -> None:
    question = [
        "dbus-send",
        f"--bus={address}",
        "--print-reply",
        "--dest=org.freedesktop.DBus",
        "/",
        "org.freedesktop.DBus.NameHasOwner",
        f"string:{name}",
    ]
    for _ in range(200):
        answer = subprocess.run(question, capture_output=True, text=True, check=False)
        if "boolean true" in answer.stdout:
            return
        time.sleep(0.05)
    raise AssertionError(f"nobody took the name {name}: {answer.stderr}")


def stop(process: subprocess.Popen[str] | subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe:
            pipe.close()


def make_collection(address: str, label: str, password: str = PASSWORD) -> None:
    """Make an unlocked collection without a prompt, by gnome-keyring's own interface for tests."""
    reply = _ask_gnome_keyring(
        address,
        "CreateWithMasterPassword",
        "a{sv}(oayays)",
        lambda secret: ({"org.freedesktop.Secret.Collection.Label": ("s", label)}, secret),
        password,
    )
    assert reply.header.message_type is MessageType.method_return, reply.body


def unlock_collection(address: str, label: str, password: str) -> bool:
    """Give a password to a locked collection; False if it is the wrong one."""
    with closing(open_connection(address)) as connection:
        (path,) = [c.collection_path for c in secretstorage.get_all_collections(connection) if c.get_label() == label]
    reply = _ask_gnome_keyring(
        address, "UnlockWithMasterPassword", "o(oayays)", lambda secret: (path, secret), password
    )
    return reply.header.message_type is MessageType.method_return


def open_connection(address: str) -> DBusConnection:
    """Connect a second party, which is not the driver."""
    return DBusConnection(prep_socket(address.partition("unix:path=")[2].partition(",")[0]))


def _ask_gnome_keyring(
    address: str, method: str, signature: str, body: Callable[[tuple[str, bytes, bytes, str]], object], password: str
) -> Message:
    where = {"bus_name": "org.freedesktop.secrets", "object_path": "/org/freedesktop/secrets"}
    service = DBusAddress(**where, interface="org.freedesktop.Secret.Service")
    internal = DBusAddress(**where, interface="org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface")
    with closing(open_connection(address)) as connection:
        opened = connection.send_and_get_reply(new_method_call(service, "OpenSession", "sv", ("plain", ("s", ""))))
        secret = (opened.body[1], b"", password.encode(), "text/plain")
        return connection.send_and_get_reply(new_method_call(internal, method, signature, body(secret)))
