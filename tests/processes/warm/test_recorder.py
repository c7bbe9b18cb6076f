"""What is kept of an answer, when, and under which keys."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from login_keys import end_keys
from pyvault import clock
from pyvault.warm.ending import end_warm
from pyvault.warm.recorder import Recorder
from pyvault.warm.replay import find_answer, find_warm, is_now, now
from warm_home import SETTLED

pytestmark = pytest.mark.kernel_keyring
WORDS = ["export", "prod"]
HOUR = timedelta(hours=1)


class Home:
    def __init__(self, place: Path) -> None:
        self.place = place
        self.file = place / "config"
        self.file.write_text("settings")
        self.noted = place / "noted"
        self.noted.touch()
        (place / "run").mkdir(mode=0o700)
        self.environ = {"HOME": str(place), "XDG_RUNTIME_DIR": str(place / "run"), "ACME_HOME": "/acme", "EDITOR": "vi"}

    @property
    def entries(self) -> Path:
        return self.place / ".local/state/pyvault/warm"

    def recorder(self, words: list[str] | None = None) -> Recorder:
        warm = find_warm(self.environ)
        assert warm
        recorder = Recorder(warm, words or WORDS, self.environ)
        recorder.take_keys()
        recorder.saw_file(self.file, self.file.stat())
        recorder.saw_bytes(self.file, self.file.read_bytes())
        return recorder

    def keep(self, recorder: Recorder, end: datetime | None = None, patterns: tuple[str, ...] = ()) -> None:
        recorder.saw_end(end or clock.now() + HOUR)
        recorder.keep_text(noted=self.noted, patterns=patterns, output=b"answer")

    def output(self, **more: str) -> bytes | None:
        known = find_answer(WORDS, self.environ | more)
        return known.output if known else None


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    made = Home(tmp_path)
    time.sleep(SETTLED)
    yield made
    end_keys(tmp_path / "run", tmp_path / ".local/state/pyvault")


def test_an_answer_is_kept(home: Home) -> None:
    home.keep(home.recorder())
    assert home.output() == b"answer"


def test_what_a_slow_recorder_keeps_after_the_end_is_dead(home: Home) -> None:
    slow = home.recorder()
    end_warm(home.environ)
    home.keep(slow)
    assert list(home.entries.iterdir())
    assert home.output() is None
    home.recorder()  # makes the keys anew
    assert home.output() is None


def test_a_killed_recorder_leaves_nothing_that_is_read(home: Home) -> None:
    home.keep(home.recorder())
    [entry] = home.entries.iterdir()
    half = entry.with_name(f"{entry.name}.{os.getpid()}")
    half.write_bytes(entry.read_bytes()[:100])  # as a kill leaves it; a process of this number comes again
    assert home.output() == b"answer"
    home.keep(home.recorder())
    assert home.output() == b"answer"
    end_warm(home.environ)
    assert not home.entries.exists()


def test_a_young_file_is_not_trusted(home: Home) -> None:
    home.file.write_text("SETTINGS")
    home.keep(home.recorder())
    assert home.output() is None
    time.sleep(SETTLED)
    home.keep(home.recorder())
    assert home.output() == b"answer"


def test_a_file_that_changes_between_two_looks_is_not(home: Home) -> None:
    recorder = home.recorder()
    home.file.write_text("other")
    os.utime(home.file, (1, 1))
    time.sleep(SETTLED)
    recorder.saw_file(home.file, home.file.stat())
    home.keep(recorder)
    assert home.output() is None


def test_a_file_that_changes_after_the_look_ends_it(home: Home) -> None:
    recorder = home.recorder()
    home.file.write_text("other")
    home.keep(recorder)
    assert home.output() is None


def test_what_can_not_be_seen_is_not_kept(home: Home) -> None:
    recorder = home.recorder()
    recorder.lose_sight()
    home.keep(recorder)
    assert home.output() is None


@pytest.mark.parametrize(("left", "known"), [(HOUR, b"answer"), (timedelta(0), None), (-HOUR, None)])
def test_what_is_over_is_not_kept(home: Home, left: timedelta, known: bytes | None) -> None:
    home.keep(home.recorder(), clock.now() + left)
    assert home.output() == known


def test_the_earliest_end_counts(home: Home) -> None:
    recorder = home.recorder()
    recorder.saw_end(clock.now() + timedelta(milliseconds=300))
    home.keep(recorder)
    assert home.output() == b"answer"
    time.sleep(0.35)
    assert home.output() is None


def test_declared_variables_count(home: Home) -> None:
    home.keep(home.recorder(), patterns=("ACME_*", "GNUPGHOME"))
    assert home.output() == b"answer"
    assert home.output(EDITOR="emacs") == b"answer"
    for changed in ({"ACME_HOME": "/other"}, {"ACME_NEW": ""}, {"GNUPGHOME": "/x"}):
        assert home.output(**changed) is None


def test_an_entry_is_for_one_kind_of_command(home: Home) -> None:
    recorder = home.recorder()
    recorder.saw_end(clock.now() + HOUR)
    recorder.keep_command(noted=home.noted, patterns=(), removed=["EDITOR", "LATER"], child={"A": "1", "HOME": "h"})
    assert find_answer(WORDS, home.environ) is None
    command = home.recorder(["exec", "prod"])
    command.saw_end(clock.now() + HOUR)
    command.keep_command(noted=home.noted, patterns=(), removed=["EDITOR", "LATER"], child={"A": "1", "HOME": "h"})
    known = find_answer(["exec", "prod", "--", "x"], home.environ)
    assert known
    given = known.variables({b"EDITOR": b"vi", b"LATER": b"1", b"NEW": b"2", b"HOME": b"/home"})
    assert given == {b"NEW": b"2", b"A": b"1", b"HOME": b"h"}


@pytest.mark.parametrize(
    ("shifts", "known"),
    [
        ((-1, -1, 1, 1), True),
        ((1, -1, 2, 1), False),  # from the future by the wall clock, which was set back
        ((-1, 1, 1, 2), False),  # from before a restart
        ((-2, -1, -1, 1), False),
        ((-1, -2, 1, -1), False),  # the wall clock was set back, and the time is over all the same
    ],
)
def test_both_clocks_have_to_agree(shifts: tuple[int, int, int, int], known: bool) -> None:
    wall, boot = now()
    minute = 60_000_000_000
    boot = max(boot, 3 * minute)
    times = [wall + shifts[0] * minute, boot + shifts[1] * minute, wall + shifts[2] * minute, boot + shifts[3] * minute]
    assert is_now(b"".join(moment.to_bytes(8, "big") for moment in times), now()) is known
