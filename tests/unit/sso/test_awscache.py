"""The tokens of other programs, and those for them."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from pathlib import Path

import pytest

from fakes.sso_calls import START, session
from pyvault.errors import WriteFailedError
from pyvault.secret import Secret
from pyvault.sso.cli_cache import read_aws_cache, remove_from_aws_cache, write_aws_cache
from pyvault.sso.tokens import AccessToken, Registration, SsoToken


def test_the_token_of_a_killed_writer_goes_with_the_next(tmp_path: Path) -> None:
    client = Registration(client_id="id", client_secret=Secret("secret"), expires=START)
    token = SsoToken(access_token=Secret("new"), expires=START, refresh_token=None, client=client)
    for name in (f"{'0' * 40}.json.pending-0123456789abcdef", f"{'1' * 40}.json"):
        (tmp_path / name).write_text("a token")
    path = write_aws_cache(tmp_path, session(), token)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == sorted([f"{'1' * 40}.json", path.name])


def test_a_directory_that_can_not_be_made_is_an_error_of_ours(tmp_path: Path) -> None:
    client = Registration(client_id="id", client_secret=Secret("secret"), expires=START)
    token = SsoToken(
        access_token=Secret("access"), expires=START + timedelta(hours=1), refresh_token=None, client=client
    )
    (tmp_path / "sso").touch()
    with pytest.raises(WriteFailedError, match=r"can't write '.*/sso/cache/[0-9a-f]{40}\.json'"):
        write_aws_cache(tmp_path / "sso" / "cache", session(), token)


FIELDS = {
    "startUrl": "https://corp.awsapps.com/start",
    "region": "eu-west-1",
    "accessToken": "access",
    "expiresAt": "2026-01-01T01:00:00Z",
    "refreshToken": "refresh",
}


def leave(directory: Path, name: str, **changes: object) -> Path:
    """Leave a token as the AWS CLI does."""
    path = directory / f"{hashlib.sha1(name.encode(), usedforsecurity=False).hexdigest()}.json"
    path.write_text(json.dumps({key: value for key, value in (FIELDS | changes).items() if value is not None}))
    path.chmod(0o600)
    return path


@pytest.mark.parametrize("end", ["", "/", "#", "#/", "/#/"])
@pytest.mark.parametrize("written", ["", "/", "#/"])
def test_the_token_of_the_aws_cli_is_found_however_the_url_is_written(tmp_path: Path, end: str, written: str) -> None:
    url = f"https://corp.awsapps.com/start{end}"
    leave(tmp_path, url, startUrl=url)
    for name in (None, "corp"):
        found = read_aws_cache(tmp_path, session(name, start_url=f"https://corp.awsapps.com/start{written}"))
        assert found == AccessToken(access_token=Secret("access"), expires=START + timedelta(hours=1))


def test_a_token_is_found_under_the_name_of_its_session(tmp_path: Path) -> None:
    leave(tmp_path, "corp", expiresAt="2026-01-01T01:00:00UTC", region=None)
    found = read_aws_cache(tmp_path, session("corp"))
    assert found is not None
    assert found.expires == START + timedelta(hours=1)
    assert read_aws_cache(tmp_path, session("other")) is None
    later = leave(tmp_path, FIELDS["startUrl"], accessToken="later", expiresAt="2026-01-01T02:00:00Z")
    assert later.exists()
    both = read_aws_cache(tmp_path, session("corp"))
    assert both is not None
    assert both.access_token == Secret("later")
    assert both.identity != found.identity


@pytest.mark.parametrize(
    "changes",
    [
        {"startUrl": "https://other.awsapps.com/start"},
        {"region": "us-east-1"},
        {"accessToken": None},
        {"accessToken": 1},
        {"accessToken": ""},
        {"expiresAt": "tomorrow"},
        {"expiresAt": "2026-01-01T01:00:00"},
        {"startUrl": None},
    ],
)
def test_what_is_no_token_of_this_portal_is_passed_over(tmp_path: Path, changes: dict[str, object]) -> None:
    leave(tmp_path, "corp", **changes)
    assert read_aws_cache(tmp_path, session("corp")) is None


@pytest.mark.parametrize("text", ["", "[]", "{", "[" * 100_000, "\udcff"])
def test_a_file_that_is_something_else_is_passed_over(tmp_path: Path, text: str) -> None:
    leave(tmp_path, "corp").write_text(text, errors="surrogateescape")
    assert read_aws_cache(tmp_path, session("corp")) is None


@pytest.mark.parametrize("mode", [0o660, 0o602])
def test_a_token_that_others_could_have_written_is_not_used(tmp_path: Path, mode: int) -> None:
    leave(tmp_path, "corp").chmod(mode)
    assert read_aws_cache(tmp_path, session("corp")) is None


def test_only_the_token_that_was_left_for_a_child_is_removed(tmp_path: Path) -> None:
    path = leave(tmp_path, "corp")
    remove_from_aws_cache(tmp_path, session("corp"), AccessToken(access_token=Secret("other"), expires=START))
    assert path.exists()
    remove_from_aws_cache(tmp_path, session("corp"), AccessToken(access_token=Secret("access"), expires=START))
    assert not path.exists()
    remove_from_aws_cache(tmp_path, session("corp"), AccessToken(access_token=Secret("access"), expires=START))
