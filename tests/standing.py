"""``pyvault server`` as a supervisor runs it, and how to ask it."""

from __future__ import annotations

import http.client
import json
import signal
import subprocess
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

import starts
from command_line import PYVAULT, clean_environ


def ask(uri: str, token: str | None, path: str | None = None) -> tuple[int, dict[str, str]]:
    parts = urlsplit(uri)
    connection = http.client.HTTPConnection(parts.netloc, timeout=20)
    try:
        connection.request("GET", path or parts.path, headers={"Authorization": token} if token else {})
        reply = connection.getresponse()
        return reply.status, json.loads(reply.read())
    finally:
        connection.close()


class Standing:
    """``pyvault server`` as a supervisor runs it."""

    def __init__(self, home: Path, variables: dict[str, str | None], *words: str) -> None:
        environ = {name: value for name, value in {**clean_environ(home), **variables}.items() if value is not None}
        self.process = starts.Popen(
            [PYVAULT, "server", *words],
            env=environ, cwd=home, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.told: list[str] = []
        for line in self._stream(self.process.stdout):
            self.told.append(line.rstrip("\n"))
            if line.startswith("ready "):
                break

    def _stream(self, stream: IO[str] | None) -> IO[str]:
        assert stream is not None
        return stream

    def value(self, name: str) -> str:
        return next(line.partition("=")[2] for line in self.told if line.startswith(f"{name}="))

    @property
    def uri(self) -> str:
        return self.value("AWS_CONTAINER_CREDENTIALS_FULL_URI")

    @property
    def token(self) -> str:
        return self.value("AWS_CONTAINER_AUTHORIZATION_TOKEN")

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        out, err = self.process.communicate(timeout=20)
        assert out == ""
        assert err == ""
        return self.process.returncode
