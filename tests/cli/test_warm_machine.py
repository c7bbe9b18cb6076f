"""Whatever happens in whatever order: a warm answer is the ordinary one, or none.

The answer that would be given is looked for in this process, by clocks that the machine sets; where there is one,
the ordinary path is asked too. What is kept is kept by the ordinary path, in a fork with the same clocks.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

import pyvault
from command_line import Ended
from fake_aws.client import FakeAws
from login_keys import end_keys
from pyvault.clock import parse_rfc3339
from pyvault.warm.question import NEVER, PROXIES, READ, WITHOUT_A_SAY
from pyvault.warm.replay import Answer, find_answer, now
from warm_forks import Forks
from warm_home import WarmHome

Words = tuple[str, ...]
NS = 1_000_000_000
MINUTE = 60 * NS
LEAST = 300  # seconds that a session has left
PLAIN = (
    ("export", "reader", "--format", "json"),
    ("export", "demo", "--format", "json"),
    ("exec", "reader", "--", "env"),
    ("exec", "other", "--duration", "30m", "--", "env"),
    ("exec", "-s", "reader", "--", "true"),
)
NARROW = ("export", "reader", "--policy-file", "{home}/policy", "--format", "json")
QUESTIONS = (*PLAIN, NARROW)
OURS = (
    "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_VAULT", "AWS_MIN_TTL", "AWS_CA_BUNDLE", "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE", "AWS_ENDPOINT_URL_STS", "AWS_ROLE_SESSION_NAME", "AWS_ASSUME_ROLE_TTL",
    "AWS_VAULT_BACKEND", "AWS_USE_FIPS_ENDPOINT", "PYVAULT_FILE", "PYVAULT_BACKEND", "PYVAULT_EXPECT_VAULT_ID",
    "PYVAULT_CONFIG", "PYVAULT_KEYFILE", "PYVAULT_PASSPHRASE_FILE", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME",
    "EDITOR",
)  # fmt: skip
VARIABLES = st.sampled_from(sorted({*READ, *NEVER, *PROXIES, *WITHOUT_A_SAY, *OURS} - {"HOME", "PATH"}))
VALUES = st.sampled_from(["", "30m", "eu-north-1", "config", "./x", "1", "demo", "file"])
DIRECTORIES = st.sampled_from(
    ["", ".aws", ".local", ".local/share/pyvault", ".local/state", ".local/state/pyvault", "run"]
)
ENDINGS = (
    "clear", "clear reader", "lock", "clear --all", "vault rekey", "remove other --force", "vault accept",
    "vault restore 1", "sso logout", "rotate demo",
)  # fmt: skip
#: A role of another account, that the user of the first may assume.
ELSEWHERE = {
    "accounts": {
        "210987654321": {
            "roles": {"far": {"trusted": ["arn:aws:iam::123456789012:user/demo"], "max_session_s": 43_200}}
        }
    }
}
ROLES = ("reader", "r1", "far")
POLICIES = st.sampled_from(["s3:GetObject", "s3:PutObject", "ec2:*"])


class Machine(RuleBasedStateMachine):
    """A home in which things happen, and a question whose answer is looked for after each."""

    aws: FakeAws
    forks: Forks
    room: Path
    number = itertools.count()
    steps = hits = 0

    slow = Bundle("slow")

    def __init__(self) -> None:
        super().__init__()
        self.aws.reset()
        self.aws.enlarge(ELSEWHERE)
        place = self.room / str(next(self.number))
        place.mkdir()
        self.home = WarmHome(place, self.aws, stored=False)
        self.home.config.write_text(
            f"{self.home.config.read_text()}[profile other]\nregion = eu-west-3\nendpoint_url = {self.aws.url}\n"
        )
        self.store("demo", "other")
        self.environ: dict[str, str | None] = {}
        self.cwd = place
        self.there = place / "there"
        self.there.mkdir()
        self.words = QUESTIONS[0]
        self.ahead = (5 * NS, 5 * NS)  # so what was just written has settled
        self.kept: Path | None = None
        self.modes: dict[Path, int] = {}
        self.age = itertools.count()
        self.ended = 0  # how often what was kept has been ended
        self.may_be_known: set[Words] = set()  # asked since then
        self.running: dict[int, object] = {}
        self.answered: dict[object, Ended] = {}
        self.edit_the_policy("s3:GetObject")

    def teardown(self) -> None:
        for number in self.running:
            os.kill(number, signal.SIGKILL)
            self.forks.wait(number)
        for path, mode in self.modes.items():
            path.chmod(mode)
        end_keys(self.home.runtime, self.home.state)
        shutil.rmtree(self.home.home)

    # ------------------------------------------------------------ what there is
    def store(self, *profiles: str) -> None:
        pair = self.aws.key("demo")
        with pyvault.open_vault(environ=self.home.variables()) as vault:
            for profile in profiles:
                vault.put(
                    profile, access_key_id=pair.access_key_id, secret_access_key=pyvault.Secret(pair.secret_access_key)
                )

    def clock(self) -> tuple[int, int]:
        wall, boot = now()
        return wall + self.ahead[0], boot + self.ahead[1]

    def asked(self, words: Words) -> Words:
        return tuple(word.format(home=self.home.home) for word in words)

    def known(self, words: Words) -> Answer | None:
        with self.elsewhere():
            return find_answer(list(self.asked(words)), self.home.variables(self.environ), self.clock)

    @contextlib.contextmanager
    def elsewhere(self) -> Iterator[None]:
        with contextlib.chdir(self.cwd):
            yield

    def ordinary(self, words: Words) -> Ended:
        """Return what the ordinary path answers, asked anew after each change."""
        state = words, frozenset(self.environ.items()), self.cwd
        if state not in self.answered:
            self.answered[state] = self.home.ordinary(*words, env=self.environ, cwd=self.cwd)
        return self.answered[state]

    def nothing_is_known(self) -> None:
        self.ended += 1
        self.may_be_known.clear()
        self.answered.clear()
        assert all(self.known(words) is None for words in QUESTIONS)

    # ------------------------------------------------------------ what has to hold
    @invariant()
    def a_warm_answer_is_the_ordinary_one(self) -> None:
        Machine.steps += 1
        known = self.known(self.words)
        if known is None:
            return
        Machine.hits += 1
        assert self.words in self.may_be_known
        words = self.asked(self.words)
        served = known.serves
        ordinary = self.ordinary(("export", "reader", "--format", "json") if served else words)
        assert ordinary.code == 0, ordinary.err
        if words[0] == "export" or served:
            given, expected = json.loads(known.output), json.loads(ordinary.out)
            assert [given[name] for name in ("AccessKeyId", "SecretAccessKey")] == [
                expected[name] for name in ("AccessKeyId", "SecretAccessKey")
            ]
            left = parse_rfc3339(given["Expiration"]).timestamp() - self.clock()[0] / NS
            assert left > LEAST - 1
            if served:
                return
            assert known.output.decode() == ordinary.out
            return
        parent = {os.fsencode(name): os.fsencode(value) for name, value in self.home.variables(self.environ).items()}
        child = [f"{os.fsdecode(name)}={os.fsdecode(value)}" for name, value in known.variables(parent).items()]

        def plain(lines: list[str]) -> list[str]:
            return sorted(line for line in lines if not line.startswith(("PYVAULT_WARM=", "PWD=", "SHLVL=", "_=")))

        assert plain(child) == plain(ordinary.out.splitlines())

    # ------------------------------------------------------------ who asks, and where
    @rule(words=st.sampled_from(QUESTIONS))
    def ask_another(self, words: Words) -> None:
        self.words = words

    @initialize(words=st.sampled_from(QUESTIONS))
    def ask_first(self, words: Words) -> None:
        self.ask(words)

    @rule()
    def ask_the_same(self) -> None:
        self.ask(self.words)

    @rule(words=st.sampled_from(QUESTIONS))
    def ask_what_may_be_known(self, words: Words) -> None:
        self.ask(words)

    def ask(self, words: Words) -> None:
        self.words = words
        self.may_be_known.add(words)
        for _ in range(2):  # the first may fetch, and then it has seen the sessions change
            if self.known(words) is None:
                self.forks.run(self.asked(words), self.home.variables(self.environ), self.cwd, self.ahead)

    @rule(target=slow, words=st.sampled_from(PLAIN))
    def ask_slowly(self, words: Words) -> tuple[int, Path, Words, int]:
        gate = self.home.home / f"gate{next(self.age)}"
        os.mkfifo(gate)
        number = self.forks.begin(self.asked(words), self.home.variables(self.environ), self.cwd, self.ahead, gate)
        self.running[number] = gate
        return number, gate, words, self.ended

    @rule(begun=slow, killed=st.booleans())
    def come_to_an_end(self, begun: tuple[int, Path, Words, int], killed: bool) -> None:
        number, gate, words, ended = begun
        if self.running.pop(number, None) is None:
            return
        if killed:
            os.kill(number, signal.SIGKILL)
            self.forks.wait(number)
            return
        if ended == self.ended:
            self.may_be_known.add(words)
        while True:  # until it waits there, or has ended without
            with contextlib.suppress(OSError):
                os.close(os.open(gate, os.O_WRONLY | os.O_NONBLOCK))
                break
            if not Path(f"/proc/{number}/cmdline").read_bytes():
                break
            time.sleep(0.005)
        self.forks.wait(number)

    @rule()
    def change_the_directory(self) -> None:
        self.cwd = self.home.home if self.cwd == self.there else self.there

    @precondition(lambda _: os.geteuid() == 0)
    @rule()
    def become_somebody_else(self) -> None:
        os.seteuid(12345)
        try:
            with contextlib.suppress(PermissionError):  # of the directory
                assert self.known(self.words) is None
        finally:
            os.seteuid(0)

    @rule(name=VARIABLES, value=VALUES)
    def set_a_variable(self, name: str, value: str) -> None:
        self.environ[name] = value

    @rule()
    def unset_all(self) -> None:
        self.environ.clear()

    # ------------------------------------------------------------ the clocks
    @rule(seconds=st.sampled_from([1, 600, 1200, 3300, 90000]))
    def time_passes(self, seconds: int) -> None:
        self.ahead = (self.ahead[0] + seconds * NS, self.ahead[1] + seconds * NS)

    @rule(minutes=st.sampled_from([-90, -10, -1, 1, 10, 50, 90]))
    def set_the_clock(self, minutes: int) -> None:
        self.ahead = (self.ahead[0] + minutes * MINUTE, self.ahead[1])

    @rule()
    def set_the_clock_right(self) -> None:
        self.ahead = (5 * NS, max(self.ahead[1], 5 * NS))

    # ------------------------------------------------------------ files
    @rule(region=st.sampled_from(["eu-west-1", "us-east-2"]))
    def edit_the_config(self, region: str) -> None:
        self.answered.clear()
        text = self.home.config.read_text()
        for old in ("eu-west-1", "us-east-2"):
            text = text.replace(old, region)
        self.home.config.write_text(text)

    @rule(role=st.sampled_from(ROLES))
    def take_another_role(self, role: str) -> None:
        self.answered.clear()
        text = self.home.config.read_text()
        for old in ROLES:
            text = text.replace(f"role_arn = {self.aws.role_arn(old)}", f"role_arn = {self.aws.role_arn(role)}")
        self.home.config.write_text(text)

    @rule(duration=st.sampled_from(["900", "1800"]))
    def edit_it_and_set_its_time_back(self, duration: str) -> None:
        self.answered.clear()
        before = self.home.config.stat()
        text = self.home.config.read_text().replace("duration_seconds = 900\n", "")
        self.home.config.write_text(f"{text}duration_seconds = {duration}\n")
        os.utime(self.home.config, ns=(before.st_atime_ns, before.st_mtime_ns))

    @rule(action=POLICIES)
    def edit_the_policy(self, action: str) -> None:
        self.answered.clear()
        allowed = {"Effect": "Allow", "Action": action, "Resource": "*"}
        policy = self.home.home / "policy"
        policy.write_text(json.dumps({"Version": "2012-10-17", "Statement": [allowed]}))

    @rule(name=DIRECTORIES, mode=st.sampled_from([0o700, 0o755, 0o777]))
    def change_a_mode(self, name: str, mode: int) -> None:
        self.answered.clear()
        path = self.home.home / name
        if path.is_dir():
            self.modes.setdefault(path, path.stat().st_mode)
            path.chmod(mode)

    @rule()
    def keep_a_copy(self) -> None:
        if self.kept is not None or not self.home.entries.is_dir():
            return
        self.kept = self.home.home / "kept"
        shutil.copytree(self.home.entries, self.kept / "warm")
        shutil.copy2(self.home.data / "vault.pyv", self.kept)
        for file in self.home.data.glob("sessions-*.pyv"):
            shutil.copy2(file, self.kept)

    @rule(what=st.sampled_from(["entries", "vault", "sessions"]))
    def put_it_back(self, what: str) -> None:
        self.answered.clear()
        if self.kept is None:
            return
        if what == "entries":
            shutil.copytree(self.kept / "warm", self.home.entries, dirs_exist_ok=True)
            return
        for file in self.kept.glob("vault.pyv" if what == "vault" else "sessions-*.pyv"):
            shutil.copy2(file, self.home.data / f"{file.name}.new")
            (self.home.data / f"{file.name}.new").replace(self.home.data / file.name)

    # ------------------------------------------------------------ what ends it
    @rule(line=st.sampled_from(ENDINGS))
    def end_it(self, line: str) -> None:
        self.home.run(*line.split())
        self.nothing_is_known()

    @rule(profile=st.sampled_from(["other", "demo", "third"]))
    def add(self, profile: str) -> None:
        try:
            self.store(profile)
        except pyvault.PyvaultError:  # its file or directory was changed
            return
        self.nothing_is_known()


def run_machine(aws: FakeAws, room: Path, examples: int, steps: int) -> None:
    Machine.aws, Machine.room = aws, room
    Machine.steps = Machine.hits = 0
    rules = settings(
        max_examples=examples, stateful_step_count=steps, deadline=None, suppress_health_check=list(HealthCheck)
    )
    with Forks() as Machine.forks:
        run_state_machine_as_test(Machine, settings=rules)
    sys.stdout.write(f"{examples} examples, {Machine.steps} steps, {Machine.hits} warm answers\n")


@pytest.mark.kernel_keyring
def test_whatever_happens(fake_aws: FakeAws, tmp_path: Path) -> None:
    run_machine(fake_aws, tmp_path, 50, 10)
    assert Machine.hits > 5


@pytest.mark.slow
@pytest.mark.kernel_keyring
def test_whatever_happens_for_long(fake_aws: FakeAws, tmp_path: Path) -> None:
    run_machine(fake_aws, tmp_path, 150, 30)
    assert Machine.hits > 100
