"""What a fuzz target is, and what counts as a fault of it.

A target gives bytes to one reader of foreign input. Whatever the bytes are, the
reader takes them or refuses them with one of the exit codes that are documented
for it; all else is a fault: an exception that is not ours (which would be exit 70),
another exit code, an assertion of the target, a secret in an error, too much work.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import re
import shutil
import signal
import tempfile
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pyvault.errors import PyvaultError
from pyvault_cli.commandline.exit_codes import exit_code

#: Stands in the seeds where a secret stands; no error may repeat it.
CANARY = "wJalrXUtnFEMICANARY"
#: Of processor time, so that a busy machine makes no hang; a thousand times what the dearest input takes.
SECONDS = 5.0
PUT_IN = re.compile(r"'[^']*'|\"[^\"]*\"|\d+")
HERE = Path(__file__).parent
MEMORY = Path("/dev/shm")  # noqa: S108 - a file there costs no disk


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One reader of foreign input.

    Attributes:
        name: also of its corpus.
        run: gives it the bytes; a text that it returns says in a word what came of them.
        seeds: valid inputs, and some that are nearly so.
        exits: the exit codes with which it may refuse.
        is_silent: its errors hold nothing of the input.
        longest: bytes of an input.
        examples: how many mutated inputs the ordinary tests try.
    """

    name: str
    run: Callable[[bytes], object]
    seeds: tuple[bytes, ...]
    exits: frozenset[int] = frozenset()
    is_silent: bool = True
    longest: int = 8192
    examples: int = 600


class HangError(BaseException):
    """An input takes too long; no ``except Exception`` of the code under test stops it."""


def find_fault(target: Target, data: bytes, *, seconds: float = SECONDS) -> str | None:
    """Return what is wrong with how a target takes an input; None if nothing is."""
    try:
        with _bounded(seconds):
            target.run(data)
    except HangError as exc:
        return f"hang at {_place(exc)}"
    except PyvaultError as exc:
        code = exit_code(exc)
        if code not in target.exits:
            return f"exit {code} instead of {sorted(target.exits)}: {type(exc).__name__} at {_place(exc)}"
        if target.is_silent and CANARY in f"{exc.message} {exc.hint} {exc.__cause__}":
            return f"an error that shows what it must not: {type(exc).__name__} at {_place(exc)}"
    except Exception as exc:  # noqa: BLE001 - any of them is the fault that is looked for
        kind = "a broken promise" if _is_promise(exc) else f"exit 70: {type(exc).__name__}"
        return f"{kind} at {_place(exc)}"
    return None


def end_of(target: Target, data: bytes) -> str:
    """Return how a target ends with an input, without what the input has put into it: one way through it, by name."""
    try:
        found = target.run(data)
    except Exception as exc:  # noqa: BLE001 - it is looked at by :func:`find_fault`
        return PUT_IN.sub("_", f"{type(exc).__name__}: {exc}")
    return f"taken: {found}" if isinstance(found, str) else "taken"


@contextlib.contextmanager
def _bounded(seconds: float) -> Iterator[None]:
    before = signal.signal(signal.SIGVTALRM, _stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def _stop(_number: int, _frame: object) -> None:
    raise HangError


def _is_promise(exc: BaseException) -> bool:
    """Return whether a target itself found that something does not hold."""
    raised = traceback.extract_tb(exc.__traceback__)[-1].filename
    return isinstance(exc, AssertionError) and Path(raised).parent == HERE


def _place(exc: BaseException) -> str:
    """Return where it was raised: our innermost line, so that one fault is one, and not one for each input."""
    frames = [frame for frame in traceback.extract_tb(exc.__traceback__) if frame.name != _stop.__name__]
    ours = [frame for frame in frames if "pyvault" in Path(frame.filename).parts] or frames
    return " ".join(dict.fromkeys(f"{Path(frame.filename).name}:{frame.lineno}" for frame in (ours[-1], frames[-1])))


@cache
def room() -> Path:
    """Return a directory of this process, and of its children: it goes when this process ends."""
    made, owner = Path(tempfile.mkdtemp(prefix="pyvault-fuzz-", dir=MEMORY if MEMORY.is_dir() else None)), os.getpid()
    atexit.register(lambda: os.getpid() == owner and shutil.rmtree(made, ignore_errors=True))
    return made


def placed(name: str, data: bytes) -> Path:
    """Write an input to a private file for readers that want a path."""
    path = room() / name
    path.parent.mkdir(mode=0o700, exist_ok=True)
    path.write_bytes(data)
    path.chmod(0o600)
    return path


def as_text(data: bytes) -> str:
    """Return bytes as Python has them in argv and in the environment."""
    return data.decode(errors="surrogateescape")
