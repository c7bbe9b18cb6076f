"""moto's KMS and STS as a server, from the environment of the engines (``make engines``)."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest

BIN = Path(os.environ.get("PYVAULT_ENGINES") or Path(__file__).parents[1] / "build" / "engines") / "bin"
REGION = "eu-central-1"
KEYS = {"AWS_ACCESS_KEY_ID": "AKIAMOTOEXAMPLE00000", "AWS_SECRET_ACCESS_KEY": "moto-kms-own-secret-key-example"}
PATIENCE = 60  # seconds until a server that does not answer counts as broken


def need_moto() -> None:
    """Skip, or under PYVAULT_REQUIRE_PEERS=1 fail, where moto is not installed."""
    if (BIN / "moto_server").exists():
        return
    message = "needs moto_server: make engines"
    if os.environ.get("PYVAULT_REQUIRE_PEERS") == "1":
        pytest.fail(message, pytrace=False)
    pytest.skip(message)


class MotoKms:
    """A running server."""

    def __init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = int(probe.getsockname()[1])
        self.url = f"http://127.0.0.1:{self._port}"
        self.folder = Path(tempfile.mkdtemp(prefix="moto-kms-"))

    def __enter__(self) -> Self:
        argv = [str(BIN / "moto_server"), "-H", "127.0.0.1", "-p", str(self._port)]
        with (self.folder / "log").open("wb") as log:
            self._process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and self._process.poll() is None:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self._port), timeout=1):
                return self
            time.sleep(0.1)
        raise AssertionError((self.folder / "log").read_text(errors="replace")[-2000:])

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def environ(self) -> dict[str, str]:
        """Give the variables of a machine whose role may use the keys."""
        return {
            "AWS_ENDPOINT_URL_KMS": self.url,
            "AWS_ENDPOINT_URL_STS": self.url,
            "AWS_ACCESS_KEY_ID": "ASIAMOTOEXAMPLE00000",
            "AWS_SECRET_ACCESS_KEY": "moto-kms-own-secret-role-example",
            "AWS_SESSION_TOKEN": "moto-kms-own-session-token",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def make_key(self) -> str:
        """Give the ARN of a new key."""
        import boto3

        client: Any = boto3.client(
            "kms",
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id=KEYS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"],
        )
        return str(client.create_key()["KeyMetadata"]["Arn"])
