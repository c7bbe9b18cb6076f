"""Waiting for the next code: as long as it takes, and drawn for a person only."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest

from pyvault_cli.countdown import wait_for_next_code


class Screen(io.StringIO):
    """A terminal that keeps what was written."""

    def isatty(self) -> bool:
        return True


def test_it_waits_past_the_end_of_the_window(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("sys.stderr", io.StringIO())
    wait_for_next_code(timedelta(seconds=2.4), sleep=slept.append)
    assert sum(slept) >= 2.4


def test_a_person_sees_the_seconds_and_then_a_clean_line(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen()
    monkeypatch.setattr("sys.stderr", screen)
    wait_for_next_code(timedelta(seconds=2), sleep=lambda _: None)
    assert [f"in {number} s" in screen.getvalue() for number in (3, 2, 1, 0)] == [True, True, True, False]
    assert screen.getvalue().endswith("\r\x1b[K")


def test_a_log_file_is_not_drawn_upon(monkeypatch: pytest.MonkeyPatch) -> None:
    log = io.StringIO()
    monkeypatch.setattr("sys.stderr", log)
    wait_for_next_code(timedelta(seconds=1), sleep=lambda _: None)
    assert log.getvalue() == ""
