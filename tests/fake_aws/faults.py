"""Faults on order: what a test wants to go wrong, with which call, how often."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase


class Kind(StrEnum):
    """What goes wrong."""

    DELAY = "delay"  # the answer takes delay_ms longer
    ERROR = "error"  # HTTP *status*, nothing carried out
    ERROR_AFTER = "error-after"  # HTTP *status*, although it was carried out
    THROTTLE = "throttle"  # the protocol's own way to say "slow down"
    DROP_BEFORE = "drop-before"  # the connection is cut, nothing carried out
    DROP_AFTER = "drop-after"  # carried out, then the connection is cut
    HANG = "hang"  # no answer until faults are cleared, nothing carried out
    HANG_AFTER = "hang-after"  # the same, but carried out


@dataclass(slots=True, kw_only=True)
class Fault:
    """One order. It hits the calls after the first *skip* matching ones, *times* of them."""

    op: str  # a shell pattern over "service.Operation"
    kind: Kind
    where: Mapping[str, str] = field(default_factory=dict[str, str])  # parameters that must be so, as shell patterns
    access_key_id: str | None = None
    times: int | None = None  # None: always
    skip: int = 0
    status: int = 500
    delay_ms: int = 0
    number: int = 0
    hits: int = 0

    def matches(self, op: str, access_key_id: str | None, params: Mapping[str, str]) -> bool:
        """Say whether a call is meant."""
        return (
            fnmatchcase(op, self.op)
            and self.access_key_id in {None, access_key_id}
            and all(name in params and fnmatchcase(params[name], want) for name, want in self.where.items())
        )


class Faults:
    """The orders that stand."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self._numbers = itertools.count(1)
        self._released = threading.Event()

    def add(self, fault: Fault) -> int:
        """Take an order; its number removes it again."""
        with self._lock:
            fault.number = next(self._numbers)
            self._faults.append(fault)
            return fault.number

    def clear(self, number: int | None = None) -> None:
        """Forget one order, or all of them, and cut the calls that hang."""
        with self._lock:
            self._faults = [f for f in self._faults if number not in {None, f.number}]
            self._released.set()
            self._released = threading.Event()

    def take(self, op: str, access_key_id: str | None, params: Mapping[str, str]) -> list[Fault]:
        """Give what hits this call: any number of delays, then at most one other fault."""
        taken: list[Fault] = []
        with self._lock:
            for fault in self._faults:
                if not fault.matches(op, access_key_id, params) or fault.times == 0:
                    continue
                if fault.skip > 0:
                    fault.skip -= 1
                    continue
                fault.hits += 1
                fault.times = None if fault.times is None else fault.times - 1
                taken.append(fault)
                if fault.kind is not Kind.DELAY:
                    break
        return taken

    def hang(self) -> None:
        """Block until the faults are cleared."""
        with self._lock:
            released = self._released
        released.wait()

    def as_json(self) -> list[dict[str, object]]:
        """Describe the orders that stand."""
        with self._lock:
            return [
                {"number": f.number, "op": f.op, "kind": f.kind.value, "times": f.times, "skip": f.skip, "hits": f.hits}
                for f in self._faults
            ]
