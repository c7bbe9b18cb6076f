"""Run by Windows' Python: a vault file is replaced while somebody has it open.

Windows refuses that with a sharing violation, where POSIX would give the reader
the old file. The writer waits for some seconds; after that the old vault
has to be as it was. Then a writer at full speed, and somebody who reads all the time.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

from pyvault.errors import WriteFailedError
from pyvault.names import ItemName, Kind, credential_name
from pyvault.secret import Secret
from pyvault_backends.file import FileBackend

PROD = credential_name("prod")
SIZE = 2000  # bytes
WRITES, MOST_WRITES = 15, 300


def opened(home: Path) -> FileBackend:
    options = {"path": str(home / "vault.pyv"), "keyfile": str(home / "key")}
    return FileBackend.open(options, lambda question: Secret(""))


def hazard(home: Path) -> str:
    """Show that this system refuses what the test is about."""
    (home / "old").write_bytes(b"old")
    (home / "new").write_bytes(b"new")
    with (home / "old").open("rb"):
        try:
            (home / "new").replace(home / "old")
        except PermissionError:
            return "refused"
    return "replaced"


def held_shortly(home: Path) -> str:
    backend = opened(home)
    backend.put(PROD, Secret(b"old"))
    before = (home / "vault.pyv").read_bytes()
    kept: list[bytes] = []
    reader = (home / "vault.pyv").open("rb")

    def let_go() -> None:
        time.sleep(0.5)
        kept.append(reader.read())
        reader.close()

    thread = threading.Thread(target=let_go)
    thread.start()
    backend.put(PROD, Secret(b"new"))
    waited = bool(kept)
    thread.join()
    return f"{waited} {kept == [before]} {opened(home).get(PROD).reveal().decode()}"


def held_for_good(home: Path) -> str:
    backend = opened(home)
    before = (home / "vault.pyv").read_bytes()
    with (home / "vault.pyv").open("rb"):
        try:
            backend.put(PROD, Secret(b"newer"))
        except WriteFailedError as exc:
            told = "vault.pyv" in exc.message
        else:
            return "written"
    unchanged = (home / "vault.pyv").read_bytes() == before and not list(home.glob("*.pending-*"))
    backend.put(PROD, Secret(b"newest"))
    return f"{told} {unchanged} {opened(home).get(PROD).reveal().decode()}"


def full_speed(home: Path) -> str:
    backend = opened(home)
    backend.put(PROD, Secret(b"0" * SIZE))
    argv = [sys.executable, "-X", "utf8", __file__, "read", str(home)]
    reader = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if reader.stdout is None:
        raise AssertionError("a pipe was asked for")
    told = reader.stdout
    told.readline()  # it reads from now on
    seen = threading.Thread(target=told.readline, daemon=True)  # the line comes when it has read two values
    seen.start()
    for number in range(MOST_WRITES):
        backend.put(PROD, Secret(f"{number % 10}".encode() * SIZE))
        if number >= WRITES and not seen.is_alive():
            break
    out, errors = reader.communicate("", timeout=60)
    return f"{reader.returncode} {out.strip()}{errors}"


def read(home: Path) -> str:
    """Read until stdin ends; each value has to be a whole one."""
    ended = threading.Event()

    def wait() -> None:
        sys.stdin.read()
        ended.set()

    threading.Thread(target=wait, daemon=True).start()
    values: set[bytes] = set()
    print("reading", flush=True)  # noqa: T201 - the writer waits for it
    while not ended.is_set():
        value = opened(home).get(ItemName(Kind.CREDENTIAL, "prod")).reveal()
        if len(value) != SIZE or len(set(value)) != 1:
            return "a mixture"
        if value not in values and len(values) == 1:
            print("two", flush=True)  # noqa: T201 - the writer may end
        values.add(value)
        time.sleep(0.02)  # without any gap wine's server can leave the writer none for many seconds
    return "whole" if len(values) > 1 else "only one value seen"


if __name__ == "__main__":
    case, home = sys.argv[1], Path(sys.argv[2])
    told = {case.__name__: case for case in (hazard, held_shortly, held_for_good, full_speed, read)}[case](home)
    os.write(1, f"{told}\n".encode())
