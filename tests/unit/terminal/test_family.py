"""Whose the terminal is: the program served and what it started, and nobody else."""

from __future__ import annotations

import os

import pytest

from pyvault.process.group import Process, descendants, in_family, is_below

#: A shell (10), the program that it runs (20), its shell (30) with a job whose first process has ended (41, 42), and another job.
PROCESSES = {
    1: Process(0, 1),
    10: Process(1, 10),
    20: Process(10, 20),
    30: Process(20, 30),
    42: Process(30, 41),
    50: Process(10, 50),
}


@pytest.mark.parametrize(
    ("group", "below"), [(20, True), (30, True), (41, True), (10, False), (50, False), (1, False), (99, False)]
)
def test_groups(group: int, below: bool) -> None:
    assert in_family(group, 20, PROCESSES) is below


def test_this_process_is_below_its_parent() -> None:
    assert is_below(os.getpgrp(), os.getpid())
    assert not is_below(os.getpgrp(), 2**22 + 1)


@pytest.mark.parametrize(
    ("program", "of", "found"),
    [
        (20, 10, {20, 30, 42}),  # other groups too
        (10, 1, {10, 20, 30, 42, 50}),
        (42, 30, {42}),
        (20, 50, set()),  # the number is another process's by now
        (99, 10, set()),
    ],
)
def test_descendants(program: int, of: int, found: set[int]) -> None:
    assert descendants(program, of=of, processes=PROCESSES) == found


def test_a_circle_of_a_list_that_was_read_while_it_changed_ends() -> None:
    assert descendants(20, of=30, processes={20: Process(30, 20), 30: Process(20, 20)}) == {20, 30}
