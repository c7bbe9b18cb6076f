"""Where the entries are, whose they are, and what a question is made of."""

import os
import sys

from pyvault.login.runtime_directory import Place, find_runtime_directory
from pyvault.version import __version__
from pyvault.warm.box import pack
from pyvault.warm.variables import said

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

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
    """Return the directory of states; None where there is none without doubt."""
    if sys.platform != "linux":
        return None
    state, home = environ.get("XDG_STATE_HOME", ""), environ.get("HOME", "")
    if not state and home.startswith("/"):
        return f"{home}/.local/state"
    return state if state.startswith("/") else None


def question_of(words: "Sequence[str]", environ: "Mapping[str, str]") -> bytes:
    """Return everything that the question consists of, as bytes to hash.

    Args:
        words: of the command line that are ours.
        environ: the environment.
    """
    groups = " ".join(map(str, sorted(os.getgroups())))
    who = f"{os.getuid()} {os.geteuid()} {os.getgid()} {os.getegid()} {groups}"
    encoding = getattr(sys.stdout, "encoding", None) or ""
    return pack(
        (
            __version__.encode(),
            who.encode(),
            encoding.encode(),
            pack(map(os.fsencode, words)),
            pack_variables(said(environ)),
        )
    )


def pack_variables(variables: "Iterable[tuple[str, str]]") -> bytes:
    """Write names and values by turns."""
    return pack(os.fsencode(text) for pair in variables for text in pair)


def words_of(argv: "Sequence[str]") -> "Sequence[str] | None":
    """Return our words of a command line that may have a warm answer; None if it may not."""
    if argv[:1] == ["export"]:
        return argv
    if argv[:1] == ["exec"] and "--" in argv[:-1]:
        return argv[: argv.index("--")]
    return None
