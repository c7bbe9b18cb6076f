"""The real AWS CLI against the fake."""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from fake_aws.client import FakeAws
from fake_aws.demo_world import ACCOUNT, START_URL

AWS = Path(sys.executable).with_name("aws")


def aws(environ: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([AWS, *words], env={**os.environ, **environ}, capture_output=True, text=True, check=False)


def test_it_lists_buckets_and_knows_who_it_is(fake_aws: FakeAws) -> None:
    environ = fake_aws.environ("demo")
    assert [line.split()[-1] for line in aws(environ, "s3", "ls").stdout.splitlines()] == ["demo-logs", "demo-photos"]
    identity = json.loads(aws(environ, "sts", "get-caller-identity").stdout)
    assert identity["Arn"] == "arn:aws:iam::123456789012:user/demo"


def test_it_shows_a_refusal_as_awss(fake_aws: FakeAws) -> None:
    serial = fake_aws.mfa_serial("mfa-user")
    words = ("sts", "get-session-token", "--serial-number", serial, "--token-code", "000000")
    result = aws(fake_aws.environ("mfa-user"), *words)
    assert result.returncode != 0
    assert "(AccessDenied) when calling the GetSessionToken operation: MultiFactorAuthentication" in result.stderr


def test_its_own_role_profiles_work(fake_aws: FakeAws, private_home: Path) -> None:
    key = fake_aws.key("demo")
    folder = private_home / ".aws"
    folder.mkdir()
    (folder / "config").write_text(
        f"""[profile base]
aws_access_key_id = {key.access_key_id}
aws_secret_access_key = {key.secret_access_key}
[profile first]
source_profile = base
role_arn = {fake_aws.role_arn("r1")}
[profile second]
source_profile = first
role_arn = {fake_aws.role_arn("r2")}
""",
        encoding="utf-8",
    )
    result = aws(fake_aws.environ(), "--profile", "second", "sts", "get-caller-identity", "--query", "Arn")
    assert ":assumed-role/r2/" in result.stdout
    assert fake_aws.ops() == ["sts.AssumeRole", "sts.AssumeRole", "sts.GetCallerIdentity"]


@pytest.mark.parametrize("words", [("iam", "list-access-keys"), ("iam", "get-user")])
def test_it_reads_iams_answers(fake_aws: FakeAws, words: tuple[str, ...]) -> None:
    answer: dict[str, Any] = json.loads(aws(fake_aws.environ("demo"), *words).stdout)
    assert "demo" in json.dumps(answer)


def test_its_own_sso_profiles_refresh_and_work(fake_aws: FakeAws, boto: Any, private_home: Path) -> None:
    """The CLI finds a token that is about to end, refreshes it here, and gets its role."""
    oidc = boto("sso-oidc")
    client = oidc.register_client(clientName="test", clientType="public", scopes=["sso:account:access"])
    known = {"clientId": client["clientId"], "clientSecret": client["clientSecret"]}
    device = oidc.start_device_authorization(startUrl=START_URL, **known)
    open_page(device["verificationUriComplete"])
    grant = "urn:ietf:params:oauth:grant-type:device_code"
    token = oidc.create_token(grantType=grant, deviceCode=device["deviceCode"], **known)
    cache = private_home / ".aws" / "sso" / "cache"
    cache.mkdir(parents=True)
    record = {
        "startUrl": START_URL,
        "region": "eu-west-1",
        "accessToken": token["accessToken"],
        "refreshToken": token["refreshToken"],
        "expiresAt": datetime.fromtimestamp(fake_aws.now() + 60, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "registrationExpiresAt": "2999-01-01T00:00:00Z",
        **known,
    }
    (cache / f"{hashlib.sha1(b'corp', usedforsecurity=False).hexdigest()}.json").write_text(json.dumps(record))
    (private_home / ".aws" / "config").write_text(
        f"""[profile dev]
sso_session = corp
sso_account_id = {ACCOUNT}
sso_role_name = ReadOnly
[sso-session corp]
sso_start_url = {START_URL}
sso_region = eu-west-1
sso_registration_scopes = sso:account:access
""",
        encoding="utf-8",
    )
    fake_aws.clear_calls()
    result = aws(fake_aws.environ(), "--profile", "dev", "sts", "get-caller-identity", "--query", "Arn")
    assert "assumed-role/AWSReservedSSO_ReadOnly_" in result.stdout
    assert fake_aws.ops() == ["sso-oidc.CreateToken", "sso.GetRoleCredentials", "sts.GetCallerIdentity"]


def open_page(url: str) -> None:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=10)
    connection.request("GET", f"{parts.path}?{parts.query}")
    assert connection.getresponse().status == 200
    connection.close()
