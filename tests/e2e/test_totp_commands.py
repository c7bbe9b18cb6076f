"""``add --totp``: a machine without a phone signs in with MFA, and nothing of the secret shows."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

import pexpect
import pytest

import starts
from command_line import PYVAULT, Ended, clean_environ
from fake_aws.client import FakeAws
from pyvault_cli import main


class Machine:
    """A home with a vault that a key file opens, and a user with an MFA device."""

    def __init__(self, aws: FakeAws, home: Path, capture: pytest.CaptureFixture[bytes]) -> None:
        self.capture = capture
        self.aws = aws
        self.home = home
        self.serial = aws.mfa_serial("mfa-user")
        self.secret = str(aws.world()["users"]["mfa-user"]["totp_secret"])
        key = aws.key("mfa-user")
        self.key = json.dumps({"AccessKeyId": key.access_key_id, "SecretAccessKey": key.secret_access_key})
        self.environ = {**clean_environ(home), **aws.environ(), "PYVAULT_KEYFILE": str(home / "keyfile")}
        keyfile = self.environ.pop("PYVAULT_KEYFILE")
        self.good("vault", "init", "--keyfile", keyfile)
        self.environ["PYVAULT_KEYFILE"] = keyfile

    def run(self, *words: str, stdin: str = "", env: dict[str, str] | None = None) -> Ended:
        environ = {**self.environ, **(env or {})}
        done = starts.run(
            [PYVAULT, *words],
            capture_output=True,
            check=False,
            timeout=90,
            input=stdin.encode(),
            start_new_session=True,
            env=environ,
        )
        return Ended(code=done.returncode, stdout=done.stdout, stderr=done.stderr)

    def inside(self, *words: str, stdin: str = "") -> Ended:
        """Run a command in this process, where botocore is imported already."""
        self.capture.readouterr()
        with pytest.MonkeyPatch.context() as patch:
            for name, value in self.environ.items():
                patch.setenv(name, value)
            patch.setattr("sys.stdin", io.StringIO(stdin))
            code = main.run(["--no-input", *words])
        shown = self.capture.readouterr()
        return Ended(code=code, stdout=shown.out, stderr=shown.err)

    def good(self, *words: str, stdin: str = "") -> Ended:
        ended = self.inside(*words, stdin=stdin)
        assert ended.code == 0, ended.err
        return ended

    def with_key(self) -> None:
        self.good("add", "ci", "--stdin", "--mfa-serial", self.serial, "--no-verify", stdin=self.key)


@pytest.fixture
def machine(fake_aws: FakeAws, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> Machine:
    return Machine(fake_aws, tmp_path, capfdbinary)


def test_a_stored_device_answers_without_a_person(machine: Machine) -> None:
    machine.with_key()
    assert machine.inside("export", "--format", "json", "ci").code == 4
    added = machine.good("add", "ci", "--totp-stdin", stdin=f"{machine.secret}\n")
    assert "whoever opens this vault now has both factors of 'ci'" in added.err
    shown = machine.run("--no-input", "exec", "ci", "--", "aws", "sts", "get-caller-identity")
    assert json.loads(shown.out)["Arn"].endswith("user/mfa-user")
    call = machine.aws.calls("GetSessionToken")[0]
    assert call["params"]["SerialNumber"] == machine.serial
    assert call["error"] is None


def test_an_otpauth_uri_typed_at_the_terminal_is_not_echoed(machine: Machine) -> None:
    machine.with_key()
    child = pexpect.spawn(str(PYVAULT), ["add", "ci", "--totp"], env=machine.environ, encoding="utf-8", timeout=60)
    child.expect("otpauth URI: ")
    child.sendline(f"otpauth://totp/AWS:me?secret={machine.secret}&issuer=AWS")
    child.expect("Added an MFA device")
    child.expect(pexpect.EOF)
    assert machine.secret not in str(child.before)
    child.close()
    assert child.exitstatus == 0
    machine.good("export", "ci")


def test_a_mistyped_code_is_asked_for_again_at_the_terminal(machine: Machine) -> None:
    machine.with_key()
    wide = (24, 200)  # no message is wrapped
    child = pexpect.spawn(
        str(PYVAULT), ["export", "ci"], env=machine.environ, encoding="utf-8", timeout=60, dimensions=wide
    )
    child.expect("Enter MFA code for .*: ")
    child.sendline("12345")
    child.expect("is not 6 digits")
    child.expect("Enter MFA code for .*: ")
    child.sendline("000000")
    child.expect("AWS refused the MFA code of .*; try again")
    child.expect("Enter MFA code for .*: ")
    child.sendline(machine.aws.fresh_totp("mfa-user"))
    child.expect("AWS_ACCESS_KEY_ID")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    assert [bool(call["error"]) for call in machine.aws.calls("GetSessionToken")] == [True, False]


def test_the_key_and_the_device_in_one_go(machine: Machine) -> None:
    key = machine.aws.key("mfa-user")
    child = pexpect.spawn(
        str(PYVAULT),
        ["add", "ci", "--totp", "--mfa-serial", machine.serial],
        env=machine.environ,
        encoding="utf-8",
        timeout=60,
    )
    child.expect("Access Key ID: ")
    child.sendline(key.access_key_id)
    child.expect("Secret Access Key: ")
    child.sendline(key.secret_access_key)
    child.expect("otpauth URI: ")
    child.sendline(machine.secret)
    child.expect("Added an MFA device")
    child.expect(pexpect.EOF)
    child.close()
    machine.good("export", "ci")


def test_a_role_that_wants_the_same_device_uses_it_too(machine: Machine) -> None:
    machine.with_key()
    machine.good("add", "ci", "--totp-stdin", stdin=machine.secret)
    config = machine.home / ".aws" / "config"
    config.write_text(
        config.read_text()
        + f"\n[profile admin]\nsource_profile = ci\nrole_arn = {machine.aws.role_arn('admin')}\nmfa_serial = {machine.serial}\n"
    )
    machine.good("export", "admin")
    assert [call["error"] for call in machine.aws.calls("AssumeRole")] == [None]


def test_a_mistyped_secret_leaves_nothing_behind(machine: Machine) -> None:
    machine.with_key()
    for wrong in (
        "not base32!",
        "otpauth://hotp/x?secret=" + machine.secret,
        f"otpauth://totp/x?secret={machine.secret}&digits=8",
        f"otpauth://totp/x?secret={machine.secret}&algorithm=SHA256",
        f"otpauth://totp/x?secret={machine.secret}&period=60",
        f"otpauth-migration://offline?data={machine.secret}",
    ):
        ended = machine.inside("add", "ci", "--totp-stdin", stdin=wrong)
        assert ended.code == 5
        assert machine.secret not in ended.err
    assert "totp" not in machine.good("vault", "entries").out


def test_a_device_is_replaced_only_when_somebody_says_so(machine: Machine) -> None:
    machine.with_key()
    machine.good("add", "ci", "--totp-stdin", stdin=machine.secret)
    assert machine.inside("add", "ci", "--totp-stdin", stdin=machine.secret).code == 4
    machine.good("add", "ci", "--totp-stdin", "--force", stdin=machine.secret)


def test_options_that_can_not_go_together(machine: Machine) -> None:
    assert machine.inside("add", "ci", "--stdin", "--totp-stdin").code == 2
    assert machine.inside("add", "ci", "--totp", "--totp-stdin").code == 2
    assert machine.inside("add", "ci", "--totp", "secret-in-argv").code == 2


def test_removing_the_credentials_removes_the_device(machine: Machine) -> None:
    machine.with_key()
    machine.good("add", "ci", "--totp-stdin", stdin=machine.secret)
    assert "MFA device" in machine.good("remove", "-f", "ci").err
    assert "totp" not in machine.good("vault", "entries").out


def test_the_secret_lies_nowhere_in_clear(machine: Machine) -> None:
    machine.with_key()
    machine.good("add", "ci", "--totp-stdin", stdin=machine.secret)
    machine.good("export", "ci")
    for path in machine.home.rglob("*"):
        if path.is_file():
            assert machine.secret.encode() not in path.read_bytes(), path
    assert machine.secret not in str(os.environ)


def test_a_stub_ykman_is_asked_when_it_is_named(machine: Machine) -> None:
    machine.with_key()
    directory = machine.home / "bin"
    directory.mkdir()
    stub = directory / "ykman"
    stub.write_text(
        f'#!/bin/sh\n[ "$*" = "oath accounts code --single -- {machine.serial}" ] && echo {machine.aws.totp("mfa-user")}\n'
    )
    stub.chmod(0o755)
    env = {"PATH": f"{directory}:{machine.environ['PATH']}", "AWS_VAULT_PROMPT": "ykman"}
    ended = machine.run("export", "--format", "json", "ci", env=env)
    assert ended.code == 0, ended.err
    assert machine.run("--prompt", "zenity", "export", "--refresh", "ci", env={"DISPLAY": ""}).code == 5
    assert machine.run("--prompt", "pass", "export", "--refresh", "ci").code == 2
