"""An answer is given again. Every doubt is None: the ordinary path knows what to say.

An interpreter that has just started has all modules that are used here, or they are of C.
"""

import os
import stat
import sys
import time

from pyvault.login.runtime_directory import Place, find_runtime_directory
from pyvault.warm.box import OVERHEAD, Keys, NotAnEntryError, unpack
from pyvault.warm.manifest import is_unchanged
from pyvault.warm.question import declared, is_off, pack_variables, question_of, words_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Clock = Callable[[], tuple[int, int]]

LARGEST = 1 << 20
MOMENT = 8  # bytes of a time in nanoseconds
EXEC, SERVE, TEXT = b"exec", b"serve", b"text"
KINDS = {"exec": (EXEC, SERVE), "export": (TEXT,)}
PURPOSE = "warm"  # of the halves


class Warm:
    """The place of the warm path for one user and one home.

    Attributes:
        directory: of the entries.
        halves: where the halves of the key are.
    """

    __slots__ = ("directory", "halves")

    def __init__(self, state: str, runtime: str) -> None:
        """Name it; nothing is touched."""
        self.directory = f"{state}/pyvault/warm"
        self.halves = Place(runtime, f"{state}/pyvault")


def find_warm(environ: "Mapping[str, str]") -> Warm | None:
    """Return the place of the warm path; None where there can't be one."""
    state = find_state(environ)
    runtime = find_runtime_directory(environ) if state else None
    return Warm(state, runtime) if state and runtime else None


def find_state(environ: "Mapping[str, str]") -> str | None:
    """Return the directory of states, written as :mod:`pyvault.paths` writes it; None where there is none for sure."""
    if sys.platform != "linux":
        return None
    state, home = environ.get("XDG_STATE_HOME", ""), environ.get("HOME", "")
    if not state and home.startswith("/"):
        state = f"{home}/.local/state"
    if not state.startswith("/"):
        return None
    # The keys go by this text, and are ended under it: "/home/me/" is "/home/me".
    return f"/{'/'.join(name for name in state.split('/') if name not in {'', '.'})}"


class Answer:
    """What the ordinary path has answered.

    Attributes:
        removed: variables that the command must not have.
        given: variables that it gets, name and value by turns.
        output: for stdout, where there is no command; beside a server the first answer.
        serves: the command has a server.
        noted: the file that tells when the profile was last used.
    """

    __slots__ = ("given", "noted", "output", "removed", "serves")

    def __init__(self, noted: bytes, removed: list[bytes], given: list[bytes], output: bytes, *, serves: bool) -> None:
        """Take the parts."""
        self.serves = serves
        self.noted = noted
        self.removed = removed
        self.given = given
        self.output = output

    def variables(self, environ: "Mapping[bytes, bytes]") -> dict[bytes, bytes]:
        """Return the environment of the command, made from our own."""
        gone = frozenset(self.removed)
        child = {name: value for name, value in environ.items() if name not in gone}
        each = iter(self.given)
        child.update(zip(each, each, strict=True))
        return child

    def note_use(self) -> bool:
        """Note that the profile is used now; return whether it could be, as far as that matters."""
        try:
            os.utime(self.noted, follow_symlinks=False)
        except FileNotFoundError:
            return False  # the ordinary path makes it
        except OSError:
            return True  # a read-only home, say
        return True


def now() -> tuple[int, int]:
    """Return the time of the wall clock, and that since boot, in nanoseconds."""
    return time.clock_gettime_ns(time.CLOCK_REALTIME), time.clock_gettime_ns(time.CLOCK_BOOTTIME)


def find_answer(argv: "Sequence[str]", environ: "Mapping[str, str]", clock: "Clock" = now) -> Answer | None:
    """Return the answer to a command line, if it is known and still right.

    Args:
        argv: the words after the program's name.
        environ: the environment.
        clock: both clocks.
    """
    words = words_of(argv)
    if words is None or is_off(environ):
        return None
    warm = find_warm(environ)
    if warm is None:
        return None
    from pyvault.login.halves import find_halves

    halves = find_halves(warm.halves, PURPOSE)
    if halves is None:
        return None
    keys = Keys(halves)
    name = keys.name(question_of(words, environ))
    try:
        content = keys.open(name, _read(f"{warm.directory}/{name}"))
        return _parse(content, KINDS[argv[0]], environ, clock())
    except (OSError, ValueError, NotAnEntryError):
        return None


def _parse(
    content: bytes, kinds: "Sequence[bytes]", environ: "Mapping[str, str]", at: tuple[int, int]
) -> Answer | None:
    """Return the answer in an entry if it holds now.

    Raises:
        ValueError, NotAnEntryError: it is of another make.
    """
    what, times, noted, manifest, declared_then, removed, given, output = unpack(content)
    if what not in kinds or not is_now(times, at) or not _are_set(declared_then, environ):
        return None
    if not is_unchanged(unpack(manifest)):
        return None
    return Answer(noted, unpack(removed), unpack(given), output, serves=what == SERVE)


def is_now(times: bytes, at: tuple[int, int]) -> bool:
    """Return whether a time is between start and end, by both clocks.

    Args:
        times: start by the wall clock and since boot, and end by both, in nanoseconds.
        at: the time by both.
    """
    first_wall, first_boot, last_wall, last_boot = moments(times)
    wall, boot = at
    return first_wall <= wall < last_wall and first_boot <= boot < last_boot


def moments(times: bytes) -> list[int]:
    """Return the four times of an entry."""
    return [int.from_bytes(times[at : at + MOMENT], "big") for at in range(0, 4 * MOMENT, MOMENT)]


def _are_set(declared_then: bytes, environ: "Mapping[str, str]") -> bool:
    """Return whether the variables that the driver declared are as they were."""
    patterns, values = unpack(declared_then)
    return pack_variables(declared(map(os.fsdecode, unpack(patterns)), environ)) == values


def _read(path: str) -> bytes:
    """Return the bytes of an entry's file.

    Raises:
        OSError: it can't be read.
        NotAnEntryError: it is no private file of ours, or too large.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY)
    try:
        status = os.fstat(descriptor)
        private = status.st_uid == os.geteuid() and not status.st_mode & (stat.S_IRWXG | stat.S_IRWXO)
        if not (stat.S_ISREG(status.st_mode) and private and OVERHEAD < status.st_size <= LARGEST):
            raise NotAnEntryError
        return os.read(descriptor, status.st_size)
    finally:
        os.close(descriptor)
