"""A store of others behind our contract; it runs in a process of its own, with its own libraries."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import ClassVar, Self

from pyvault.backend import Ask, Options, Question
from pyvault.errors import BackendError, InputRequiredError, ItemNotFoundError
from pyvault.names import ItemName, credential_name
from pyvault.secret import Secret
from weaknesses.store import PROD

PROGRAM = Path(__file__).with_name("peer_program.py")
SERVICE = "pyvault"


class PeerEndedError(Exception):
    """The process is gone; by which signal, if it was one."""

    def __init__(self, code: int) -> None:
        super().__init__(f"the peer has ended with {code}")
        self.signal = max(0, -code)


class PeerBackend:
    """A store in a process of its own.

    Options:
        settings: what its program is told, in JSON; the passphrase is added.
        program: by default ``peer_program.py``, which knows every backend of ``keyring``.
        libraries: a folder of distributions for that.
        name_is: ``user``, or ``service``.
    """

    API_VERSION: ClassVar[int] = 1

    def __init__(self, process: subprocess.Popen[str], *, by_service: bool) -> None:
        self._process = process
        self._by_service = by_service

    @classmethod
    def open(cls, options: Options, ask: Ask) -> Self:
        try:
            passphrase = ask(Question(key="passphrase", prompt="passphrase")).reveal()
        except InputRequiredError:
            passphrase = ""
        command = [options["program"]] if "program" in options else [sys.executable, str(PROGRAM)]
        environ = dict(os.environ)
        if "libraries" in options:
            environ["PYTHONPATH"] = options["libraries"]
        process = subprocess.Popen(
            [*command, json.dumps(json.loads(options["settings"]) | {"passphrase": passphrase})],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environ,
        )
        return cls(process, by_service=options.get("name_is") == "service")

    @property
    def pid(self) -> int:
        return self._process.pid

    def get(self, name: ItemName) -> Secret[bytes]:
        value = self._call("get", name)
        if value is None:
            raise ItemNotFoundError(f"there is no item '{name}'")
        return Secret(str(value).encode("utf-8", "surrogatepass"))

    def put(self, name: ItemName, data: Secret[bytes]) -> None:
        self._call("put", name, data.reveal().decode())

    def delete(self, name: ItemName) -> None:
        self._call("delete", name)

    def names(self) -> list[ItemName]:
        found = self._call("names", PROD)
        assert isinstance(found, list)
        return [credential_name(str(text)) for text in found]

    def count(self) -> int:
        """Give how often the counted function was called."""
        return int(str(self._call("count", PROD)))

    def modes(self) -> set[tuple[Path, int]]:
        """Give what was seen in the watched folder during the last put."""
        seen = self._call("modes", PROD)
        assert isinstance(seen, list)
        return {(Path(path), mode) for path, mode in seen}

    def close(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._process.wait()

    def __del__(self) -> None:
        self.close()

    def _call(self, operation: str, name: ItemName, value: str = "") -> object:
        service, user = (name.name, SERVICE) if self._by_service else (SERVICE, name.name)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([operation, service, user, value]) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise PeerEndedError(self._process.wait())
        answer = json.loads(line)
        if "error" in answer:
            raise BackendError(answer["error"])
        return answer["value"]
