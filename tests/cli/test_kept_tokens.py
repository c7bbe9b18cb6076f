"""A kept SSO token is shown by list as aws-vault shows it, and forgotten by clear."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from command_line import Environ, Pyvault, clean_environ
from pyvault.names import Kind
from pyvault.secret import Secret
from pyvault.sso.portal_lookup import find_session
from pyvault_cli.commandline.arguments import CommandLine
from pyvault_cli.context import Context

CONFIG = """
[sso-session portal]
sso_start_url = https://example.awsapps.com/start
sso_region = us-east-1

[profile named]
sso_session = portal
sso_account_id = 111122223333
sso_role_name = ReadOnly

[profile inline]
sso_start_url = https://inline.awsapps.com/start
sso_region = us-east-1
sso_account_id = 111122223333
sso_role_name = ReadOnly

[profile broken]
sso_session = nowhere

[profile other]
region = eu-west-1
"""


@pytest.fixture
def signed_in(keyed: Environ, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Environ:
    """Keep tokens of both portals."""
    (tmp_path / "config").write_text(CONFIG)
    env = {**keyed, "AWS_CONFIG_FILE": str(tmp_path / "config")}
    for name in os.environ:
        monkeypatch.delenv(name)
    environ = {**clean_environ(tmp_path), **{name: value for name, value in env.items() if value}}
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    with Context(CommandLine(), environ) as context:
        for profile in ("named", "inline"):
            portal = find_session(context.aws_config, profile, environ)
            context.sessions.put_blob(Kind.SSO_TOKEN, portal.key(), Secret(b"{}"))
    return env


def test_list_names_the_session_or_the_host(pyvault: Pyvault, signed_in: Environ) -> None:
    lines = [line.split() for line in pyvault("list", env=signed_in).out.splitlines()[2:]]
    assert lines == [
        ["named", "-", "oidc:portal"],
        ["inline", "-", "oidc:inline.awsapps.com"],
        ["broken", "-", "-"],
        ["other", "-", "-"],
    ]
    assert pyvault("list", "--sessions", env=signed_in).out == "oidc:portal\noidc:inline.awsapps.com\n"


@pytest.mark.parametrize(
    ("words", "left"),
    [(["named"], "oidc:inline.awsapps.com\n"), ([], ""), (["other"], "oidc:portal\noidc:inline.awsapps.com\n")],
)
def test_clear_forgets_them(pyvault: Pyvault, signed_in: Environ, words: list[str], left: str) -> None:
    assert pyvault("clear", *words, env=signed_in).code == 0
    assert pyvault("list", "--sessions", env=signed_in).out == left
