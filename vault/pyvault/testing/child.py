"""Another process on the same store: ``python -m pyvault.testing.child``.

A job comes as one JSON object on stdin; a line on stdout tells of each change
that the backend has acknowledged, so that a parent that kills us knows how far
we had come.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Literal, TypedDict, cast

from pyvault.json_reader import read_value
from pyvault.names import ItemName, Kind
from pyvault.secret import Secret
from pyvault.testing.subject import Subject

if TYPE_CHECKING:
    from collections.abc import Mapping
    from subprocess import Popen

    from pyvault.backend import Backend


class Job(TypedDict):
    """What the child is to do, ``times`` times.

    ``fill`` puts items of its own called ``<label>-<n>``; ``rewrite`` puts ever
    new values into the one item ``<label>``; ``flicker`` puts and deletes it.
    """

    path: list[str]
    backend: str
    options: Mapping[str, str]
    answers: Mapping[str, str]
    work: Literal["fill", "rewrite", "flicker"]
    label: str
    times: int
    size: int


def payload(number: int, size: int) -> bytes:
    """Make a value that shows when it is cut or mixed with another: its number, repeated."""
    unit = b"%08d." % number
    return (unit * (size // len(unit) + 1))[:size]


def is_payload(data: bytes, size: int) -> bool:
    """Return whether these bytes are one whole value of that size."""
    head = data[:8]
    return len(data) == size and head.isdigit() and data == payload(int(head), size)


def start_child(
    subject: Subject, *, work: Literal["fill", "rewrite", "flicker"], label: str, times: int, size: int
) -> Popen[str]:
    """Start one; its stdout has a line for each acknowledged change."""
    import subprocess

    job: Job = {
        "path": sys.path,
        "backend": subject.backend,
        "options": subject.options,
        "answers": subject.answers,
        "work": work,
        "label": label,
        "times": times,
        "size": size,
    }
    child = subprocess.Popen(
        [sys.executable, "-m", "pyvault.testing.child"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    if child.stdin is None:
        raise AssertionError("a pipe was asked for")
    child.stdin.write(json.dumps(job))
    child.stdin.close()
    child.stdin = None  # communicate() would flush what is closed
    return child


def main() -> None:
    """Do the job that stdin describes."""
    job = cast("Job", read_value(sys.stdin.buffer.read()))  # start wrote it
    sys.path[:] = job["path"]
    backend = Subject(backend=job["backend"], options=job["options"], answers=job["answers"]).open()
    _print_line("ready")
    for number in range(job["times"]):
        _work(backend, job, number)
        _print_line(str(number))
    backend.close()


def _work(backend: Backend, job: Job, number: int) -> None:
    data = Secret(payload(number, job["size"]))
    match job["work"]:
        case "fill":
            backend.put(ItemName(Kind.CREDENTIAL, f"{job['label']}-{number}"), data)
        case "rewrite":
            backend.put(ItemName(Kind.CREDENTIAL, job["label"]), data)
        case "flicker":
            from pyvault.errors import ConflictError, ItemNotFoundError

            name = ItemName(Kind.CREDENTIAL, job["label"])
            try:
                backend.put(name, data)
                backend.delete(name)
            except (ItemNotFoundError, ConflictError):
                return  # another process was faster, as the contract allows


def _print_line(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
