"""The uniform API as a program uses it, over the strict local AWS."""

from __future__ import annotations

import os
import threading
from datetime import timedelta
from pathlib import Path

import pytest

import pyvault
from fake_aws.client import FakeAws
from pyvault.backend import Question
from pyvault.errors import InputRequiredError, ItemNotFoundError, ProfileNotFoundError
from pyvault.secret import Secret


@pytest.fixture
def environ(fake_aws: FakeAws, private_home: Path) -> dict[str, str]:
    return {
        **os.environ,
        "AWS_ENDPOINT_URL": fake_aws.url,
        "AWS_CONFIG_FILE": str(private_home / "config"),
        "PYVAULT_PASSPHRASE": "correct horse",
        "PYVAULT_KDF": "min",
    }


@pytest.fixture(params=["memory", "file"])
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, object]:
    name = str(request.param)
    options = {"name": str(tmp_path)} if name == "memory" else {"path": str(tmp_path / "team.pyv")}
    return {"backend": name, "options": options}


def opened(environ: dict[str, str], backend: dict[str, object], **more: object) -> pyvault.CredentialVault:
    return pyvault.open_vault(environ=environ, **backend, **more)  # type: ignore[arg-type]  # a table of arguments


def store(vault: pyvault.CredentialVault, fake_aws: FakeAws, profile: str, user: str) -> None:
    pair = fake_aws.key(user)
    vault.put(profile, access_key_id=pair.access_key_id, secret_access_key=Secret(pair.secret_access_key))


def test_stored_credentials_come_and_go(environ: dict[str, str], backend: dict[str, object], fake_aws: FakeAws) -> None:
    with opened(environ, backend) as vault:
        assert vault.profiles() == []
        store(vault, fake_aws, "b", "demo")
        store(vault, fake_aws, "a", "demo")
    with opened(environ, backend) as vault:
        assert vault.profiles() == ["a", "b"]
        assert vault.get("a").access_key_id == fake_aws.key("demo").access_key_id
        vault.delete("a")
        with pytest.raises(ItemNotFoundError):
            vault.get("a")
        with pytest.raises(ItemNotFoundError):
            vault.delete("a")


def test_credentials_are_kept_between_two_programs(
    environ: dict[str, str], backend: dict[str, object], fake_aws: FakeAws
) -> None:
    with opened(environ, backend) as vault:
        store(vault, fake_aws, "demo", "demo")
        first = vault.credentials("demo")
    with opened(environ, backend) as vault:
        assert vault.credentials("demo") == first
        assert vault.credentials("demo", refresh=True).access_key_id != first.access_key_id
        assert vault.credentials("demo", no_session=True).session_token is None
    assert fake_aws.ops() == ["sts.GetSessionToken"] * 2


def test_deleting_a_pair_drops_its_sessions(
    environ: dict[str, str], backend: dict[str, object], fake_aws: FakeAws
) -> None:
    with opened(environ, backend) as vault:
        store(vault, fake_aws, "demo", "demo")
        vault.credentials("demo")
        vault.delete("demo")
        store(vault, fake_aws, "demo", "demo")
        vault.credentials("demo")
    assert fake_aws.ops() == ["sts.GetSessionToken"] * 2


def test_a_role_with_mfa_region_and_duration(
    environ: dict[str, str], backend: dict[str, object], fake_aws: FakeAws, private_home: Path
) -> None:
    serial = fake_aws.mfa_serial("mfa-user")
    (private_home / "config").write_text(
        f"[profile prod]\nsource_profile = me\nrole_arn = {fake_aws.role_arn('admin')}\nmfa_serial = {serial}\n"
    )
    with opened(environ, backend) as vault:
        store(vault, fake_aws, "me", "mfa-user")
        with pytest.raises(InputRequiredError, match="MFA code"):
            vault.credentials("prod")
        code = Secret(fake_aws.totp("mfa-user"))
        got = vault.credentials("prod", mfa_code=code, duration=timedelta(hours=2), region="eu-central-1")
    assert got.role_arn == fake_aws.role_arn("admin")
    assert fake_aws.calls("AssumeRole")[-1]["params"]["DurationSeconds"] == "7200"


def test_ask_gives_passphrase_and_code(
    environ: dict[str, str], fake_aws: FakeAws, tmp_path: Path, private_home: Path
) -> None:
    (private_home / "config").write_text(f"[profile me]\nmfa_serial = {fake_aws.mfa_serial('mfa-user')}\n")
    asked: list[str] = []

    def ask(question: Question) -> Secret[str]:
        asked.append(question.key)
        return Secret(fake_aws.totp("mfa-user") if question.key == "mfa-code" else "correct horse")

    backend: dict[str, object] = {"backend": "file", "options": {"path": str(tmp_path / "v.pyv")}}
    with opened(environ, backend, ask=ask) as vault:
        store(vault, fake_aws, "me", "mfa-user")
        vault.credentials("me")
    assert asked == ["new-passphrase", "mfa-code"]


def test_an_unknown_profile_is_named(environ: dict[str, str], backend: dict[str, object]) -> None:
    with opened(environ, backend) as vault, pytest.raises(ProfileNotFoundError, match="'nobody'"):
        vault.credentials("nobody")


def test_a_boto3_session_signs_as_the_profile(
    environ: dict[str, str], backend: dict[str, object], fake_aws: FakeAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", fake_aws.url)
    monkeypatch.setenv("AWS_PROFILE", "only-pyvault-knows-it")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAOTHEROTHEROTHER0")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "other")
    with opened(environ | {"AWS_REGION": "eu-west-1"}, backend) as vault:
        store(vault, fake_aws, "demo", "demo")
        session = vault.boto3_session("demo")
        assert session.region_name == "eu-west-1"
        assert session.client("sts").get_caller_identity()["Arn"].endswith(":user/demo")
        assert len(session.client("s3").list_buckets()["Buckets"]) == 2


def test_a_boto3_session_renews_itself_from_many_threads_with_one_call(
    environ: dict[str, str], backend: dict[str, object], fake_aws: FakeAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", fake_aws.url)
    # Sessions of two seconds: each answer is already inside the window in which a new one is wanted.
    fake_aws.enlarge({"settings": {"max_lifetime_s": 5}})
    with opened(environ | {"AWS_MIN_TTL": "3s", "AWS_REGION": "eu-west-1"}, backend) as vault:
        store(vault, fake_aws, "demo", "demo")
        client = vault.boto3_session("demo").client("sts")
        fake_aws.clear_calls()
        pause = threading.Event()
        for _ in range(100):
            client.get_caller_identity()
            if "sts.GetSessionToken" in fake_aws.ops():
                break
            pause.wait(0.1)
        keys = {call["access_key_id"] for call in fake_aws.calls("GetCallerIdentity")}
        assert len(keys) == 2
        assert fake_aws.ops().count("sts.GetSessionToken") == 1


def test_a_pair_that_does_not_expire_makes_a_session_too(
    environ: dict[str, str], backend: dict[str, object], fake_aws: FakeAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", fake_aws.url)
    with opened(environ, backend) as vault:
        store(vault, fake_aws, "demo", "demo")
        session = vault.boto3_session("demo", no_session=True, region="eu-west-1")
        assert session.client("sts").get_caller_identity()["Arn"].endswith(":user/demo")
    assert fake_aws.ops() == ["sts.GetCallerIdentity"]
