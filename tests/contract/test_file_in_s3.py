"""The vault file passes the contract where it is an object in S3: every engine, opened by a key file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import engines
from engines import Engine
from pyvault.testing import BackendContract, Capabilities, Subject
from pyvault.vaultfile.unlock.key_file import create_key_file


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, Engine]]:
    started: dict[str, Engine] = {}
    yield started
    for each in started.values():
        each.__exit__(None, None, None)


class InS3(BackendContract):
    """The same cases; a subclass names the engine."""

    engine: str

    @pytest.fixture
    def server(self, servers: dict[str, Engine]) -> Engine:
        if self.engine not in servers:
            servers[self.engine] = Engine(self.engine)
        return servers[self.engine]

    @pytest.fixture
    def subject(self, server: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Subject:
        for name, value in engines.credentials().items():
            monkeypatch.setenv(name, value)
        create_key_file(tmp_path / "key")
        url = server.free_url()
        bucket, _, key = url.removeprefix("s3://").partition("/")

        def break_store() -> None:
            server.client().put_object(Bucket=bucket, Key=key, Body=b"something else")

        options = {
            "path": url,
            "endpoint_url": server.url,
            "keyfile": str(tmp_path / "key"),
            "lock_timeout": "240",  # eight writers on a busy machine; not a measurement
        }
        return Subject(backend="file", options=options, break_store=break_store)

    @pytest.fixture
    def capabilities(self, writes: int) -> Capabilities:
        return Capabilities(lockable=False, writes=writes)


# A marker, since the kit lets no case skip itself.
@pytest.mark.peer(engines.program("moto"))
class TestMoto(InS3):
    engine = "moto"


@pytest.mark.slow
@pytest.mark.peer(engines.program("seaweedfs"))
class TestSeaweedFs(InS3):
    engine = "seaweedfs"
