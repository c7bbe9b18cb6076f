"""Every fuzz target: its seeds, its kept inputs, and a bounded number of mutated ones, the same at every run."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuzz.changes import apply
from fuzz.table import CORPUS, TARGETS, inputs, kept
from fuzz.target import CANARY, HangError, Target, find_fault
from pyvault.errors import ConfigError

NUMBERS = st.integers(0, (1 << 16) - 1)
CHANGES = st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS), min_size=1, max_size=4)


@pytest.mark.parametrize("name", TARGETS)
def test_seeds_and_kept_inputs_are_taken_or_refused_as_documented(name: str) -> None:
    faults = {data: fault for data in inputs(name) if (fault := find_fault(TARGETS[name], data))}
    assert faults == {}


@pytest.mark.parametrize("name", TARGETS)
def test_some_seed_is_valid(name: str) -> None:
    taken = 0
    for data in TARGETS[name].seeds:
        try:
            TARGETS[name].run(data)
        except Exception:  # noqa: BLE001, S112 - the test above says which may be raised
            continue
        taken += 1
    assert taken or name == "failure"  # which always hands on a failure


@pytest.mark.parametrize("name", TARGETS)
def test_mutated_inputs_are_taken_or_refused_as_documented(name: str) -> None:
    target, start = TARGETS[name], inputs(name)

    @settings(max_examples=target.examples)
    @given(first=st.sampled_from(start), changes=CHANGES)
    def run(first: bytes, changes: list[tuple[int, int, int]]) -> None:
        data = apply(first, changes, start, longest=target.longest)
        assert find_fault(target, data) is None, data

    run()


def test_every_kept_input_belongs_to_a_target_and_is_kept_once() -> None:
    assert {path.stem for path in CORPUS.glob("*")} <= TARGETS.keys()
    for name in TARGETS:
        assert len(kept(name)) == len(set(kept(name))), name


def faulty(error: BaseException | None, *, exits: frozenset[int] = frozenset()) -> str:
    def run(_data: bytes) -> None:
        if error is not None:
            raise error

    return find_fault(Target(name="x", run=run, seeds=(), exits=exits), b"") or ""


def test_what_counts_as_a_fault() -> None:
    assert faulty(None) == ""
    assert faulty(KeyError("x")).startswith("exit 70: KeyError at test_fuzz.py:")
    assert faulty(AssertionError()).startswith("a broken promise at test_fuzz.py:")
    assert faulty(HangError()).startswith("hang at ")
    assert faulty(ConfigError("no")).startswith("exit 5 instead of []: ConfigError")
    assert faulty(ConfigError("no"), exits=frozenset({5})) == ""
    assert faulty(ConfigError(CANARY), exits=frozenset({5})).startswith("an error that shows what it must not")


def test_an_input_that_takes_too_long_is_stopped() -> None:
    def spin(_data: bytes) -> None:
        while True:
            pass

    fault = find_fault(Target(name="x", run=spin, seeds=()), b"", seconds=0.01)
    assert fault is not None
    assert fault.startswith("hang at test_fuzz.py:")
