"""Planted secrets and names are found nowhere but where they belong.

Looked through: stdout and stderr of every command with --debug, the argument
lists and environments of all children, open descriptors, every file below HOME
and TMPDIR, the vault file, and what is said when something goes wrong.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from command_line import Ended, Environ, Pyvault
from fake_aws.client import FakeAws

PASSPHRASE = "planted-passphrase-7Qx"
NAME = "planted-profile-name"

#: Shows what a child could see: its environment, its descriptors, and the words of all above it.
LOOK_AROUND = """
import json, os, sys
seen = {"environ": dict(os.environ), "fds": os.listdir("/proc/self/fd"), "words": []}
pid = os.getpid()
while pid > 1:
    seen["words"].append(open(f"/proc/{pid}/cmdline").read())
    pid = int(open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()[1])
json.dump(seen, open(sys.argv[1], "w"))
"""


class Everything:
    """All that was said and written in one test."""

    def __init__(self, pyvault: Pyvault, home: Path, aws: FakeAws) -> None:
        self.home = home
        self.pyvault = pyvault
        key = aws.demo_key()
        self.long_lived = key.secret_access_key
        self.env: Environ = {
            **aws.environ(),
            "PYVAULT_PASSPHRASE": PASSPHRASE,
            "TMPDIR": str(home / "tmp"),
            "PYVAULT_DEBUG": "1",
        }
        (home / "tmp").mkdir()
        self.said: list[Ended] = []
        self.key_lines = f"{key.access_key_id}\n{self.long_lived}\n".encode()

    def run(self, *words: str, stdin: bytes = b"", env: Environ | None = None) -> Ended:
        ended = self.pyvault("--debug", *words, env={**self.env, **(env or {})}, stdin=stdin)
        self.said.append(ended)
        return ended

    def make_quick(self) -> None:
        """Have a key file open the vault: the passphrase stays planted, and nobody waits for a KDF."""
        keyfile = self.home / "keyfile"
        assert self.pyvault("vault", "init", "--keyfile", str(keyfile)).code == 0
        self.env = {**self.env, "PYVAULT_KEYFILE": str(keyfile)}

    def add(self) -> None:
        assert self.run("add", NAME, "--stdin", stdin=self.key_lines).code == 0

    def files(self) -> dict[Path, bytes]:
        return {path: path.read_bytes() for path in self.home.rglob("*") if path.is_file()}


@pytest.fixture
def locked(pyvault: Pyvault, tmp_path: Path, fake_aws: FakeAws) -> Everything:
    """What opens with the planted passphrase and nothing else."""
    return Everything(pyvault, tmp_path, fake_aws)


@pytest.fixture
def everything(locked: Everything) -> Everything:
    locked.make_quick()
    return locked


def test_nothing_is_said(everything: Everything) -> None:
    everything.add()
    for words in (["list"], ["list", "--json"], ["explain", NAME], ["vault", "entries"], ["vault", "slot", "list"]):
        assert everything.run(*words).code == 0
    assert everything.run("exec", NAME, "--", "true").code == 0
    assert everything.run("remove", NAME, "--force").code == 0
    said = b"".join(ended.stdout + ended.stderr for ended in everything.said).decode()
    assert PASSPHRASE not in said
    assert everything.long_lived not in said


def test_nothing_is_said_when_it_goes_wrong(everything: Everything, fake_aws: FakeAws) -> None:
    planted = everything.long_lived
    wrong = [
        everything.run("add", NAME, "--stdin", stdin=f"{planted}\n".encode()),
        everything.run("add", NAME, "--stdin", stdin=f'{{"SecretAccessKey": "{planted}"'.encode()),
        everything.run("add", NAME, "--stdin", stdin=f"AKIAWRONGWRONGWRONG1\n{planted}\n".encode()),
    ]
    everything.add()
    fake_aws.fault("sts.GetSessionToken", "error", status=400)
    wrong += [
        everything.run("exec", NAME, "--no-cache", "--", "true"),
        everything.run("vault", "verify", env={"PYVAULT_KEYFILE": None, "PYVAULT_PASSPHRASE": f"{PASSPHRASE}-wrong"}),
        everything.run("exec", NAME, "-n", "--", "/nonexistent"),
        everything.run("export", NAME, "-n", "--region", "a\nb"),
    ]
    assert [ended.code for ended in wrong] == [1, 1, 6, 6, 4, 127, 5]
    said = b"".join(ended.stdout + ended.stderr for ended in wrong).decode()
    assert PASSPHRASE not in said
    assert planted not in said


def test_no_file_holds_a_secret_or_a_name(locked: Everything) -> None:
    locked.add()
    exported = locked.run("export", NAME, "--format", "json")
    session = json.loads(exported.stdout)
    assert locked.run("vault", "passwd", env={"PYVAULT_NEW_PASSPHRASE": f"{PASSPHRASE}-new"}).code == 0
    secrets = [PASSPHRASE, locked.long_lived, session["SecretAccessKey"], session["SessionToken"]]
    for path, content in locked.files().items():
        for planted in secrets:
            assert planted.encode() not in content, path
        if path.name != "config":  # the profile's section in the AWS config
            assert NAME.encode() not in content, path
    assert list((locked.home / "tmp").iterdir()) == []
    vaults = {path.name for path in locked.files() if path.suffix == ".pyv"}
    assert "vault.pyv" in vaults
    assert len(vaults) == 2, "a vault and its sessions were there to be searched"


def look_around(everything: Everything, *words: str, **env: str) -> dict[str, object]:
    script, seen = everything.home / "look.py", everything.home / "seen.json"
    script.write_text(LOOK_AROUND)
    ended = everything.run("exec", *words, "--", "python3", str(script), str(seen), env=dict(env))
    assert ended.code == 0, ended.err
    found: dict[str, object] = json.loads(seen.read_text())
    seen.unlink()
    return found


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="looks into /proc")
def test_the_child_sees_its_session_and_nothing_else(everything: Everything) -> None:
    everything.add()
    seen = look_around(everything, NAME)
    text = json.dumps(seen)
    assert PASSPHRASE not in text
    assert everything.long_lived not in text
    environ = seen["environ"]
    assert isinstance(environ, dict)
    assert environ["AWS_SESSION_TOKEN"]
    assert environ["AWS_SESSION_TOKEN"] not in json.dumps(seen["words"])


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="looks into /proc")
@pytest.mark.parametrize("used", [True, False])
def test_the_child_inherits_no_descriptor_of_a_passphrase(
    locked: Everything, pyvault: Pyvault, tmp_path: Path, used: bool
) -> None:
    locked.add()
    script, seen = tmp_path / "look.py", tmp_path / "seen.json"
    script.write_text(LOOK_AROUND)
    reading, writing = os.pipe()
    os.write(writing, f"{PASSPHRASE}\n".encode())
    os.close(writing)
    env = {**locked.env, "PYVAULT_PASSPHRASE": None if used else PASSPHRASE}
    words = ["--passphrase-fd", str(reading), "exec", NAME, "--", "python3", str(script), str(seen)]
    ended = pyvault(*words, env=env, pass_fds=(reading,))
    os.close(reading)
    assert ended.code == 0, ended.err
    assert str(reading) not in json.loads(seen.read_text())["fds"]


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="looks into /proc")
@pytest.mark.parametrize("setting", ["credential_process", "mfa_process"])
def test_configured_commands_see_no_secret_value(everything: Everything, fake_aws: FakeAws, setting: str) -> None:
    script, seen = everything.home / "look.py", everything.home / "seen.json"
    script.write_text(LOOK_AROUND)
    answer = json.dumps(
        {"Version": 1, "AccessKeyId": "ASIAOFTHECOMMAND0001", "SecretAccessKey": "x", "SessionToken": "y"}
    )
    config = everything.home / "config"
    lines = {
        "credential_process": f"credential_process = python3 {script} {seen}; echo '{answer}'",
        "mfa_process": f"mfa_serial = {fake_aws.mfa_serial('mfa-user')}\n"
        f"mfa_process = python3 {script} {seen}; echo {fake_aws.totp('mfa-user')}",
    }
    config.write_text(f"[profile {NAME}]\n{lines[setting]}\n")
    env = {"AWS_CONFIG_FILE": str(config)}
    if setting == "mfa_process":
        key = fake_aws.key("mfa-user")
        everything.long_lived = key.secret_access_key
        given = f"{key.access_key_id}\n{key.secret_access_key}\n".encode()
        assert everything.run("add", NAME, "--stdin", stdin=given, env=env).code == 0
    assert everything.run("exec", NAME, "--", "true", env=env).code == 0
    text = seen.read_text()
    assert PASSPHRASE not in text
    assert everything.long_lived not in text


def test_cat_and_export_are_where_secrets_belong(everything: Everything) -> None:
    everything.add()
    assert everything.long_lived in everything.run("vault", "cat", "credential", NAME, "--yes").out
    assert everything.long_lived in everything.run("export", NAME, "-n").out
    assert everything.run("vault", "cat", "credential", NAME).code == 4
