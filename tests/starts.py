"""Starts of ``pyvault``: as :mod:`subprocess` does them, at a tenth of their cost.

A start of Python and its imports take a third of a second, what a test looks at a few milliseconds. So :class:`Popen`
asks a zygote for the process (see ``zygote.py``): a child of ours like any other, with the words, variables,
descriptors, directory, session and terminal that were wanted, which runs the console script. What shapes
a start before the script is reached can't be had that way, and is a real start:
another program, variables of the interpreter or the loader that no zygote has been started with, ignored
signals, limits, users, ``preexec_fn``. ``PYVAULT_REAL_START=1`` makes all of them real.

Who tests starts themselves, kills from outside what reads ``/proc/PID/cmdline``, or wants to be sure, takes
:mod:`subprocess`.
"""

from __future__ import annotations

import atexit
import ctypes
import inspect
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from zygote import LIMIT

PROGRAM = Path(sys.executable).with_name("pyvault")
ZYGOTE = Path(__file__).with_name("zygote.py")
ON_TERMINAL = Path(__file__).with_name("on_terminal.py")
#: Variables that are read before any code of ours runs.
EARLY = ("PYTHON", "LC_", "LANG", "LD_", "GLIBC_", "MALLOC_")
#: A start under coverage has to be seen from its beginning.
REAL = ("COVERAGE_PROCESS", "FAKETIME")
PR_SET_CHILD_SUBREAPER = 36  # prctl(2)
MOST = 3  # zygotes of one test process; each holds some 60 MB
NOBODYS = "/nobody's home"
WANTED = inspect.signature(subprocess.Popen._execute_child)
REAL_STARTS = os.environ.get("PYVAULT_REAL_START") == "1" or sys.platform != "linux"


class Zygote:
    """One that was started with some early variables."""

    def __init__(self, early: Mapping[str, str]) -> None:
        self._door, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, ZYGOTE, str(theirs.fileno())],
                env={**early, "HOME": NOBODYS, "PATH": os.defpath},
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
            )
        if self._door.recv(16) != b"ready":
            raise RuntimeError("the zygote ended while it imported")

    def start(self, request: dict[str, Any], descriptors: list[int]) -> int:
        """Return the process that now runs the request; it is a child of ours."""
        prctl = ctypes.CDLL(None).prctl
        prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        try:
            socket.send_fds(self._door, [json.dumps(request).encode()], descriptors)
            return int(self._door.recv(32))
        finally:
            prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)

    def end(self) -> None:
        self._door.close()
        self._process.wait()


class Nursery:
    """The zygotes of this process, by their early variables."""

    def __init__(self) -> None:
        self.turn = threading.Lock()
        self._zygotes: dict[frozenset[tuple[str, str]], Zygote] = {}
        self._asked: set[frozenset[tuple[str, str]]] = set()

    def zygote(self, environ: Mapping[str, str]) -> Zygote | None:
        """Return the one for this environment; the first start of a kind is a real one, as it may be the only one."""
        early = frozenset((name, value) for name, value in environ.items() if name.startswith(EARLY))
        if early not in self._asked:
            self._asked.add(early)
            return None
        if early not in self._zygotes and len(self._zygotes) < MOST:
            self._zygotes[early] = Zygote(dict(early))
        return self._zygotes.get(early)

    def end(self) -> None:
        for zygote in self._zygotes.values():
            zygote.end()
        self._zygotes.clear()


NURSERY = Nursery()
atexit.register(NURSERY.end)


class Popen(subprocess.Popen[Any]):
    """A child like each of :mod:`subprocess`, and a cheap one where that makes no difference.

    Args:
        terminal: the pseudo-terminal that controls the child, in a session of its own; "-" for a session without any.
    """

    def __init__(self, args: Any, *, terminal: str = "", **options: Any) -> None:
        self._terminal = terminal
        super().__init__(args, **options)

    def _execute_child(self, *given: Any) -> None:
        wanted = WANTED.bind(self, *given).arguments
        pid = _ask_zygote(wanted, self._terminal)
        if pid is None:
            if self._terminal:
                given = ([sys.executable, "-IS", ON_TERMINAL, self._terminal, *given[0]], *given[1:])
            super()._execute_child(*given)
            return
        self.pid = pid
        self._child_created = True
        names = ("p2cread", "p2cwrite", "c2pread", "c2pwrite", "errread", "errwrite")
        self._close_pipe_fds(*(wanted[name] for name in names))


def run(
    args: Any, *, input: Any = None, capture_output: bool = False, timeout: float | None = None, check: bool = False,  # noqa: A002 - as subprocess.run
    **options: Any,
) -> subprocess.CompletedProcess[Any]:  # fmt: skip
    """Do what ``subprocess.run`` does, by :class:`Popen`."""
    if input is not None:
        options["stdin"] = subprocess.PIPE
    if capture_output:
        options["stdout"] = options["stderr"] = subprocess.PIPE
    with Popen(args, **options) as child:
        try:
            out, err = child.communicate(input, timeout=timeout)
        except BaseException:
            child.kill()
            raise
    ended = subprocess.CompletedProcess(args, child.returncode, out, err)
    if check:
        ended.check_returncode()
    return ended


def needs_real_start(wanted: Mapping[str, Any], environ: Mapping[str, str]) -> bool:
    """Return whether something is wanted that no zygote can give, or that reaches a start before any script."""
    odd = ("executable", "preexec_fn", "gid", "gids", "uid", "shell")
    usual = {signal.SIGPIPE, signal.SIGXFSZ}
    return (
        REAL_STARTS
        or any(wanted.get(name) for name in odd)
        or not wanted["close_fds"]
        or not _is_program(wanted["args"], environ)
        or not Path(wanted.get("cwd") or ".").is_dir()
        or any(name.startswith(REAL) for name in environ)
        or bool(signal.pthread_sigmask(signal.SIG_BLOCK, ()))
        or any(signal.getsignal(number) == signal.SIG_IGN for number in signal.valid_signals() - usual)
    )


def _ask_zygote(wanted: Mapping[str, Any], terminal: str) -> int | None:
    """Return the process that a zygote has made as it is wanted, or None where a real start is needed."""
    environ = dict(os.environ if wanted["env"] is None else wanted["env"])
    if needs_real_start(wanted, environ):
        return None
    places = [wanted[name] for name in ("p2cread", "c2pwrite", "errwrite")]
    streams = [number if place < 0 else place for number, place in enumerate(places)]
    request = {
        "words": [_bytes(word) for word in (PROGRAM, *wanted["args"][1:])],
        "environ": {_bytes(name): _bytes(value) for name, value in environ.items()},
        "cwd": _bytes(wanted["cwd"] or Path.cwd()),
        "umask": _umask() if wanted["umask"] < 0 else wanted["umask"],
        "session": wanted["start_new_session"] or bool(terminal),
        "terminal": terminal.removeprefix("-"),
        "group": wanted["process_group"],
        "numbers": [0, 1, 2, *wanted["pass_fds"]],
    }
    if len(json.dumps(request)) > LIMIT:
        return None
    with NURSERY.turn:
        zygote = NURSERY.zygote(environ)
        return zygote.start(request, [*streams, *wanted["pass_fds"]]) if zygote else None


def _is_program(words: Any, environ: Mapping[str, str]) -> bool:
    if not isinstance(words, list | tuple) or bytes in map(type, words):
        return False
    first = str(words[0])
    return first == str(PROGRAM) or (
        first == PROGRAM.name and shutil.which(first, path=environ.get("PATH")) == str(PROGRAM)
    )


def _bytes(text: str | os.PathLike[str]) -> str:
    """Write the bytes that a program would get, one character each: the zygote reads them in its own locale."""
    return os.fsencode(text).decode("latin-1")


def _umask() -> int:
    """Read the mask without changing it, which other threads would notice."""
    told = Path("/proc/self/status").read_text()
    return int(told.partition("Umask:")[2].split()[0], 8)
