"""Whose credentials reach the bucket."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import engines
from command_line import Pyvault
from engines import Engine
from pyvault.errors import CredentialsError
from pyvault.vaultfile.file_options import VaultSettings

CONFIG = f"""\
[default]
aws_access_key_id = AKIAOFDEFAULT0000000
aws_secret_access_key = of-default
region = eu-west-3

[profile good]
credential_process = {sys.executable} command.py

[profile plain]
aws_access_key_id = {engines.ACCESS_KEY}
aws_secret_access_key = {engines.SECRET_KEY}

[profile on-default]
role_arn = arn:aws:iam::123456789012:role/r
source_profile = default

[profile empty]
region = eu-west-1

[profile broken]
credential_process = {sys.executable} -c "print('no')"
"""
COMMAND = f"""\
import json
print(json.dumps({{"Version": 1, "AccessKeyId": "{engines.ACCESS_KEY}", "SecretAccessKey": "{engines.SECRET_KEY}"}}))
"""
NOWHERE = {"AWS_EC2_METADATA_DISABLED": "true"}


def config(home: Path) -> dict[str, str]:
    (home / "command.py").write_text(COMMAND)
    (home / "config").write_text(CONFIG.replace("command.py", str(home / "command.py")))
    return {**NOWHERE, "AWS_CONFIG_FILE": str(home / "config"), "AWS_SHARED_CREDENTIALS_FILE": str(home / "none")}


def exists(url: str, engine: Engine, environ: dict[str, str], **options: str) -> bool:
    return VaultSettings.parse({"path": url, "endpoint_url": engine.url, **options}, environ).place.exists()


@pytest.mark.parametrize("profile", ["good", "plain"])
def test_a_profile_that_needs_no_vault(profile: str, engine: Engine, private_home: Path) -> None:
    assert not exists(engine.free_url(), engine, config(private_home), aws_profile=profile)


def test_the_environment(engine: Engine, private_home: Path) -> None:
    assert not exists(engine.free_url(), engine, {**config(private_home), **engines.credentials()})


@pytest.mark.parametrize("more", [{}, {"AWS_PROFILE": "plain", "AWS_DEFAULT_PROFILE": "plain"}])
def test_neither_default_nor_aws_profile_counts(more: dict[str, str], moto: Engine, private_home: Path) -> None:
    with pytest.raises(CredentialsError, match="the machine's own credentials were not found") as refused:
        exists(moto.free_url(), moto, {**config(private_home), **more})
    assert "aws_profile" in (refused.value.hint or "")


@pytest.mark.parametrize("profile", ["default", "on-default", "empty", "broken", "absent"])
def test_a_profile_without_credentials_of_its_own(profile: str, moto: Engine, private_home: Path) -> None:
    with pytest.raises(CredentialsError) as refused:
        exists(moto.free_url(), moto, config(private_home), aws_profile=profile)
    assert profile in refused.value.message
    assert "of-default" not in refused.value.message


def test_a_profile_that_needs_this_vault_is_no_endless_loop(moto: Engine, private_home: Path, pyvault: Pyvault) -> None:
    program = f"{sys.executable} -m pyvault_cli"
    (private_home / "config").write_text(f"[profile loop]\ncredential_process = {program} export loop --format json\n")
    env = {
        **NOWHERE,
        "AWS_CONFIG_FILE": str(private_home / "config"),
        "PYVAULT_BACKEND": "file",
        "PYVAULT_FILE": moto.free_url(),
        "PYVAULT_BACKEND_FILE__ENDPOINT_URL": moto.url,
        "PYVAULT_BACKEND_FILE__AWS_PROFILE": "loop",
    }
    ended = pyvault("list", env=env)
    assert ended.code == 6, ended.err
    assert "'loop'" in ended.err


@pytest.mark.slow
def test_wrong_keys_are_refused_by_name(private_home: Path, running: dict[str, Engine]) -> None:
    engines.need("seaweedfs")  # which looks at signatures
    if "seaweedfs" not in running:
        running["seaweedfs"] = Engine("seaweedfs")
    engine = running["seaweedfs"]
    from pyvault.errors import AwsError

    with pytest.raises(AwsError, match="SignatureDoesNotMatch") as refused:
        exists(engine.free_url(), engine, {**engines.credentials(), "AWS_SECRET_ACCESS_KEY": "another"})
    assert "another" not in refused.value.message
