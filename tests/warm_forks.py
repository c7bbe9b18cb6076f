"""Commands whose answers are recorded by clocks that a test sets: one process with all of pyvault forks for each.

A start of ``pyvault`` has the machine's clocks, and a recorder waits a second for files to settle. Here
a command is put together as :mod:`pyvault_cli.main` does it, with a clock that is handed in. It may also be
slow: it stops after everything was read, and before anything is kept, until it is told to go on.
"""

from __future__ import annotations

import io
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self


class Forks:
    """The process that forks; use it in a ``with``."""

    def __init__(self) -> None:
        self._door, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, __file__, str(theirs.fileno())],
                env={"HOME": "/nobody's home", "PATH": os.defpath, "LANG": "C.UTF-8"},
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._door.close()
        self._process.wait()

    def run(self, argv: Sequence[str], environ: Mapping[str, str], cwd: Path, ahead: tuple[int, int]) -> int:
        """Run a command to its end; return its exit code.

        Args:
            argv: the words after the program's name.
            environ: its environment.
            cwd: its directory.
            ahead: what its clocks are ahead of the machine's, in nanoseconds.
        """
        return self.wait(self._start(argv, environ, cwd, ahead, gate=""))

    def begin(
        self, argv: Sequence[str], environ: Mapping[str, str], cwd: Path, ahead: tuple[int, int], gate: Path
    ) -> int:
        """Begin a command that keeps nothing before the pipe *gate* is opened; return its number."""
        return self._start(argv, environ, cwd, ahead, gate=str(gate))

    def _start(
        self, argv: Sequence[str], environ: Mapping[str, str], cwd: Path, ahead: tuple[int, int], gate: str
    ) -> int:
        request = {"argv": list(argv), "environ": dict(environ), "cwd": str(cwd), "ahead": ahead, "gate": gate}
        return self._ask(request)

    def wait(self, number: int) -> int:
        """Wait for a command; return its exit code."""
        return self._ask({"wait": number})

    def _ask(self, request: dict[str, Any]) -> int:
        self._door.send(json.dumps(request).encode())
        return int(self._door.recv(32))


def _serve(door: socket.socket) -> None:
    _preload()
    while message := door.recv(1 << 20):
        request = json.loads(message)
        if "wait" in request:
            answer = os.waitstatus_to_exitcode(os.waitpid(request["wait"], 0)[1])
        else:
            answer = os.fork()
            if not answer:
                door.close()
                _become(request)
        door.send(str(answer).encode())


def _preload() -> None:
    from zygote import preload

    preload()


def _become(request: dict[str, Any]) -> None:
    code = 70
    try:
        os.setsid()
        os.chdir(request["cwd"])
        os.environ.clear()
        os.environ.update(request["environ"])
        null = os.open(os.devnull, os.O_RDWR)
        for number in (1, 2):
            os.dup2(null, number)
        sys.stdout = io.TextIOWrapper(io.FileIO(1, "w"), encoding="utf-8", write_through=True)
        code = _run(request)
    finally:
        os._exit(code)


def _run(request: dict[str, Any]) -> int:
    from pyvault.errors import PyvaultError
    from pyvault.warm.replay import now
    from pyvault_cli.commandline import arguments, command_table, plain_line, typer_parser
    from pyvault_cli.commandline.parameters import load_command
    from pyvault_cli.context import Context
    from pyvault_cli.credentials.warm_answers import recording

    looks = iter(("", request["gate"]))

    def clock() -> tuple[int, int]:
        if gate := next(looks, ""):  # everything was read, and nothing is kept yet
            os.close(os.open(gate, os.O_RDONLY))
        wall, boot = now()
        return wall + request["ahead"][0], boot + request["ahead"][1]

    argv = request["argv"]
    command = load_command(argv[0])
    line = arguments.split(
        argv, menu=command_table.COMMANDS, aliases=command_table.ALIASES, valued=lambda _path: command.valued()
    )
    try:
        with Context(line, os.environ) as context, recording(argv, context, clock):
            values = plain_line.read(command.parameters, line.args, os.environ)
            if values is None:
                values = typer_parser.read(command, line.args)
            assert values is not None
            return command.function(context, **values) or 0
    except PyvaultError:
        return 1


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _serve(socket.socket(fileno=int(sys.argv[1])))
