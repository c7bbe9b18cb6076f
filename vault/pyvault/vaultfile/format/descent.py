"""What a state of a vault was made from: the last states before it, and each machine's last write.

Two machines that write independently make two vaults with one id, and the generation
alone can't tell whether the higher one contains what the other wrote. So the index lists
the states that led to it. Older versions keep the list as an unknown key and add nothing
to it; the gap shows, because a state lists itself.

Source: docs/vault-format.md, section 4, "unknown keys kept on rewrite".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from pyvault.record import Record, field

if TYPE_CHECKING:
    from pyvault.vaultfile.format.header import Header
    from pyvault.vaultfile.format.index_json import Json

DESCENT = "descent"  #: key in the index's meta
KEPT_STEPS = 64
KEPT_WRITERS = 64
ID_SIZE = 16  # bytes, of a txid and of a writer


class Step(NamedTuple):
    """The identity of one state of a vault; ordered as written along any line of descent."""

    generation: int
    txid: bytes


class Descent(Record):
    """The states that a state comes from, itself included.

    Attributes:
        steps: ascending; every one is an ancestor.
        floor: every ancestor of a higher generation is in *steps*; one at or below it may be missing.
        writers: the last write of each state directory.
        writers_floor: the same for *writers*.
    """

    steps: tuple[Step, ...] = ()
    floor: int = 0
    writers: Mapping[bytes, Step] = field(default_factory=dict[bytes, Step])
    writers_floor: int = 0

    @classmethod
    def of(cls, header: Header, meta: Mapping[str, Json]) -> Descent:
        """Return the descent of a verified state.

        A state that doesn't list itself was written by an older version: what lies
        between the list and it is unknown.
        """
        listed = _parse(meta.get(DESCENT))
        step = Step(header.generation, header.txid)
        if step in listed.steps:
            return listed
        return _trimmed((*listed.steps, step), max(listed.floor, step.generation - 1), listed.writers, listed)

    def extended(self, step: Step, writer: bytes | None) -> Descent:
        """Return the descent of the state that is written on top of this one.

        Args:
            step: of the new state.
            writer: the id of the state directory that writes, if it has one.
        """
        writers = self.writers if writer is None else {**self.writers, writer: step}
        return _trimmed((*self.steps, step), self.floor, writers, self)

    def merged(self, other: Descent) -> Descent:
        """Return the descent of what is merged from two states."""
        writers = dict(self.writers)
        for writer, step in other.writers.items():
            writers[writer] = max(step, writers.get(writer, step))
        floor = max(self.floor, other.floor)
        known = Descent(writers_floor=max(self.writers_floor, other.writers_floor))
        return _trimmed((*self.steps, *other.steps), floor, writers, known)

    def restored_over(self, tip: Descent) -> Descent:
        """Return the descent of a state that deliberately restores this one in place of *tip*: that is no fork."""
        return tip if self.steps and self.steps[-1] in tip.steps else self.merged(tip)

    def includes(self, step: tuple[int, bytes]) -> bool | None:
        """Return whether a state is an ancestor or this one itself; None if the list doesn't reach that far."""
        if step in self.steps:
            return True
        return False if step[0] > self.floor else None

    def lacks_write(self, writer: bytes, step: tuple[int, bytes]) -> bool:
        """Return whether a write of this writer is certainly no ancestor.

        A later write of the same writer was made on top of the earlier one.
        """
        return step[0] > self.writers_floor and self.writers.get(writer, Step(0, b"")) < step

    def as_json(self) -> dict[str, Json]:
        """Return the JSON object that :meth:`of` reads."""
        return {
            "steps": [[step.generation, step.txid.hex()] for step in self.steps],
            "floor": self.floor,
            "writers": {writer.hex(): [step.generation, step.txid.hex()] for writer, step in self.writers.items()},
            "writers_floor": self.writers_floor,
        }


def _trimmed(steps: Iterable[Step], floor: int, writers: Mapping[bytes, Step], known: Descent) -> Descent:
    ordered = sorted(set(steps))
    dropped = ordered[:-KEPT_STEPS]
    by_age = sorted(writers.items(), key=lambda item: item[1])
    gone = by_age[:-KEPT_WRITERS]
    return Descent(
        steps=tuple(ordered[-KEPT_STEPS:]),
        floor=max([floor, *(step.generation for step in dropped)]),
        writers=dict(by_age[-KEPT_WRITERS:]),
        writers_floor=max([known.writers_floor, *(step.generation for _, step in gone)]),
    )


def _parse(value: Json) -> Descent:
    # The index is authenticated, so anything else was written by a later version and proves nothing.
    if not isinstance(value, Mapping):
        return Descent()
    try:
        steps, writers = value["steps"], value["writers"]
        if not isinstance(steps, list) or not isinstance(writers, Mapping):
            return Descent()
        return Descent(
            steps=tuple(sorted(_step(step) for step in steps)),
            floor=_number(value["floor"], 0),
            writers={_id(writer): _step(step) for writer, step in writers.items()},
            writers_floor=_number(value["writers_floor"], 0),
        )
    except (KeyError, ValueError):
        return Descent()


def _step(value: Json) -> Step:
    if not isinstance(value, list) or len(value) != 2:
        raise ValueError("a step is a pair")
    return Step(_number(value[0], 1), _id(value[1]))


def _number(value: Json, least: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise ValueError("no number")
    return value


def _id(value: Json) -> bytes:
    if not isinstance(value, str) or len(value) != 2 * ID_SIZE:
        raise ValueError("no id")
    return bytes.fromhex(value)
