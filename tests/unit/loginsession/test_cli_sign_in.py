"""Sign-ins of the AWS CLI: what its cache holds, odd files in it, and how one is taken over without being lost."""

from __future__ import annotations

import json
import os
from base64 import urlsafe_b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from fakes.sso_calls import MemoryBlobs
from pyvault.config.clients import ClientSettings
from pyvault.errors import CredentialsError, ItemNotFoundError, WriteFailedError
from pyvault.loginsession import dpop
from pyvault.loginsession.cli_sign_in import MAX_FILE, cache_path, find_cli_session, take_over
from pyvault.loginsession.login_session import LoginSession
from pyvault.loginsession.login_tokens import LoginTokens
from pyvault.names import Kind
from pyvault.record import replace
from pyvault.secret import Secret

ME, HER = "arn:aws:iam::123456789012:user/me", "arn:aws:sts::210987654321:assumed-role/Admin/her"
ENDS = datetime(2026, 11, 28, 23, 0, tzinfo=UTC)
KEY = dpop.new_key().reveal()
CLIENT = ClientSettings(region="eu-west-1")


def person(arn: str) -> LoginSession:
    return LoginSession(arn=arn, client=CLIENT, profile="p")


def jwt(arn: str) -> str:
    claims = urlsafe_b64encode(json.dumps({"sub": arn}).encode()).decode().rstrip("=")
    return f"e30.{claims}.c2ln"


def as_the_cli_writes_it(arn: str = ME, **changes: object) -> dict[str, Any]:
    """Return the document of ``aws login``: all names that botocore's LoginTokenLoader has."""
    return {
        "accessToken": {
            "accessKeyId": "ASIAIOSFODNN7EXAMPLE",
            "secretAccessKey": "wJalrXUtnFEMI/K7MDENG",
            "sessionToken": "token",
            "accountId": arn.split(":")[4],
            "expiresAt": "2026-11-28T12:15:00Z",
        },
        "tokenType": "aws_sigv4",
        "clientId": "arn:aws:signin:::devtools/same-device",
        "refreshToken": "refresh-1",
        "idToken": jwt(arn),
        "dpopKey": KEY,
    } | changes


class Cache:
    """A directory of the AWS CLI, and a session vault."""

    def __init__(self, home: Path) -> None:
        self.environ = {"HOME": str(home), "AWS_LOGIN_CACHE_DIRECTORY": str(home / "cache")}
        (home / "cache").mkdir()
        self.blobs = MemoryBlobs()
        self.tokens = LoginTokens(self.blobs)

    def path(self, arn: str = ME) -> Path:
        return cache_path(self.environ, arn)

    def write(self, document: object, arn: str = ME) -> Path:
        path = self.path(arn)
        path.write_bytes(document if isinstance(document, bytes) else json.dumps(document).encode())
        path.chmod(0o600)
        return path

    def take_over(self, arn: str = ME, tokens: LoginTokens | None = None) -> str:
        taken = take_over(self.path(arn), person(arn), tokens or self.tokens, ends=ENDS)
        assert taken == self.tokens.get(person(arn))
        return taken.grant.refresh_token.reveal()


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path)


def test_what_the_aws_cli_writes_is_moved_and_only_that_of_the_person(cache: Cache) -> None:
    mine, hers = cache.write(as_the_cli_writes_it()), cache.write(as_the_cli_writes_it(HER), HER)
    assert find_cli_session(cache.environ, ME) == mine
    assert cache.take_over() == "refresh-1"
    kept = cache.tokens.get(person(ME))
    assert (kept.credentials.account_id, kept.grant.region) == ("123456789012", "eu-west-1")
    assert not mine.exists()
    assert hers.exists()
    assert find_cli_session(cache.environ, ME) is None
    with pytest.raises(ItemNotFoundError, match="the AWS CLI has no sign-in of"):
        cache.take_over()


def test_the_region_of_the_sign_in_counts_where_it_is_written(cache: Cache) -> None:
    cache.write(as_the_cli_writes_it(signInRegion="us-west-2"))
    cache.take_over()
    assert cache.tokens.get(person(ME)).grant.region == "us-west-2"


def broken(change: Callable[[dict[str, Any]], object]) -> bytes:
    document = as_the_cli_writes_it()
    change(document)
    return json.dumps(document).encode()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "can't be used"),
        (b"{", "can't be used"),
        (b"[]", "can't be used"),
        (b"\xff\xfe{}", "can't be used"),
        (b"{}", "can't be used: accessToken"),
        (b"[" * 100_000, "can't be used"),
        (b" " * (MAX_FILE + 1), "can't be read: it has more than"),
        (broken(lambda it: it.update(idToken=jwt(HER))), "another person's"),
        (broken(lambda it: it["accessToken"].update(accountId="210987654321")), "of another account"),
        (broken(lambda it: it.update(dpopKey="none")), "not a P-256 key"),
        (broken(lambda it: it.update(clientId="arn:aws:signin:::devtools/evil")), "clientId is not one of AWS's"),
        (broken(lambda it: it.update(refreshToken="r" * 12_289)), "refreshToken is too long"),
        (broken(lambda it: it.update(refreshToken="")), "can't be used: refreshToken"),
        (broken(lambda it: it["accessToken"].update(expiresAt="soon")), "can't be used"),
        (broken(lambda it: it["accessToken"].update(sessionToken="a\r\nb")), "can't be used"),
        (broken(lambda it: it.update(accessToken="text")), "can't be used"),
        (broken(lambda it: it.update(signInRegion="evil.test/x?")), "can't be used: signInRegion"),
    ],
)
def test_a_file_that_is_no_sign_in_is_named_and_stays(cache: Cache, content: bytes, said: str) -> None:
    path = cache.write(content)
    with pytest.raises(CredentialsError, match=said) as caught:
        cache.take_over()
    assert str(path) in caught.value.message
    assert "refresh-1" not in caught.value.message
    assert path.exists()
    assert cache.blobs.kinds() == []


@pytest.mark.skipif(os.name == "nt", reason="POSIX owners and links")
@pytest.mark.parametrize("kind", ["link", "pipe", "directory", "writable by others", "another user's"])
def test_a_file_that_others_could_have_made_is_refused_and_stays(cache: Cache, tmp_path: Path, kind: str) -> None:
    path = cache.path()
    match kind:
        case "link":
            target = tmp_path / "elsewhere"
            target.write_text(json.dumps(as_the_cli_writes_it()))
            path.symlink_to(target)
        case "pipe":
            os.mkfifo(path, 0o600)
        case "directory":
            path.mkdir(mode=0o700)
        case "writable by others":
            cache.write(as_the_cli_writes_it()).chmod(0o660)
        case _:
            if os.geteuid() != 0:
                pytest.skip("only root can give a file away")
            os.chown(cache.write(as_the_cli_writes_it()), 12345, 12345)
    said = {"pipe": "it is a pipe", "directory": "it is a directory", "link": "is a link"}
    with pytest.raises(CredentialsError, match=said.get(kind, "could have been written by others")):
        cache.take_over()
    assert path.is_symlink() or path.exists()
    assert cache.blobs.kinds() == []


class FullDisk(MemoryBlobs):
    """A vault that takes nothing."""

    def put_blob(self, kind: Kind, name: str, data: Secret[bytes], *, expires: datetime | None = None) -> None:
        raise WriteFailedError("the disk is full")


def test_the_file_stays_where_ours_can_t_be_kept(cache: Cache) -> None:
    path = cache.write(as_the_cli_writes_it())
    with pytest.raises(WriteFailedError):
        cache.take_over(tokens=LoginTokens(FullDisk()))
    assert path.exists()


def test_a_take_over_that_was_killed_before_the_file_went_loses_no_renewal(cache: Cache) -> None:
    cache.write(as_the_cli_writes_it())
    cache.take_over()
    kept = cache.tokens.get(person(ME))
    later = replace(kept.credentials, expires=datetime(2026, 11, 28, 12, 30, tzinfo=UTC))
    renewed = replace(kept, credentials=later, grant=replace(kept.grant, refresh_token=Secret("refresh-2")))
    cache.tokens.put(person(ME), renewed)
    path = cache.write(as_the_cli_writes_it())  # it had not gone yet
    assert cache.take_over() == "refresh-2"
    assert not path.exists()


def test_another_sign_in_and_a_later_state_of_the_same_are_taken(cache: Cache) -> None:
    cache.write(as_the_cli_writes_it())
    cache.take_over()
    document = as_the_cli_writes_it(refreshToken="refresh-3")
    document["accessToken"]["expiresAt"] = "2026-11-28T12:45:00Z"  # the AWS CLI has renewed it meanwhile
    cache.write(document)
    assert cache.take_over() == "refresh-3"
    cache.write(as_the_cli_writes_it(refreshToken="refresh-of-another", dpopKey=dpop.new_key().reveal()))
    assert cache.take_over() == "refresh-of-another"


class FileThatStays(MemoryBlobs):
    """A vault; once something is put into it, the file can't be removed."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def put_blob(self, kind: Kind, name: str, data: Secret[bytes], *, expires: datetime | None = None) -> None:
        super().put_blob(kind, name, data, expires=expires)
        if self._path.is_file():
            self._path.unlink()
            self._path.mkdir()  # which unlink refuses, whoever asks


def test_where_the_file_can_t_go_all_stays_as_it_was(cache: Cache) -> None:
    cache.write(as_the_cli_writes_it())
    stuck = LoginTokens(FileThatStays(cache.path()))
    with pytest.raises(WriteFailedError):
        cache.take_over(tokens=stuck)
    with pytest.raises(ItemNotFoundError):
        stuck.get(person(ME))
    cache.path().rmdir()
    cache.write(as_the_cli_writes_it(refreshToken="mine", dpopKey=dpop.new_key().reveal()))
    cache.take_over()
    mine = cache.tokens.get(person(ME))
    blobs = FileThatStays(cache.path())
    stuck = LoginTokens(blobs)
    stuck.put(person(ME), mine)
    cache.write(as_the_cli_writes_it())
    with pytest.raises(WriteFailedError):
        cache.take_over(tokens=stuck)
    assert stuck.get(person(ME)) == mine
