"""Values in the password store as they are; what ``pass`` says with success is the value.

Models of programs that go by the exit status, and of keyring-pass, which keeps the first line.
"""

from __future__ import annotations

import subprocess
from typing import ClassVar, Self

from pyvault.backend import Ask, Options
from pyvault.errors import BackendError, ItemNotFoundError
from pyvault.names import ItemName
from pyvault.secret import Secret


class PassByExitCode:
    API_VERSION: ClassVar[int] = 1

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix

    @classmethod
    def open(cls, options: Options, ask: Ask) -> Self:
        del ask
        return cls(options["prefix"])

    def get(self, name: ItemName) -> Secret[bytes]:
        done = self._run("show", name)
        if done.returncode:
            raise ItemNotFoundError(f"exit status {done.returncode}")
        return Secret(done.stdout)

    def put(self, name: ItemName, data: Secret[bytes]) -> None:
        if self._run("insert", name, "-m", "-f", stdin=data.reveal()).returncode:
            raise BackendError("pass failed")

    def delete(self, name: ItemName) -> None:
        if self._run("rm", name, "-f").returncode:
            raise ItemNotFoundError("pass failed")

    def names(self) -> list[ItemName]:
        raise BackendError("no check lists it")

    def close(self) -> None:
        """Nothing is held open."""

    def _run(self, verb: str, name: ItemName, *options: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        command = ["pass", verb, *options, f"{self._prefix}/{name}"]
        return subprocess.run(command, input=stdin, capture_output=True, check=False)


class PassFirstLine(PassByExitCode):
    def get(self, name: ItemName) -> Secret[bytes]:
        return Secret(super().get(name).reveal().split(b"\n")[0])

    def put(self, name: ItemName, data: Secret[bytes]) -> None:
        super().put(name, Secret(data.reveal().split(b"\n")[0] + b"\n"))
