"""A backend of ``keyring`` behind our contract; it runs in a process of its own, with its own libraries."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import ClassVar, Self

from pyvault.backend import Ask, Options, Question
from pyvault.errors import BackendError, InputRequiredError, ItemNotFoundError
from pyvault.names import ItemName
from pyvault.secret import Secret
from weaknesses.store import PROD

PROGRAM = Path(__file__).with_name("peer_program.py")
SERVICE = "pyvault"


class PeerBackend:
    """A keyring of one user, or of one name for each service.

    Options:
        class, set, counted, watched: see ``peer_program``; ``set`` is JSON.
        name_is: ``user``, or ``service``.
        libraries: a folder of distributions.
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
        settings = {
            "class": options["class"],
            "set": json.loads(options.get("set", "{}")),
            "passphrase": passphrase,
            "counted": options.get("counted"),
            "watched": options.get("watched"),
        }
        environ = dict(os.environ)
        if "libraries" in options:
            environ["PYTHONPATH"] = options["libraries"]
        process = subprocess.Popen(
            [sys.executable, str(PROGRAM), json.dumps(settings)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environ,
        )
        return cls(process, by_service=options.get("name_is") == "service")

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
        raise BackendError("keyring can't list")

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
        assert line, "the peer has ended"
        answer = json.loads(line)
        if "error" in answer:
            raise BackendError(answer["error"])
        return answer["value"]
