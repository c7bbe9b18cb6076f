"""Keys that change under a program: verified, rotated, dead before their time; over the strict local AWS."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import botocore.session
import pytest
from botocore.exceptions import CredentialRetrievalError

import pyvault
from fake_aws.client import REGION, FakeAws
from pyvault.errors import (
    AwsError,
    ConflictError,
    CredentialsError,
    InputRequiredError,
    ItemNotFoundError,
    LockTimeoutError,
    VaultClosedError,
)
from pyvault.secret import Secret


@pytest.fixture
def environ(fake_aws: FakeAws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    monkeypatch.setenv("AWS_ENDPOINT_URL", fake_aws.url)  # clients of boto3 read it themselves
    home = tmp_path / "own"
    home.mkdir()
    return {"HOME": str(home), "AWS_ENDPOINT_URL": fake_aws.url, "AWS_REGION": REGION, "PATH": os.environ["PATH"]}


@pytest.fixture(params=["memory", "file"])
def vault(
    request: pytest.FixtureRequest, environ: dict[str, str], fake_aws: FakeAws, tmp_path: Path
) -> Iterator[pyvault.CredentialVault]:
    if request.param == "file":
        opened = pyvault.create_vault(tmp_path / "v.pyv", keyfile=tmp_path / "k", environ=environ)
    else:
        opened = pyvault.open_vault("memory", options={"name": str(tmp_path)}, environ=environ)
    with opened as vault:
        store(vault, fake_aws, "demo")
        yield vault


def store(vault: pyvault.CredentialVault, fake_aws: FakeAws, user: str, **how: bool) -> None:
    pair = fake_aws.key(user)
    vault.put(user, access_key_id=pair.access_key_id, secret_access_key=Secret(pair.secret_access_key), **how)


def test_a_pair_is_verified_before_it_is_stored(vault: pyvault.CredentialVault, fake_aws: FakeAws) -> None:
    store(vault, fake_aws, "demo", verify=True)
    assert fake_aws.ops() == ["sts.GetCallerIdentity"]
    before = vault.get("demo")
    with pytest.raises(AwsError) as caught:
        vault.put("demo", access_key_id="AKIAIOSFODNN7EXAMPLE", secret_access_key=Secret("x" * 40), verify=True)
    assert vault.get("demo") == before
    assert "--" not in str(caught.value.hint)


def test_listing_and_planning_tell_of_sessions(vault: pyvault.CredentialVault, fake_aws: FakeAws) -> None:
    assert vault.plan("demo").steps[-1].cached == "miss"
    got = vault.credentials("demo")
    (listed,) = vault.list()
    assert (listed.profile, listed.has_pair, listed.source, listed.mfa_serial) == ("demo", True, "stored", None)
    assert listed.created == vault.get("demo").created
    assert [(each.operation, each.expires) for each in listed.sessions] == [("sts.GetSessionToken", got.expires)]
    plan = vault.plan("demo")
    assert (plan.steps[-1].cached, plan.steps[-1].expires) == ("hit", got.expires)
    assert "in the cache until" in str(plan)
    assert fake_aws.ops() == ["sts.GetSessionToken"]
    assert (vault.clear_sessions("other"), vault.clear_sessions("demo"), vault.clear_sessions()) == (0, 1, 0)
    assert vault.list()[0].sessions == ()


def test_what_it_plans_is_what_explain_prints(environ: dict[str, str], tmp_path: Path, fake_aws: FakeAws) -> None:
    options = {"path": str(tmp_path / "v.pyv"), "keyfile": str(tmp_path / "k")}
    with pyvault.create_vault(options["path"], keyfile=options["keyfile"], environ=environ) as vault:
        store(vault, fake_aws, "demo")
        text = vault.plan("demo").text
    shown = subprocess.run(
        [sys.executable, "-m", "pyvault_cli", "explain", "demo"],
        env={
            **environ,
            "PYVAULT_FILE": options["path"],
            "PYVAULT_KEYFILE": options["keyfile"],
            "PYVAULT_BACKEND": "file",
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout == text


def test_a_rotation_is_followed_by_every_session(vault: pyvault.CredentialVault, fake_aws: FakeAws) -> None:
    plain = vault.boto3_session("demo", no_session=True).client("sts")
    session = vault.boto3_session("demo").client("sts")
    before = vault.get("demo").access_key_id
    for client in (plain, session):
        client.get_caller_identity()
    after = vault.rotate("demo")
    assert after == vault.get("demo")
    assert after.access_key_id != before
    for client in (plain, session):
        assert client.get_caller_identity()["Arn"].endswith(":user/demo")
    assert vault.credentials("demo").session_token is not None


def test_a_pair_replaced_by_another_process_is_followed(
    environ: dict[str, str], fake_aws: FakeAws, tmp_path: Path
) -> None:
    options = {"path": str(tmp_path / "v.pyv"), "keyfile": str(tmp_path / "k")}
    with pyvault.create_vault(options["path"], keyfile=options["keyfile"], environ=environ) as vault:
        store(vault, fake_aws, "demo")
        client = vault.boto3_session("demo", no_session=True).client("sts")
        client.get_caller_identity()
        rotated = subprocess.run(
            [sys.executable, "-m", "pyvault_cli", "rotate", "demo"],
            env={**environ, "PYVAULT_FILE": options["path"], "PYVAULT_KEYFILE": options["keyfile"]},
            capture_output=True,
            text=True,
            check=False,
        )
        assert rotated.returncode == 0, rotated.stderr
        assert client.get_caller_identity()["Arn"].endswith(":user/demo")


def test_abandoning_what_is_not_under_way(vault: pyvault.CredentialVault) -> None:
    with pytest.raises(ItemNotFoundError, match="no rotation"):
        vault.rotate("demo", abort=True)


def test_an_interrupted_rotation_is_resumed_and_protected(vault: pyvault.CredentialVault, fake_aws: FakeAws) -> None:
    fake_aws.fault("iam.DeleteAccessKey", "error", status=403)
    with pytest.raises(CredentialsError) as caught:
        vault.rotate("demo")
    assert "vault.rotate('demo')" in str(caught.value.hint)
    fake_aws.clear_faults()
    before = vault.get("demo")  # the new one, as far as it came
    with pytest.raises(ConflictError, match="rotation"):
        store(vault, fake_aws, "demo")
    assert vault.rotate("demo") == before
    with pytest.raises(ItemNotFoundError, match="no rotation"):
        vault.rotate("demo", abort=True)


def test_one_rotation_at_a_time(vault: pyvault.CredentialVault, environ: dict[str, str]) -> None:
    from pyvault.rotation.preparation import only_rotation

    locks = Path(environ["HOME"], ".local", "state", "pyvault", "locks")
    with only_rotation("demo", locks), pytest.raises(LockTimeoutError, match="rotation of 'demo'"):
        vault.rotate("demo")


def test_a_session_whose_keys_died_early_is_replaced(vault: pyvault.CredentialVault, fake_aws: FakeAws) -> None:
    session = vault.boto3_session("demo")
    client = session.client("sts")
    first = vault.credentials("demo")
    fake_aws.revoke(first.access_key_id)
    with pytest.raises(client.exceptions.ClientError):
        client.get_caller_identity()
    vault.invalidate("demo")
    assert client.get_caller_identity()["Arn"].endswith(":user/demo")
    assert vault.credentials("demo").access_key_id == session.get_credentials().get_frozen_credentials().access_key
    assert fake_aws.ops().count("sts.GetSessionToken") == 2


def test_what_can_not_be_renewed_is_botocore_s_error_with_ours_as_its_cause(
    vault: pyvault.CredentialVault, fake_aws: FakeAws
) -> None:
    client = vault.boto3_session("demo").client("sts")
    fake_aws.fault("sts.GetSessionToken", "error", status=403)
    vault.invalidate("demo")
    with pytest.raises(CredentialRetrievalError, match="pyvault") as caught:
        client.get_caller_identity()
    assert isinstance(caught.value.__cause__, AwsError)
    fake_aws.clear_faults()
    assert client.get_caller_identity()["Arn"].endswith(":user/demo")


def test_after_close_a_session_can_not_renew_itself(vault: pyvault.CredentialVault) -> None:
    session = vault.boto3_session("demo")
    client = session.client("sts")
    vault.invalidate("demo")
    vault.close()
    with pytest.raises(CredentialRetrievalError) as caught:
        client.get_caller_identity()
    assert isinstance(caught.value.__cause__, VaultClosedError)


def test_a_stored_authenticator_answers_for_codes(
    vault: pyvault.CredentialVault, fake_aws: FakeAws, environ: dict[str, str]
) -> None:
    folder = Path(environ["HOME"], ".aws")
    folder.mkdir()
    (folder / "config").write_text(f"[profile mfa-user]\nmfa_serial = {fake_aws.mfa_serial('mfa-user')}\n")
    store(vault, fake_aws, "mfa-user")
    with pytest.raises(InputRequiredError) as caught:
        vault.credentials("mfa-user")
    assert "mfa_code=" in str(caught.value.hint)
    assert "--" not in str(caught.value.hint)
    secret = str(fake_aws.world()["users"]["mfa-user"]["totp_secret"])
    vault.put_totp("mfa-user", secret=Secret(secret))
    assert len(vault.totp("mfa-user")) == 6
    assert vault.credentials("mfa-user").session_token is not None
    (listed,) = [each for each in vault.list() if each.profile == "mfa-user"]
    assert listed.mfa_serial == fake_aws.mfa_serial("mfa-user")


def test_credentials_in_the_forms_that_others_read(vault: pyvault.CredentialVault, fake_aws: FakeAws) -> None:
    got = vault.credentials("demo")
    session = botocore.session.Session()
    session._credentials = got.as_botocore()
    client = session.create_client("sts", region_name=REGION, endpoint_url=fake_aws.url)
    assert client.get_caller_identity()["Arn"].endswith(":user/demo")
    assert got.env()["AWS_ACCESS_KEY_ID"] == got.access_key_id
    assert got.secret_access_key.reveal() in got.to_json()
    assert got.secret_access_key.reveal() not in repr(got)


def test_a_session_of_a_given_environment_has_its_region(
    environ: dict[str, str], tmp_path: Path, fake_aws: FakeAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "ap-south-1")
    monkeypatch.setenv("AWS_REGION", "ap-south-1")
    del environ["AWS_REGION"]
    with pyvault.open_vault("memory", options={"name": str(tmp_path)}, environ=environ) as vault:
        store(vault, fake_aws, "demo")
        assert vault.boto3_session("demo", no_session=True).region_name is None
