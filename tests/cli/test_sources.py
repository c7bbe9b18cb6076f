"""Whose credentials a profile has, as a person sees it: explained, and refused by name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from command_line import Environ, Pyvault

LOGIN = "[profile console]\nregion = us-east-1\nlogin_session = arn:aws:iam::222222222222:user/me\n"


def aws_files(home: Path, config: str, credentials: str = "") -> None:
    (home / ".aws").mkdir()
    (home / ".aws" / "config").write_text(config)
    (home / ".aws" / "credentials").write_text(credentials)


def test_explain_names_the_file_and_line_of_a_setting(tmp_path: Path, pyvault: Pyvault) -> None:
    aws_files(tmp_path, "[profile gov]\nregion = us-east-1\n", "[gov]\nregion = us-gov-west-1\n")
    shown = json.loads(pyvault("explain", "gov", "--json", "--assume-stored", "gov").out)
    assert shown["settings"]["region"] == {"value": "us-gov-west-1", "from": "profile gov"}
    assert shown["places"]["region"] == {"file": str(tmp_path / ".aws" / "credentials"), "line": 2}
    assert shown["steps"][1]["region"] == "us-gov-west-1"
    drawn = pyvault("explain", "gov", "--assume-stored", "gov").out
    assert f'us-gov-west-1  (profile gov), "{tmp_path}/.aws/credentials", line 2' in drawn


def test_explain_lists_what_is_passed_over(tmp_path: Path, pyvault: Pyvault) -> None:
    config = "[default]\ncredential_process = corp-creds\n[profile pod]\ncredential_source = EcsContainer\n"
    aws_files(tmp_path, config)
    shown = json.loads(pyvault("explain", "pod", "--json", "--assume-none").out)
    assert [step["op"] for step in shown["steps"]] == ["credential_source"]
    why = "profile 'pod' has its own source: credential_source"
    assert shown["passed_over"] == [
        {"profile": "pod", "setting": "credential_process", "from": "[default]", "why": why}
    ]
    assert shown["exposes_long_term_credentials"] == "unknown"
    drawn = pyvault("explain", "pod", "--assume-none").out
    assert f'\nnot used\n   "{tmp_path}/.aws/config", line 2: credential_process of [default]: {why}\n' in drawn


@pytest.mark.parametrize(
    "words",
    [
        *(("exec", "console", "--", "true"), ("export", "console"), ("exec", "app", "--", "true")),
        *(("exec", "-s", "--hide-shared-config", "console", "--", "true"), ("server", "console")),
        ("login", "console", "--stdout"),
    ],
    ids=" ".join,
)
def test_a_console_sign_in_is_asked_for_by_name_and_never_a_key(
    tmp_path: Path, pyvault: Pyvault, keyed: Environ, words: tuple[str, ...]
) -> None:
    app = "[profile app]\nrole_arn = arn:aws:iam::111111111111:role/app\nsource_profile = console\n"
    aws_files(tmp_path, f"[default]\ncredential_process = corp-creds\n{LOGIN}{app}")
    ended = pyvault("--no-input", *words, env=keyed)
    assert ended.code == 4, ended.err
    assert "nobody is signed in as arn:aws:iam::222222222222:user/me" in ended.err
    assert "run: pyvault login-session console" in ended.err
    assert "pyvault add" not in ended.err


def test_exec_knows_what_explain_can_not(tmp_path: Path, pyvault: Pyvault, keyed: Environ) -> None:
    answer = '{"Version":1,"AccessKeyId":"AKIAVENDOR0000000001","SecretAccessKey":"s"%s}'
    static, temporary = answer % "", answer % ',"SessionToken":"t"'
    aws_files(
        tmp_path,
        f"[profile static]\ncredential_process = echo '{static}'\n"
        f"[profile temporary]\ncredential_process = echo '{temporary}'\n",
    )
    said = "profile 'static' gives long-lived keys"
    assert said in pyvault("--debug", "exec", "static", "--", "true", env=keyed).err
    assert "long-lived" not in pyvault("--debug", "exec", "temporary", "--", "true", env=keyed).err


def test_doctor_takes_no_role_of_the_vault_for_one_without_a_source(
    tmp_path: Path, pyvault: Pyvault, keyed: Environ
) -> None:
    aws_files(tmp_path, "[profile app]\nregion = eu-west-1\nrole_arn = arn:aws:iam::111111111111:role/app\n")
    pod = {"AWS_WEB_IDENTITY_TOKEN_FILE": "/token", "AWS_ROLE_ARN": "arn:aws:iam::1:role/runner"}
    assert "has no source" not in pyvault("doctor", env={**keyed, **pod}).out
    assert "has no source" in pyvault("exec", "app", "--", "true", env={**keyed, **pod}).err
