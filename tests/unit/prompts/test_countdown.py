"""Waiting: as long as it takes, and drawn for a person only."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest

from pyvault_cli.terminal.progress import CountUp, wait_for_next_code


class Screen(io.StringIO):
    """A terminal that keeps what was written."""

    def isatty(self) -> bool:
        return True


def look_at(monkeypatch: pytest.MonkeyPatch, **environ: str) -> Screen:
    """Make stderr a terminal. Not a fixture: capturing begins after those."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    for name, value in ({"TERM": "xterm"} | environ).items():
        monkeypatch.setenv(name, value)
    screen = Screen()
    monkeypatch.setattr("sys.stderr", screen)
    return screen


def test_it_waits_past_the_end_of_the_window(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("sys.stderr", io.StringIO())
    wait_for_next_code(timedelta(seconds=2.4), sleep=slept.append)
    assert sum(slept) >= 2.4


def test_a_person_sees_the_seconds_and_then_a_clean_line(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = look_at(monkeypatch)
    wait_for_next_code(timedelta(seconds=2), sleep=lambda _: None)
    assert [f": {number} s" in screen.getvalue() for number in (3, 2, 1, 0)] == [True, True, True, False]
    assert screen.getvalue().endswith("\r\x1b[K")


@pytest.mark.parametrize(("variable", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_a_terminal_that_is_not_drawn_upon_gets_one_plain_line(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    screen = look_at(monkeypatch, **{variable: value})
    wait = CountUp("waiting for AWS", sleep=lambda _: None)
    wait(timedelta(seconds=2))
    wait(timedelta(seconds=2))
    assert screen.getvalue() == "waiting for AWS\n"


def test_a_log_file_is_not_drawn_upon(monkeypatch: pytest.MonkeyPatch) -> None:
    log = io.StringIO()
    monkeypatch.setattr("sys.stderr", log)
    wait_for_next_code(timedelta(seconds=1), sleep=lambda _: None)
    CountUp("waiting", sleep=lambda _: None)(timedelta(seconds=3))
    assert log.getvalue() == ""


def test_waits_for_the_same_thing_are_one_that_grows(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = look_at(monkeypatch)
    slept: list[float] = []
    wait = CountUp("waiting for AWS", sleep=slept.append)
    wait(timedelta(seconds=2))
    wait(timedelta(seconds=1.5))
    assert sum(slept) == 3.5
    assert [f": {number} s" in screen.getvalue() for number in range(5)] == [True, True, True, True, False]
    assert screen.getvalue().count(": 0 s") == 1


def test_an_interrupted_wait_leaves_a_clean_line(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = look_at(monkeypatch)

    def interrupt(_seconds: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        CountUp("waiting for AWS", sleep=interrupt)(timedelta(seconds=2))
    assert screen.getvalue().endswith("\r\x1b[K")
