"""Real S3 servers for the tests: moto and SeaweedFS, from a virtual environment of their own (``make engines``)."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import pytest

ENGINES = ("moto", "seaweedfs")
FIRST = "moto"  # starts within a second; the other one is for the long form
PROGRAMS = {"moto": "moto_server", "seaweedfs": "weed"}
BIN = Path(os.environ.get("PYVAULT_ENGINES") or Path(__file__).parents[1] / "build" / "engines") / "bin"
ACCESS_KEY = "AKIAENGINEEXAMPLE000"
SECRET_KEY = "the-engine-s-own-secret-key-example"
REGION = "us-east-1"
PATIENCE = 60  # seconds until a server that does not answer counts as broken


def credentials() -> dict[str, str]:
    """Give the variables of a machine whose own credentials reach the engines."""
    return {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY, "AWS_EC2_METADATA_DISABLED": "true"}


def program(engine: str) -> str:
    """Return where its server is, if it is installed."""
    return str(BIN / PROGRAMS[engine])


def need(engine: str) -> None:
    """Skip, or under PYVAULT_REQUIRE_PEERS=1 fail, where the engine is not installed."""
    if Path(program(engine)).exists():
        return
    message = f"needs {PROGRAMS[engine]}: make engines"
    if os.environ.get("PYVAULT_REQUIRE_PEERS") == "1":
        pytest.fail(message, pytrace=False)
    pytest.skip(message)


class Engine:
    """A running server."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.folder = Path(tempfile.mkdtemp(prefix=f"engine-{name}-"))
        port = _free_port()
        self.url = f"http://127.0.0.1:{port}"
        argv = _moto(port) if name == "moto" else _seaweedfs(port, self.folder)
        with (self.folder / "log").open("wb") as log:
            self._process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder)
        self._buckets = self._urls = 0
        self._shared: dict[bool, str] = {}
        self._wait(port)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def port(self) -> int:
        return urlsplit(self.url).port or 0

    def client(self) -> Any:
        """Give a client of AWS's own SDK, for what the tests do beside the program."""
        import boto3
        from botocore.config import Config

        return boto3.client(
            "s3",
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
            config=Config(s3={"addressing_style": "path"}, request_checksum_calculation="when_required"),
        )

    def reset(self) -> None:
        """Let moto forget everything."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        connection.request("POST", "/moto-api/reset")
        assert connection.getresponse().status == 200
        connection.close()
        self._shared.clear()

    def free_url(self, *, versioned: bool = True) -> str:
        """Give the URL of a vault that is not there."""
        if versioned not in self._shared:
            self._shared[versioned] = self.bucket(versioned=versioned)
            self.client().put_object(Bucket=self._shared[versioned], Key="first", Body=b"x")  # SeaweedFS takes its time
        self._urls += 1
        return f"s3://{self._shared[versioned]}/team/{self._urls}.pyv"

    def bucket(self, *, versioned: bool = True) -> str:
        """Make a bucket that nobody else has."""
        self._buckets += 1
        name = f"vaults-{os.getpid()}-{self._buckets}"
        client = self.client()
        client.create_bucket(Bucket=name)
        if versioned:
            client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        return name

    def _wait(self, port: int) -> None:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                if self.name == "moto" or self._answers():
                    return
            if self._process.poll() is not None:
                break
            time.sleep(0.1)
        raise AssertionError((self.folder / "log").read_text(errors="replace")[-2000:])

    def _answers(self) -> bool:
        """SeaweedFS listens before its volumes are there."""
        from botocore.exceptions import BotoCoreError, ClientError

        client = self.client()
        with suppress(BotoCoreError, ClientError):
            client.create_bucket(Bucket="is-it-there")
            client.put_object(Bucket="is-it-there", Key="k", Body=b"x")
            return True
        return False


def _moto(port: int) -> list[str]:
    return [str(BIN / "moto_server"), "-H", "127.0.0.1", "-p", str(port)]


def _seaweedfs(port: int, folder: Path) -> list[str]:
    identity = {
        "name": "tests",
        "credentials": [{"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}],
        "actions": ["Admin", "Read", "Write", "List", "Tagging"],
    }
    (folder / "s3.json").write_text(json.dumps({"identities": [identity]}))
    master, volume, filer = _free_port(), _free_port(), _free_port()
    return [
        str(BIN / "weed"),
        "-logtostderr=true",
        "server",
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        f"-dir={folder}",
        f"-master.port={master}",
        f"-master.port.grpc={_free_port()}",
        "-master.volumeSizeLimitMB=64",
        f"-volume.port={volume}",
        f"-volume.port.grpc={_free_port()}",
        "-volume.max=200",
        "-filer",
        f"-filer.port={filer}",
        f"-filer.port.grpc={_free_port()}",
        "-s3",
        f"-s3.port={port}",
        f"-s3.port.grpc={_free_port()}",
        f"-s3.port.iceberg={_free_port()}",
        f"-s3.port.lance={_free_port()}",
        f"-s3.config={folder / 's3.json'}",
    ]


_given: set[int] = set()


def _free_port() -> int:
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        if port not in _given and port < 55000:  # SeaweedFS adds 10000 in places
            _given.add(port)
            return port


if __name__ == "__main__":  # python tests/engines.py moto: for a person who wants to look
    with Engine(sys.argv[1]) as running:
        input(f"{running.url}, Enter ends it. ")
