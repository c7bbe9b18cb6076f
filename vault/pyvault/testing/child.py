"""Another process on the same store: ``python -m pyvault.testing.child``.

A job comes as one JSON object on stdin; a line on stdout tells of each change
that the backend has acknowledged, so that a parent that kills us knows how far
we had come.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Literal, TypedDict, cast

from pyvault.backend import Versioned
from pyvault.errors import ConflictError, ItemNotFoundError
from pyvault.json_reader import read_value
from pyvault.names import ItemName, Kind
from pyvault.secret import Secret
from pyvault.testing.subject import Subject

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from subprocess import Popen

    from pyvault.backend import Backend


MOST_TRIES = 1000  # of one change against a few others
Work = Literal["fill", "rewrite", "flicker", "append", "claim"]


class Job(TypedDict):
    """What the child is to do, ``times`` times.

    ``fill`` puts items of its own called ``<label>-<n>``; ``rewrite`` puts ever
    new values into the one item ``<label>``; ``flicker`` puts and deletes it;
    ``append`` adds a line ``<label>-<n>`` to the item ``prod``, and ``claim``
    creates ``claim-<n>`` with the label inside, both as ``Versioned``.
    """

    path: list[str]
    backend: str
    options: Mapping[str, str]
    answers: Mapping[str, str]
    work: Work
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
    subject: Subject, *, work: Work, label: str, times: int, size: int, together: bool = False
) -> Popen[str]:
    """Start one; its stdout has a line for each acknowledged change.

    Where it is to go *together* with others, it waits until its stdin is closed.
    """
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
    child.stdin.write(json.dumps(job) + "\n")
    child.stdin.flush()
    if not together:
        _let_go(child)
    return child


def start_together(subject: Subject, *, work: Work, labels: Sequence[str], times: int) -> list[Popen[str]]:
    """Start one child for each label, and let all go when all are ready: then they meet."""
    children = [start_child(subject, work=work, label=label, times=times, size=0, together=True) for label in labels]
    for child in children:
        if child.stdout is None:
            raise AssertionError("a pipe was asked for")
        child.stdout.readline()  # "ready", or nothing: then it has failed, and its stderr says why
    for child in children:
        _let_go(child)
    return children


def _let_go(child: Popen[str]) -> None:
    from contextlib import suppress

    if child.stdin is not None:
        with suppress(BrokenPipeError):  # it has failed, and its stderr says why
            child.stdin.close()
    child.stdin = None  # communicate() would flush what is closed


def main() -> None:
    """Do the job that stdin describes, once stdin is closed."""
    job = cast("Job", read_value(sys.stdin.buffer.readline()))  # start_child wrote it
    sys.path[:] = job["path"]
    backend = Subject(backend=job["backend"], options=job["options"], answers=job["answers"]).open()
    _print_line("ready")
    sys.stdin.buffer.read()
    for number in range(job["times"]):
        if _work(backend, job, number):
            _print_line(str(number))
    backend.close()


def _work(backend: Backend, job: Job, number: int) -> bool:
    """Do it once; return whether the backend acknowledged a change."""
    data = Secret(payload(number, job["size"]))
    match job["work"]:
        case "fill":
            backend.put(ItemName(Kind.CREDENTIAL, f"{job['label']}-{number}"), data)
        case "rewrite":
            backend.put(ItemName(Kind.CREDENTIAL, job["label"]), data)
        case "flicker":
            return _flicker(backend, ItemName(Kind.CREDENTIAL, job["label"]), data)
        case "append":
            _append(backend, f"{job['label']}-{number}\n".encode())
        case "claim":
            return _claim(backend, ItemName(Kind.CREDENTIAL, f"claim-{number}"), Secret(job["label"].encode()))
    return True


def _flicker(backend: Backend, name: ItemName, data: Secret[bytes]) -> bool:
    try:
        backend.put(name, data)
        backend.delete(name)
    except (ItemNotFoundError, ConflictError):
        return False  # another process was faster, as the contract allows
    return True


def _append(backend: Backend, line: bytes) -> None:
    if not isinstance(backend, Versioned):
        raise TypeError("the parent has looked")
    name = ItemName(Kind.CREDENTIAL, "prod")
    for _ in range(MOST_TRIES):
        kept, version = backend.get_versioned(name)
        try:
            backend.put_if(name, Secret(kept.reveal() + line), version)
        except ConflictError:
            continue  # another process was faster
        return
    raise AssertionError(f"{MOST_TRIES} tries in a row were conflicts")


def _claim(backend: Backend, name: ItemName, data: Secret[bytes]) -> bool:
    if not isinstance(backend, Versioned):
        raise TypeError("the parent has looked")
    try:
        backend.create(name, data)
    except ConflictError:
        return False
    return True


def _print_line(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
