"""A process that has imported all of pyvault and forks for each start of it: ``zygote.py FD`` (Linux).

It reads requests from the socket FD and answers each with the number of a process that is about to run the
console script of the request, with its words, environment, directory and descriptors. The asker has
made himself the reaper of orphans for that moment (``PR_SET_CHILD_SUBREAPER``), and between us and the new process
there is one that ends at once: so the process is a child of the asker, as if he had started it himself.
"""

from __future__ import annotations

import contextlib
import fcntl
import gc
import importlib
import io
import json
import os
import pkgutil
import runpy
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Any

PACKAGES = ("pyvault", "pyvault_backends", "pyvault_cli")
#: What commands import of others, late; not the libraries of desktops, which may start threads.
OTHERS = ("typer.main", "typer.core", "boto3", "botocore.session", "botocore.client", "botocore.parsers")
SKIPPED = ("testing", "hook-", "__main__", "probing", "keyring_bridge")
LIMIT = 100_000  # bytes of a request; a longer one is a real start
HIGH = 500  # descriptors are parked from here on, while they are sorted


def preload() -> None:
    """Import what a start would, in an environment of nobody: nothing of it may be remembered."""
    sys.path[0] = str(Path(sys.executable).parent)  # as of the console script: no module of the tests
    for package in map(importlib.import_module, PACKAGES):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}.", onerror=lambda _: None):
            if not any(word in found.name for word in SKIPPED):
                with contextlib.suppress(ImportError, AssertionError):  # a driver of another system
                    importlib.import_module(found.name)
    for name in OTHERS:
        importlib.import_module(name)


def serve(door: socket.socket) -> dict[str, Any] | None:
    """Fork for each request; in the new process return its request, in the zygote None at the end."""
    while True:
        message, descriptors, _, _ = socket.recv_fds(door, LIMIT, 64)
        if not message:
            return None
        reading, writing = os.pipe()
        between = os.fork()
        if not between:
            ours = os.getpid()
            if child := os.fork():
                os.write(writing, str(child).encode())
                os._exit(0)
            while os.getppid() == ours:  # until the asker is our parent, as he has to be
                time.sleep(0.0002)
            return {**json.loads(message), "descriptors": descriptors}
        os.waitpid(between, 0)
        door.send(os.read(reading, 32))
        for descriptor in (reading, writing, *descriptors):
            os.close(descriptor)


def become(request: dict[str, Any]) -> None:
    """Make this process what a start with that request would have found."""
    os.umask(request["umask"])
    if request["session"]:
        os.setsid()
    elif request["group"] >= 0:
        os.setpgid(0, request["group"])
    if request["terminal"]:
        # The first terminal that a session's leader opens becomes its controlling one.
        os.close(os.open(request["terminal"], os.O_RDWR))
    os.chdir(request["cwd"].encode("latin-1"))
    place_descriptors(dict(zip(request["numbers"], request["descriptors"], strict=True)))
    os.environb.clear()
    os.environb.update({name.encode("latin-1"): value.encode("latin-1") for name, value in request["environ"].items()})
    time.tzset()
    sys.argv = [os.fsdecode(word.encode("latin-1")) for word in request["words"]]
    sys.path[0] = str(Path(sys.argv[0]).parent)
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        stream = standard_stream(number, name)
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def place_descriptors(wanted: dict[int, int]) -> None:
    """Give each descriptor the number that is wanted, and close all others."""
    parked = {number: fcntl.fcntl(given, fcntl.F_DUPFD, HIGH) for number, given in wanted.items()}
    for number, given in parked.items():
        os.dup2(given, number)
    low = 3
    for number in sorted(number for number in wanted if number > 2):
        os.closerange(low, number)
        low = number + 1
    os.closerange(low, 2 * HIGH)


def standard_stream(number: int, name: str) -> io.TextIOWrapper:
    """Open one as the interpreter does at its start. Source: CPython, Python/pylifecycle.c, create_stdio."""
    like = getattr(sys, name)
    writes = number > 0
    unbuffered = writes and like.write_through  # by PYTHONUNBUFFERED
    binary: Any = open(number, "wb" if writes else "rb", buffering=0 if unbuffered else -1, closefd=False)  # noqa: SIM115 - a descriptor
    raw = binary if unbuffered else binary.raw
    raw.name = f"<{name}>"
    lines = not unbuffered and (raw.isatty() or number == 2)
    stream = io.TextIOWrapper(
        binary, like.encoding, like.errors, newline="\n", line_buffering=lines, write_through=unbuffered
    )
    stream.mode = "w" if writes else "r"
    return stream


def main() -> None:
    door = socket.socket(fileno=int(sys.argv[1]))
    preload()
    gc.collect()
    gc.freeze()
    door.send(b"ready")
    request = serve(door)
    if request:
        door.detach()
        become(request)
        runpy.run_path(sys.argv[0], run_name="__main__")


if __name__ == "__main__":
    main()
