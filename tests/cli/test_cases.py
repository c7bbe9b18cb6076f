"""The neutral cases about the command line: what it prints, its exit codes, the child's environment."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from cases import Case, cases_of
from command_line import Ended, Environ, Pyvault
from pyvault_cli.credentials.child_environment import child_environment

SERVER_WORDS = {"--ec2-server", "--ecs-server"}


Prepared = Callable[..., Ended]


@pytest.fixture
def prepared(pyvault: Pyvault, keyed: Environ, tmp_path: Path) -> Prepared:
    """Run ``pyvault`` for a case: its config, its variables, its stored keys, its temporary credentials."""

    def run(case: Case, *words: str) -> Ended:
        config = case.config
        given = case.options.get("credentials", {"AccessKeyID": "ABC", "SecretAccessKey": "XYZ"})
        lines = f"{given['AccessKeyID']}\n{given['SecretAccessKey']}\n".encode()
        env = {**keyed, "AWS_CONFIG_FILE": str(tmp_path / "config")}
        for name in {*case.stored, *case.options.get("keys", [])}:
            assert pyvault("add", name, "--stdin", "--no-verify", "--no-add-config", env=env, stdin=lines).code == 0
        if temporary := case.options.get("temporary_credentials"):
            document = {
                "Version": 1,
                "AccessKeyId": temporary["AccessKeyID"],
                "SecretAccessKey": temporary["SecretAccessKey"],
                "SessionToken": temporary["SessionToken"],
                "Expiration": temporary["Expires"],
            }
            (tmp_path / "answer.json").write_text(json.dumps(document))
            config += f"credential_process = cat '{tmp_path / 'answer.json'}'\n"
        (tmp_path / "config").write_text(config)
        return pyvault(*words, env={**env, **case.env})

    return run


def with_profile(case: Case) -> list[str]:
    """Give the words of a case, the profile among them."""
    words = list(case.options.get("args", []))
    return words if case.profile in words else [*words, case.profile]


@cases_of("cli_list")
def test_list(case: Case, prepared: Prepared) -> None:
    ended = prepared(case, "list", *case.options["args"])
    assert (ended.code, ended.out) == (0, case.expect["stdout"])


@cases_of("cli_export")
def test_export(case: Case, prepared: Prepared) -> None:
    ended = prepared(case, "export", *with_profile(case))
    assert (ended.code, ended.out, ended.err) == (0, case.expect["stdout"], "")


@cases_of("cli_add")
def test_add(case: Case, prepared: Prepared) -> None:
    ended = prepared(case, "add", *with_profile(case))
    assert ended.code == case.expect["exit_code"]
    assert all(text in ended.err for text in case.expect["stderr_contains"])


@cases_of("cli_error")
def test_errors(case: Case, prepared: Prepared) -> None:
    command = case.options["command"]
    no_session = ["--no-session"] if case.options.get("no_session") else []
    ended = prepared(case, command, *no_session, *with_profile(case))
    assert ended.code == case.expect["exit_code"], ended.err
    assert all(text in ended.err for text in case.expect["stderr_contains"])
    assert ended.out == ""


@cases_of("cli_exec")
def test_exec(case: Case, prepared: Prepared) -> None:
    if SERVER_WORDS & set(case.options["args"]):
        # The address of the EC2 server needs root; what the child is given does not depend on it.
        removed = ("AWS_EC2_METADATA_DISABLED",)
        variables = child_environment(case.env, profile=case.profile, region="eu-west-1", removed=removed)
    else:
        ended = prepared(case, "exec", *case.options["args"])
        assert ended.code == case.expect.get("exit_code", 0), ended.err
        assert ended.out == case.expect.get("stdout", ended.out)
        variables = {line.partition("=")[0]: line.partition("=")[2] for line in ended.out.splitlines()}
    for name, value in case.expect.get("child_env_set", {}).items():
        assert variables[name] == value
    assert not variables.keys() & set(case.expect.get("child_env_unset", []))
