"""The list of what a state was made from: what it proves, and where it says that it can't tell."""

from __future__ import annotations

import pytest

from pyvault.vaultfile.format.descent import DESCENT, KEPT_STEPS, KEPT_WRITERS, Descent, Step
from pyvault.vaultfile.format.header import Header
from pyvault.vaultfile.format.index_json import Json

ME, OTHER = b"m" * 16, b"o" * 16


def step(generation: int, branch: str = "a") -> Step:
    return Step(generation, branch.encode() * 16)


def line(last: int, branch: str = "a", *, writer: bytes | None = None, after: Descent | None = None) -> Descent:
    """Write every generation up to *last* on top of *after*."""
    descent = after or Descent()
    first = descent.steps[-1].generation + 1 if descent.steps else 1
    for generation in range(first, last + 1):
        descent = descent.extended(step(generation, branch), writer)
    return descent


def read(descent: Descent, tip: Step) -> Descent:
    return read_meta({DESCENT: descent.as_json()}, tip)


def read_meta(meta: dict[str, Json], tip: Step) -> Descent:
    header = Header(
        vault_id=bytes(16),
        txid=tip.txid,
        generation=tip.generation,
        key_epoch=1,
        slots=(),
        index_size=0,
        records_size=0,
    )
    return Descent.of(header, meta)


def test_what_is_written_reads_back() -> None:
    descent = line(5, writer=ME)
    assert read(descent, step(5)) == descent


def test_the_window_is_as_wide_as_it_says() -> None:
    descent = line(KEPT_STEPS + 10)
    assert len(descent.steps) == KEPT_STEPS
    assert descent.includes(step(11)) is True
    assert descent.includes(step(11, "b")) is False
    assert descent.includes(step(10)) is None
    assert descent.includes(step(10, "b")) is None


def test_a_young_vault_knows_all_its_states() -> None:
    assert line(3).includes(step(1, "b")) is False


def test_an_older_version_leaves_a_gap() -> None:
    """It passes the list on and adds nothing: only what is listed is known, and the state itself."""
    passed_on = read(line(3), step(6))
    assert passed_on.includes(step(2)) is True
    assert passed_on.includes(step(6)) is True
    assert passed_on.includes(step(5)) is None
    assert passed_on.includes(step(2, "b")) is None
    later = passed_on.extended(step(7), None)
    assert later.includes(step(6, "b")) is False
    assert later.includes(step(5)) is None


def test_a_vault_of_before_the_list() -> None:
    before = read_meta({}, step(9))
    assert before.includes(step(8)) is None
    assert before.includes(step(9)) is True


def test_two_branches_merged() -> None:
    base = line(2)
    ours, theirs = line(4, "a", writer=ME, after=base), line(3, "b", writer=OTHER, after=base)
    merged = ours.merged(theirs).extended(step(5), ME)
    assert all(merged.includes(each) for each in (*ours.steps, *theirs.steps))
    assert merged.includes(step(4, "c")) is False
    assert dict(merged.writers) == {ME: step(5), OTHER: step(3, "b")}


def test_a_merge_knows_no_more_than_the_one_who_knows_less() -> None:
    long, short = line(KEPT_STEPS + 20), line(3)
    assert long.merged(short).includes(step(19, "c")) is None


def test_the_last_write_of_everybody() -> None:
    descent = line(80, writer=OTHER, after=line(3, writer=ME))
    assert not descent.lacks_write(ME, step(3))
    assert descent.lacks_write(ME, step(3, "b"))
    assert descent.lacks_write(ME, step(4))
    assert not descent.lacks_write(ME, step(2, "b"))  # the later write was made on top of it, whatever became of it
    assert descent.lacks_write(b"x" * 16, step(1))


def test_a_writer_that_had_to_make_room_is_not_missed() -> None:
    descent = line(1, writer=ME)
    for number in range(KEPT_WRITERS):
        descent = descent.extended(step(2 + number), number.to_bytes(16, "big"))
    assert ME not in descent.writers
    assert not descent.lacks_write(ME, step(1))
    assert descent.lacks_write(b"x" * 16, step(2))


def test_a_restore_of_what_the_tip_came_from_continues_the_tip() -> None:
    tip = line(70)
    assert line(66).restored_over(tip) == tip


def test_a_restore_of_another_branch_has_both() -> None:
    tip = line(4, "b", after=line(2))
    assert line(3).restored_over(tip).includes(step(3)) is True
    assert line(3).restored_over(tip).includes(step(4, "b")) is True


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        "x",
        {},
        {"steps": 1, "floor": 0, "writers": {}, "writers_floor": 0},
        {"steps": [[1]], "floor": 0, "writers": {}, "writers_floor": 0},
        {"steps": [[True, "00" * 16]], "floor": 0, "writers": {}, "writers_floor": 0},
        {"steps": [[1, "zz" * 16]], "floor": 0, "writers": {}, "writers_floor": 0},
        {"steps": [], "floor": -1, "writers": {}, "writers_floor": 0},
        {"steps": [], "floor": 0, "writers": [1], "writers_floor": 0},
        {"steps": [], "floor": 0, "writers": {"00": [1, "00" * 16]}, "writers_floor": 0},
    ],
    ids=range(11),
)
def test_a_list_of_a_later_version_proves_nothing(value: Json) -> None:
    descent = read_meta({DESCENT: value}, step(7))
    assert descent.steps == (step(7),)
    assert descent.includes(step(6)) is None
