"""The fixture ``pyvault.testing.vault``, as the tests of somebody's program ask for it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

import pyvault
from fake_aws.client import FakeAws
from pyvault.errors import AwsUnreachableError
from pyvault.testing import vault

__all__ = ["vault"]
KEY = pyvault.Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")


@pytest.fixture(autouse=True)
def developer(monkeypatch: pytest.MonkeyPatch, private_home: Path) -> Path:
    """What a developer has: real files, keys, an endpoint and a vault."""
    (private_home / ".aws").mkdir()
    (private_home / ".aws" / "config").write_text("[profile prod]\nregion = eu-west-1\n")
    for name, value in {
        "AWS_ACCESS_KEY_ID": "AKIAREALREALREALREAL",
        "AWS_SECRET_ACCESS_KEY": "real",
        "AWS_PROFILE": "prod",
        "AWS_ENDPOINT_URL": "https://vpce.example.com",
        "AWS_ENDPOINT_URL_S3": "https://s3.example.com",
        "PYVAULT_BACKEND": "file",
    }.items():
        monkeypatch.setenv(name, value)
    return private_home


def test_a_test_has_a_home_and_a_store_of_its_own(developer: Path, vault: pyvault.CredentialVault) -> None:
    assert vault.profiles() == []
    vault.put("ci", access_key_id="AKIAIOSFODNN7EXAMPLE", secret_access_key=KEY)
    with pyvault.open_vault() as again:  # what the code under test does
        assert again.profiles() == ["ci"]
    assert Path.home() != developer
    assert "prod" not in boto3.Session().available_profiles
    assert "AWS_ACCESS_KEY_ID" not in os.environ
    assert "AWS_ENDPOINT_URL_S3" not in os.environ


def test_another_test_has_another_store(vault: pyvault.CredentialVault) -> None:
    assert vault.profiles() == []


def test_nobody_can_call_the_real_aws(vault: pyvault.CredentialVault, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    vault.put("ci", access_key_id="AKIAIOSFODNN7EXAMPLE", secret_access_key=KEY)
    with pytest.raises(AwsUnreachableError):
        vault.credentials("ci")
    client = vault.boto3_session("ci", no_session=True).client("s3")
    assert client.meta.endpoint_url.startswith("http://127.0.0.1:")


@pytest.fixture
def stand_in(fake_aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> FakeAws:
    monkeypatch.setenv("AWS_ENDPOINT_URL", fake_aws.url)
    return fake_aws


def test_a_stand_in_on_this_machine_stays_and_boto3_finds_the_vault(
    stand_in: FakeAws, vault: pyvault.CredentialVault
) -> None:
    pair = stand_in.key("demo")
    vault.put("default", access_key_id=pair.access_key_id, secret_access_key=pyvault.Secret(pair.secret_access_key))
    pyvault.install()
    assert boto3.client("sts").get_caller_identity()["Arn"].endswith(":user/demo")


def test_what_a_test_has_installed_is_gone(vault: pyvault.CredentialVault) -> None:
    vault.put("default", access_key_id="AKIAIOSFODNN7EXAMPLE", secret_access_key=KEY)
    assert boto3.Session().get_credentials() is None


@pytest.fixture
def program() -> Iterator[pyvault.Installation]:
    """A module of the program that installs pyvault when it is imported: once, before the first test."""
    installed = pyvault.install()
    yield installed
    installed.uninstall()


@pytest.mark.parametrize("turn", [1, 2])
def test_what_the_program_installs_at_its_import_has_the_store_of_each_test(
    program: pyvault.Installation, stand_in: FakeAws, vault: pyvault.CredentialVault, turn: int
) -> None:
    pair = stand_in.key("demo")
    vault.put("default", access_key_id=pair.access_key_id, secret_access_key=pyvault.Secret(pair.secret_access_key))
    assert boto3.Session().client("sts").get_caller_identity()["Arn"].endswith(":user/demo")
    assert vault.profiles() == ["default"]
