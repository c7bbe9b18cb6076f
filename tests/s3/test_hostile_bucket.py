"""A bucket, or a source of credentials, that answers without an end; a bucket with more versions than one answer."""

from __future__ import annotations

import base64
import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from engines import Engine
from fault_proxy import FaultProxy, Message
from pyvault.aws.machine_credentials import find_credentials
from pyvault.errors import AwsUnreachableError, CredentialsError, UnusableAnswerError
from pyvault.files.file_checks import FileChecks
from pyvault.secret import Secret
from s3_machine import Machine
from vaults import contents, credential

PART = b"<Error>" * 10_000


class Paging(FaultProxy):
    """Lets the server list two versions at a time."""

    def _ask(self, request: Message) -> bytes:
        return super()._ask(Message(request.head.replace(b"max-keys=1000", b"max-keys=2"), request.body))


class Endless:
    """Answers every request with a head and a body that has no end."""

    def __init__(self, status: str) -> None:
        self.head = f"HTTP/1.1 {status}\r\nContent-Type: application/xml\r\n\r\n".encode()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError), client:
            client.recv(65536)
            client.sendall(self.head)
            while True:
                client.sendall(PART)


@pytest.fixture(params=["200 OK", "403 Forbidden", "404 Not Found", "503 Slow Down"])
def endless(request: pytest.FixtureRequest) -> Iterator[Endless]:
    server = Endless(request.param)
    yield server
    server.close()


def test_an_answer_without_an_end_is_not_read_to_the_end(endless: Endless, moto_machine: Machine) -> None:
    place = moto_machine.place(endless.url)
    for ask in (place.exists, lambda: place.object.put(b"x", over=None), place.object.versions):
        with pytest.raises((UnusableAnswerError, AwsUnreachableError)):
            ask()


@pytest.mark.parametrize("source", ["web identity", "container", "instance"])
def test_a_source_of_credentials_without_an_end_is_left(source: str, tmp_path: Path) -> None:
    header = base64.urlsafe_b64encode(b'{"alg":"RS256"}').decode().rstrip("=")
    (tmp_path / "token").write_text(f"{header}.e30.AAAA")
    with contextlib.closing(Endless("200 OK")) as server:
        environ = {
            "web identity": {
                "AWS_WEB_IDENTITY_TOKEN_FILE": str(tmp_path / "token"),
                "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/ci",
                "AWS_ENDPOINT_URL_STS": server.url,
            },
            "container": {"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{server.url}/credentials"},
            "instance": {"AWS_EC2_METADATA_SERVICE_ENDPOINT": f"{server.url}/"},
        }[source]
        with pytest.raises(CredentialsError, match="can't be had: AnswerTooLongError"):
            find_credentials(environ, profile=None, region="us-east-1")


def test_revoking_deletes_all_versions_however_many(moto: Engine, moto_machine: Machine) -> None:
    with Paging(moto.port) as few_at_once:
        vault = moto_machine.create(few_at_once.url)
        for number in range(5):
            vault.put(credential(f"a{number}"), Secret(b"a"))
        bucket, _, key = moto_machine.url.removeprefix("s3://").partition("/")
        moto.client().put_object(Bucket=bucket, Key=f"{key}.another", Body=b"x")
        assert len(vault.place.backups(FileChecks())) == 5
        vault.rekey()
        left = moto.client().list_object_versions(Bucket=bucket, Prefix=key)["Versions"]
        assert [each["IsLatest"] for each in left if each["Key"] == key] == [True]
        assert [each["Key"] for each in left if each["Key"] != key] == [f"{key}.another"]
        assert len(contents(moto_machine.open(few_at_once.url))) == 5
