"""Whatever happens in whatever order: a warm answer is the ordinary one, or none."""

from __future__ import annotations

import itertools
import os
import shutil
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from fake_aws.client import FakeAws
from login_keys import end_keys
from pyvault.warm.question import READ
from warm_home import SETTLED, WarmHome

QUESTIONS = (
    ("export", "reader", "--format", "json"),
    ("export", "demo", "--format", "json"),
    ("exec", "reader", "--", "env"),
    ("exec", "other", "--duration", "30m", "--", "env"),
)
VARIABLES = st.sampled_from(
    sorted(
        {*READ, "AWS_REGION", "AWS_PROFILE", "AWS_VAULT", "AWS_MIN_TTL", "AWS_CA_BUNDLE", "AWS_CONFIG_FILE", "PYVAULT_FILE",
         "PYVAULT_EXPECT_VAULT_ID", "AWS_SHARED_CREDENTIALS_FILE", "PYVAULT_CONFIG", "AWS_ENDPOINT_URL_STS", "XDG_DATA_HOME"}
        - {"HOME"}
    )
)  # fmt: skip
VALUES = st.sampled_from(["", "30m", "eu-north-1", "config", "./x", "1", "demo"])
DIRECTORIES = st.sampled_from(
    ["", ".aws", ".local", ".local/share/pyvault", ".local/state", ".local/state/pyvault", "run"]
)


class Machine(RuleBasedStateMachine):
    """A home in which things happen, and a question that is asked after each."""

    aws: FakeAws
    room: Path
    number = itertools.count()
    hits = 0

    def __init__(self) -> None:
        super().__init__()
        self.aws.reset()
        place = self.room / str(next(self.number))
        place.mkdir()
        self.home = WarmHome(place, self.aws)
        self.home.add("other", "demo")
        self.home.config.write_text(
            f"{self.home.config.read_text()}[profile other]\nregion = eu-west-3\nendpoint_url = {self.aws.url}\n"
        )
        self.environ: dict[str, str | None] = {}
        self.cwd = place
        self.words = QUESTIONS[0]
        self.kept: Path | None = None
        self.modes: dict[Path, int] = {}

    def teardown(self) -> None:
        for path, mode in self.modes.items():
            path.chmod(mode)
        end_keys(self.home.runtime, self.home.state)

    @invariant()
    def answers_are_the_same(self) -> None:
        known = self.home.known(*self.words, env=self.environ) if self.cwd == self.home.home else None
        ordinary = self.home.ordinary(*self.words, env=self.environ, cwd=self.cwd)
        asked = self.home.run(*self.words, env=self.environ, cwd=self.cwd)
        assert asked.code == ordinary.code, (asked.err, ordinary.err)
        given = [line for line in asked.out.splitlines() if not line.startswith("PYVAULT_WARM")]
        assert sorted(given) == sorted(
            line for line in ordinary.out.splitlines() if not line.startswith("PYVAULT_WARM")
        )
        Machine.hits += known is not None

    @rule(words=st.sampled_from(QUESTIONS))
    def ask_another(self, words: tuple[str, ...]) -> None:
        self.words = words

    @rule()
    def wait_and_ask(self) -> None:
        self.home.run(*self.words, env=self.environ, cwd=self.cwd)
        time.sleep(SETTLED)
        self.home.run(*self.words, env=self.environ, cwd=self.cwd)

    @rule(region=st.sampled_from(["eu-west-1", "us-east-2"]))
    def edit_the_config(self, region: str) -> None:
        text = self.home.config.read_text()
        for old in ("eu-west-1", "us-east-2"):
            text = text.replace(old, region)
        self.home.config.write_text(text)

    @rule(duration=st.sampled_from(["900", "1800"]))
    def edit_it_and_set_its_time_back(self, duration: str) -> None:
        before = self.home.config.stat()
        text = self.home.config.read_text().replace("duration_seconds = 900\n", "")
        self.home.config.write_text(f"{text}duration_seconds = {duration}\n")
        os.utime(self.home.config, ns=(before.st_atime_ns, before.st_mtime_ns))

    @rule(name=VARIABLES, value=VALUES)
    def set_a_variable(self, name: str, value: str) -> None:
        self.environ[name] = value

    @rule()
    def unset_all(self) -> None:
        self.environ.clear()

    @rule(
        line=st.sampled_from(
            ["clear", "clear reader", "lock", "clear --all", "vault rekey", "remove other --force", "vault accept"]
        )
    )
    def end_it(self, line: str) -> None:
        self.home.run(*line.split())
        assert all(self.home.known(*words, env=self.environ) is None for words in QUESTIONS)

    @rule(profile=st.sampled_from(["other", "demo", "third"]))
    def add(self, profile: str) -> None:
        self.home.add(profile)
        assert all(self.home.known(*words, env=self.environ) is None for words in QUESTIONS)

    @rule(name=DIRECTORIES, mode=st.sampled_from([0o700, 0o755, 0o777]))
    def change_a_mode(self, name: str, mode: int) -> None:
        path = self.home.home / name
        self.modes.setdefault(path, path.stat().st_mode)
        path.chmod(mode)

    @rule()
    def change_the_directory(self) -> None:
        there = self.home.home / "there"
        there.mkdir(exist_ok=True)
        self.cwd = self.home.home if self.cwd == there else there

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
        if self.kept is None:
            return
        if what == "entries":
            shutil.copytree(self.kept / "warm", self.home.entries, dirs_exist_ok=True)
            return
        for file in self.kept.glob("vault.pyv" if what == "vault" else "sessions-*.pyv"):
            shutil.copy2(file, self.home.data / f"{file.name}.new")
            (self.home.data / f"{file.name}.new").replace(self.home.data / file.name)


def run_machine(aws: FakeAws, room: Path, examples: int) -> int:
    Machine.aws, Machine.room, Machine.hits = aws, room, 0
    rules = settings(
        max_examples=examples, stateful_step_count=14, deadline=None, suppress_health_check=list(HealthCheck)
    )
    run_state_machine_as_test(Machine, settings=rules)
    return Machine.hits


@pytest.mark.kernel_keyring
def test_whatever_happens(fake_aws: FakeAws, tmp_path: Path) -> None:
    assert run_machine(fake_aws, tmp_path, 6) > 3


@pytest.mark.slow
@pytest.mark.kernel_keyring
def test_whatever_happens_for_long(fake_aws: FakeAws, tmp_path: Path) -> None:
    assert run_machine(fake_aws, tmp_path, 40) > 20
