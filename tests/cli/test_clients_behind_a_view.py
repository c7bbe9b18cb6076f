"""Real clients, unmodified, beside a server, where ``[default]`` of their files has keys of its own."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from clients.table import ARN, CLIENTS, Client
from command_line import Environ, Pyvault
from fake_aws.client import REGION, FakeAws

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the keeper needs pidfd")

SERVED = ("AWS CLI v1", "boto3", "JavaScript v3", "Go v1", "Go v2")
#: Those that find AWS_ENDPOINT_URL also when they assume a role themselves.
ASSUMING = ("AWS CLI v1", "boto3", "JavaScript v3")


def named(names: tuple[str, ...]) -> list[object]:
    mine = [client for client in CLIENTS if client.name in names]
    missing = pytest.mark.skip(reason="is not here")
    return [pytest.param(each, id=each.name, marks=[] if each.is_here else [missing]) for each in mine]


@pytest.fixture
def env(variables: Environ, fake_aws: FakeAws, tmp_path: Path) -> Environ:
    """A vault with demo's key and role reader; demo's key stands in [default] of the credentials file too."""
    key = fake_aws.demo_key()
    with (tmp_path / ".aws" / "config").open("a") as config:
        config.write(
            f"[default]\nregion = {REGION}\n[profile partner]\nregion = {REGION}\nsource_profile = default\n"
            f"role_arn = {fake_aws.role_arn('partner')}\nexternal_id = partner-42\n"
        )
    (tmp_path / ".aws" / "credentials").write_text(
        f"[default]\naws_access_key_id = {key.access_key_id}\naws_secret_access_key = {key.secret_access_key}\n"
    )
    (tmp_path / "run").mkdir(mode=0o700)
    return {
        **variables,
        "XDG_RUNTIME_DIR": str(tmp_path / "run"),
        "AWS_ENDPOINT_URL": fake_aws.url,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


@pytest.mark.parametrize("client", named(SERVED))
def test_who_names_no_profile_is_whom_the_server_says(pyvault: Pyvault, env: Environ, client: Client) -> None:
    command = ("reader", "--", *client.words)
    refused = pyvault("exec", "-s", *command, env=env)
    assert (refused.code, "line 2, [default]" in refused.err) == (5, True)
    hidden = pyvault("exec", "-s", "--hide-shared-config", *command, env=env)
    assert ARN in hidden.out, hidden.err


@pytest.mark.parametrize("client", named(ASSUMING))
@pytest.mark.parametrize("mode", [("-s",), ()], ids=["server", "plain"])
def test_who_names_a_profile_gets_what_it_is(
    pyvault: Pyvault, env: Environ, client: Client, mode: tuple[str, ...]
) -> None:
    # Keys in the environment win over AWS_PROFILE in most clients.
    unset = [word for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN") for word in ("-u", f"AWS_{name}")]
    words = ["env", *unset, "AWS_PROFILE=partner", *client.words]
    ended = pyvault("exec", *mode, "--hide-shared-config", "reader", "--", *words, env=env)
    assert ":assumed-role/partner/" in ended.out, ended.err
