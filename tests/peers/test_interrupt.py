"""Ctrl-C at a terminal, while a store that hangs keeps the command waiting."""

from __future__ import annotations

import socket
import sys
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import pexpect
import pytest

from command_line import PYVAULT, variables
from peers.gpg_home import password_store

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a terminal of Unix")

#: Far below the time-outs of the stores, which are what would end the command otherwise.
PROMPT_END_S = 10


def interrupted(home: Path, environ: dict[str, str], *words: str, hangs: Callable[[], bool]) -> pexpect.spawn[str]:
    """Run a command at a terminal, press Ctrl-C once it waits for its store, and give its end."""
    child = pexpect.spawn(
        str(PYVAULT), list(words), env=variables(home, environ), cwd=str(home), encoding="utf-8", timeout=60
    )
    while not hangs():
        assert child.isalive(), child.read()
        time.sleep(0.01)
    pressed = time.monotonic()
    child.sendintr()
    child.expect(pexpect.EOF)
    child.close()
    assert time.monotonic() - pressed < PROMPT_END_S
    return child


@pytest.mark.peer("pass", "gpg")
@pytest.mark.parametrize(
    "words",
    [("exec", "-n", "prod", "--", "true"), ("add", "--env", "--force", "--no-verify", "--no-add-config", "prod")],
)
def test_pass(private_home: Path, words: tuple[str, ...]) -> None:
    command = private_home / "hanging-pass"
    command.write_text(f'#!/bin/sh\necho $$ > "{private_home}/waits"\nexec sleep 300\n')
    command.chmod(0o755)
    with password_store(private_home) as environ:
        stored = Path(environ["PASSWORD_STORE_DIR"]) / "pyvault" / "credential"
        stored.mkdir(parents=True)
        (stored / "prod.gpg").write_bytes(b"the old value")
        environ |= {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "pLaNtEd"}
        options = ("--backend", "pass", "--backend-option", f"command={command}")
        waits = private_home / "waits"
        child = interrupted(private_home, environ, *options, *words, hangs=waits.exists)
    assert child.exitstatus == 130
    assert (stored / "prod.gpg").read_bytes() == b"the old value"
    assert not Path(f"/proc/{waits.read_text().strip()}").exists()  # and nothing of it stays behind


@contextmanager
def bus_that_hangs(at: Path) -> Generator[Callable[[], bool]]:
    """Listen like a session bus whose owner has stopped; tells whether a client waits for an answer."""
    asked, over = threading.Event(), threading.Event()

    def receive() -> None:
        while not over.is_set():
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            peer.settimeout(60)
            if peer.recv(100):  # the first look at the bus only knocks
                asked.set()
                over.wait()
            peer.close()

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(at))
        listener.listen()
        host = threading.Thread(target=receive)
        host.start()
        try:
            yield asked.is_set
        finally:
            over.set()
            listener.shutdown(socket.SHUT_RDWR)
            host.join()


def test_secret_service(private_home: Path) -> None:
    address = private_home / "bus"
    with bus_that_hangs(address) as hangs:
        environ = {"DBUS_SESSION_BUS_ADDRESS": f"unix:path={address}", "PYVAULT_BACKEND": "secret-service"}
        child = interrupted(private_home, environ, "exec", "-n", "prod", "--", "true", hangs=hangs)
    assert child.exitstatus == 130
