"""The long form: every target under a coverage-guided fuzzer (atheris, which is libFuzzer), for as long as it is told.

::

    PYTHONPATH=tests python -m fuzz.campaign [--minutes 60] [TARGET...]

The targets run one after the other, each in a child of this process, from its seeds and its
kept inputs. What is found lies below ``build/fuzz``: ``corpus/TARGET`` grows from run to run,
``found/TARGET`` holds an input for each fault. ``FUZZ_MINUTES`` is the default of ``--minutes``.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import os
import re
import sys
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

BUILD = Path("build/fuzz")
INSTRUMENTED = ["pyvault", "pyvault_cli", "pyvault_backends"]
#: Seconds after which libFuzzer itself gives an input up: work that Python's own alarm can't interrupt.
STUCK = 300
MOST_MEMORY = 2048  # MiB
KINDS = (
    "crash",
    "hang",
    "exit 70",
)  # how the text of a fault begins; what begins otherwise is a promise that is broken
TITLES = f"{'target':20} {'runs':>10} {'new':>6} {'crashes':>7} {'hangs':>7} {'exit 70':>7} {'others':>7}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one target's time."""

    name: str
    runs: int
    new: int
    faults: tuple[str, ...]

    def line(self) -> str:
        counts = [sum(fault.startswith(kind) for fault in self.faults) for kind in KINDS]
        counts.append(len(self.faults) - sum(counts))
        return f"{self.name:20} {self.runs:10} {self.new:6} " + " ".join(f"{count:7}" for count in counts)


def main() -> int:
    """Run all targets; 1 if any has a fault."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=float(os.environ.get("FUZZ_MINUTES") or 60))
    parser.add_argument("targets", nargs="*")
    given = parser.parse_args()
    import atheris

    with atheris.instrument_imports(include=INSTRUMENTED):  # also of what the targets import when they run
        with redirect_stderr(io.StringIO()):  # a line for each module
            from fuzz.table import TARGETS
            from fuzz.target import room

        room()  # before the first child, so that it goes with this process
        names = given.targets or [*TARGETS]
        seconds = max(1, round(given.minutes * 60 / len(names)))
        _say(f"{len(names)} targets, {seconds} s each\n{TITLES}")
        outcomes: list[Outcome] = []
        for name in names:
            outcome = _run(name, lambda name=name: fuzz(atheris, name, seconds))  # type: ignore[misc]  # a default that binds
            outcomes.append(outcome)
            _say("\n    ".join([outcome.line(), *outcome.faults]))
    _say(_sum(outcomes).line())
    return 1 if any(one.faults for one in outcomes) else 0


def _sum(outcomes: Sequence[Outcome]) -> Outcome:
    faults = tuple(fault for one in outcomes for fault in one.faults)
    return Outcome(
        name="all", runs=sum(one.runs for one in outcomes), new=sum(one.new for one in outcomes), faults=faults
    )


def _run(name: str, work: Callable[[], object]) -> Outcome:
    """Do the work of a target in a child, and read what it has to tell."""
    for folder in ("corpus", "found"):
        (BUILD / folder / name).mkdir(parents=True, exist_ok=True)
    log = BUILD / f"{name}.log"
    child = os.fork()
    if not child:
        with log.open("wb", buffering=0) as stream:
            os.dup2(stream.fileno(), 1)
            os.dup2(stream.fileno(), 2)
        work()
        os._exit(0)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    text = log.read_text(encoding="utf-8", errors="replace")
    faults = re.findall(r"^FAULT (.*)$", text, re.MULTILINE)
    if status:
        faults.append(f"{'hang' if 'libFuzzer: timeout' in text else 'crash'}: the child ended with {status}: {log}")
    runs, new = (_number(text, key) for key in ("number_of_executed_units", "new_units_added"))
    return Outcome(name=name, runs=runs, new=new, faults=tuple(faults))


def _number(text: str, key: str) -> int:
    found = re.findall(rf"^stat::{key}:\s*(\d+)", text, re.MULTILINE)
    return int(found[-1]) if found else 0


def fuzz(atheris: Any, name: str, seconds: int) -> None:
    """Fuzz one target; libFuzzer ends the process."""
    from fuzz.changes import apply, draw
    from fuzz.table import TARGETS, inputs
    from fuzz.target import find_fault

    target, start = TARGETS[name], inputs(name)
    corpus, found = BUILD / "corpus" / name, BUILD / "found" / name
    seen: set[str] = set()

    def run(data: bytes) -> None:
        fault = find_fault(target, data)
        if fault is not None and fault not in seen:
            seen.add(fault)
            (found / _digest(fault.encode())).write_bytes(data)
            _say(f"\nFAULT {fault}: {found / _digest(fault.encode())}")

    def mutate(data: bytes, longest: int, seed: int) -> bytes:
        random = Random(seed)
        if random.random() < 0.5:
            return bytes(atheris.Mutate(data, longest))
        return apply(data, draw(random), start, longest=longest)

    for data in start:
        (corpus / _digest(data)).write_bytes(data)
    options = (
        f"-max_total_time={seconds}", f"-max_len={target.longest}", f"-timeout={STUCK}", f"-rss_limit_mb={MOST_MEMORY}",
        "-print_final_stats=1", "-verbosity=0", f"-artifact_prefix={found}/", str(corpus),
    )  # fmt: skip
    atheris.Setup([sys.argv[0], *options], run, custom_mutator=mutate)
    atheris.Fuzz()


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
