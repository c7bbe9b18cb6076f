"""Many programs at once, cold: one call per planned step, one prompt, also when the leader is killed."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import starts
from fake_aws.client import REGION, FakeAws

PYVAULT = Path(sys.executable).with_name("pyvault")

#: What the device shows, and a line for each time somebody looked.
DEVICE = """
import base64, hmac, struct, sys, time
with open(sys.argv[2], "a") as log:
    log.write("looked\\n")
mac = hmac.digest(base64.b32decode(sys.argv[1]), struct.pack(">Q", int(time.time()) // 30), "sha1")
number = struct.unpack(">I", mac[mac[-1] & 15 :][:4])[0] & 0x7FFFFFFF
print(f"{number % 1_000_000:06}")
"""

CHAIN = """\
[profile me]
mfa_serial = {serial}
mfa_process = {device}
[profile one]
source_profile = me
role_arn = {r1}
mfa_serial = {serial}
[profile two]
source_profile = one
role_arn = {r2}
[profile three]
source_profile = two
role_arn = {r3}
mfa_serial = {serial}
"""

COUNTS = [24, pytest.param(100, marks=pytest.mark.slow)]


class Site:
    """A machine with a vault that a key file opens, and a config with a chain of roles."""

    def __init__(self, aws: FakeAws, home: Path) -> None:
        self.aws = aws
        self.home = home
        self.looks = home / "looks"
        self.looks.write_text("")
        keyfile = home / "key"
        keyfile.write_text(f"pyvault-keyfile-v1:{'A' * 43}=\n")
        keyfile.chmod(0o600)
        self.environ = {
            **os.environ,
            "AWS_ENDPOINT_URL": aws.url,
            "AWS_REGION": REGION,
            "AWS_CONFIG_FILE": str(home / "config"),
            "PYVAULT_BACKEND": "file",
            "PYVAULT_KEYFILE": str(keyfile),
        }
        (home / "device.py").write_text(DEVICE)
        secret = aws.world()["users"]["mfa-user"]["totp_secret"]
        self.serial = aws.mfa_serial("mfa-user")
        self.config = CHAIN.format(
            serial=self.serial,
            device=f"{sys.executable} -S {home}/device.py {secret} {self.looks}",
            **{name: aws.role_arn(name) for name in ("r1", "r2", "r3")},
        )
        (home / "config").write_text(self.config)
        pair = aws.key("mfa-user")
        starts.run(
            [PYVAULT, "add", "me", "--env", "--no-verify", "--no-add-config"],
            env=self.environ
            | {"AWS_ACCESS_KEY_ID": pair.access_key_id, "AWS_SECRET_ACCESS_KEY": pair.secret_access_key},
            check=True,
            capture_output=True,
        )

    def start(self, profile: str) -> subprocess.Popen[str]:
        return starts.Popen(
            [PYVAULT, "--no-input", "exec", profile, "--", "printenv", "AWS_ACCESS_KEY_ID"],
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    @property
    def prompts(self) -> int:
        return len(self.looks.read_text().splitlines())

    def leader(self) -> int:
        """Give the process that holds a lock: the lock file names it."""
        locks = Path(self.environ["HOME"]) / ".local/state/pyvault/locks"
        (pid,) = {int(lock.read_text().split()[0]) for lock in locks.glob("*.lock") if is_held(lock)}
        return pid


def is_held(lock: Path) -> bool:
    import fcntl

    with lock.open("r+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return not lock.name.startswith("mfa-")
        return False


@pytest.fixture
def site(fake_aws: FakeAws, private_home: Path) -> Site:
    return Site(fake_aws, private_home)


def results(programs: list[subprocess.Popen[str]]) -> list[tuple[str, str]]:
    return [program.communicate(timeout=240) for program in programs]


@pytest.mark.parametrize("count", COUNTS)
def test_deviation_11_cold_starts_share_every_call_and_one_prompt(site: Site, count: int) -> None:
    outputs = results([site.start("three") for _ in range(count)])
    assert {errors for _, errors in outputs} == {""}
    assert len({key for key, _ in outputs}) == 1
    assert site.aws.ops() == ["sts.GetSessionToken"] + ["sts.AssumeRole"] * 3
    assert site.prompts == 1


def test_eight_roles_of_one_source_share_its_session(site: Site) -> None:
    roles = {f"job{number}": {"trusted": ["user/mfa-user"], "require_mfa": True} for number in range(8)}
    site.aws.enlarge({"accounts": {"123456789012": {"roles": roles}}})
    sections = "".join(
        f"[profile {name}]\nsource_profile = me\nmfa_serial = {site.serial}\nrole_arn = {site.aws.role_arn(name)}\n"
        for name in roles
    )
    (site.home / "config").write_text(site.config + sections)
    outputs = results([site.start(name) for name in roles])
    assert {errors for _, errors in outputs} == {""}
    assert len({key for key, _ in outputs}) == 8
    assert sorted(site.aws.ops()) == ["sts.AssumeRole"] * 8 + ["sts.GetSessionToken"]
    assert site.prompts == 1


def test_programs_that_start_together_share_one_run_of_a_command(site: Site) -> None:
    """The command ends when all of them wait for it; it would end another way only in a broken test."""
    runs, locks = site.home / "runs", Path(site.environ["HOME"]) / ".local/state/pyvault/locks"
    pair = site.aws.key("demo")
    answer = f'{{"Version":1,"AccessKeyId":"{pair.access_key_id}","SecretAccessKey":"{pair.secret_access_key}"}}'
    waiting = f"until [ $(ls {locks} | grep -c -e '-.*lock') -ge 5 ]; do sleep 0.1; done"
    (site.home / "config").write_text(
        f"[profile vendor]\ncredential_process = echo run >> {runs}; {waiting}; echo '{answer}'\n"
        f"[profile reader]\nsource_profile = vendor\nrole_arn = {site.aws.role_arn('reader')}\n"
    )
    outputs = results([site.start("reader") for _ in range(5)])
    assert {errors for _, errors in outputs} == {""}
    assert len({key for key, _ in outputs}) == 1
    assert runs.read_text() == "run\n"
    assert site.aws.ops() == ["sts.AssumeRole"]
    assert not list(locks.glob("*-*.lock"))


@pytest.mark.skipif(sys.platform != "linux", reason="finds the leader by its lock")
@pytest.mark.parametrize(
    "operation",
    ["AssumeRole", pytest.param("GetSessionToken", marks=pytest.mark.slow)],  # the second needs the device's next code
)
@pytest.mark.parametrize("count", [10, pytest.param(100, marks=pytest.mark.slow)])
def test_deviation_11_a_killed_leader_is_replaced(site: Site, operation: str, count: int) -> None:
    site.aws.fault(f"sts.{operation}", "hang-after", times=1)
    programs = [site.start("three") for _ in range(count)]
    site.aws.wait_for_call(operation)
    leader = wait_for_one_leader(site, programs)
    os.kill(leader, signal.SIGKILL)
    victim = next(program for program in programs if program.pid == leader)
    outputs = results([program for program in programs if program is not victim])
    victim.communicate()
    assert victim.returncode == -signal.SIGKILL
    assert not [errors for _, errors in outputs if "error:" in errors]  # there may be a word about the next code
    assert len({key for key, _ in outputs}) == 1
    assert site.aws.ops().count("sts.GetSessionToken") <= 2
    assert site.aws.ops().count("sts.AssumeRole") <= 3 + 1
    assert site.prompts <= 2


def wait_for_one_leader(site: Site, programs: list[subprocess.Popen[str]]) -> int:
    pause = threading.Event()
    for _ in range(600):
        with contextlib.suppress(ValueError, FileNotFoundError):
            leader = site.leader()
            if leader in {program.pid for program in programs}:
                return leader
        pause.wait(0.05)
    pytest.fail("nobody leads")
