"""Ask at ``/dev/tty``, the terminal of a POSIX process whatever stdin is; one process of a job at a time."""

from __future__ import annotations

import errno
import fcntl
import os
import termios
from contextlib import contextmanager, nullcontext, suppress
from functools import partial
from typing import TYPE_CHECKING

from pyvault.errors import ConfigError, InputRequiredError, UserCancelledError
from pyvault.printable import printable
from pyvault.process import foreground
from pyvault.process.held_terminal import HeldTerminal
from pyvault.secret import Secret
from pyvault_cli.terminal import output
from pyvault_cli.terminal.typed_line import TypedLine, rewriting
from pyvault_cli.terminal.wrapping import question

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from contextlib import AbstractContextManager

    from pyvault.process.held_terminal import Modes
    from pyvault_cli.terminal.prompt import Seen

LONGEST_PART = 4096  # bytes; a terminal in line mode gives no more at once (termios(3), MAX_CANON)
INPUT, OUTPUT, LOCAL, CONTROLS = 0, 1, 3, 6  # in what tcgetattr gives
#: Where a program in raw mode has taken them away.
USUAL_CONTROLS = {termios.VINTR: b"\x03", termios.VEOF: b"\x04", termios.VERASE: b"\x7f", termios.VKILL: b"\x15"}


class Tty:
    """The :class:`~pyvault_cli.terminal.prompt.Terminal` of POSIX systems."""

    def __init__(self) -> None:
        self._quiet: tuple[int, HeldTerminal] | None = None  # inside a block of hidden questions

    def line(self, prompt: str) -> str:
        """Show the prompt and return what was typed, which is seen."""
        with _holding(_with_echo) as (descriptor, held):
            return _answer(descriptor, held, prompt, _read_line).reveal()

    def hidden(self, prompt: str, *, seen: Seen | None = None, pasted: bool = False) -> Secret[str]:
        """Show the prompt and return what was typed; seen is only what *seen* returns of it."""
        with self._hiding() as (descriptor, held):
            return _answer(descriptor, held, prompt, partial(_read_keys, seen=seen or _nothing, pasted=pasted))

    @contextmanager
    def undisturbed(self) -> Generator[None]:
        """Keep the echo off, and the terminal ours, inside the ``with``."""
        with self._hiding() as held:
            before, self._quiet = self._quiet, held
            try:
                yield
            finally:
                self._quiet = before

    def _hiding(self) -> AbstractContextManager[tuple[int, HeldTerminal]]:
        return nullcontext(self._quiet) if self._quiet else _holding(_key_by_key)


@contextmanager
def opened() -> Generator[int]:
    """Open the terminal.

    Raises:
        InputRequiredError: there is none.
    """
    try:
        descriptor = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:
        raise InputRequiredError("there is no terminal to ask at") from None
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def _holding(modes: Callable[[Modes], Modes]) -> Generator[tuple[int, HeldTerminal]]:
    try:
        with opened() as descriptor, turn():
            held = HeldTerminal(descriptor, modes, waits=tell_waiting)
            with held.held():
                yield descriptor, held
    except KeyboardInterrupt:
        raise UserCancelledError("cancelled") from None
    except termios.error:
        raise UserCancelledError("the terminal has hung up") from None


def tell_waiting() -> None:
    """Tell a person why nothing happens: a shell shows a job that waits, ``timeout`` does not."""
    output.hint("a question waits for the terminal: run fg, or with timeout(1) use its option --foreground")


def _columns(descriptor: int) -> int | None:
    with suppress(OSError):
        return os.get_terminal_size(descriptor).columns or None
    return None


def _answer(
    descriptor: int, held: HeldTerminal, prompt: str, read: Callable[[int, HeldTerminal, Callable[[], None]], bytes]
) -> Secret[str]:
    encoding = os.device_encoding(descriptor) or "utf-8"

    def show() -> None:
        shown = question(printable(prompt), _columns(descriptor))
        os.write(descriptor, shown.encode(encoding, "backslashreplace"))

    try:
        raw = read(descriptor, held, show)
    except OSError as exc:
        reason = "the terminal has hung up" if exc.errno == errno.EIO else f"{exc.strerror}"
        raise UserCancelledError(f"no answer was given: {reason}") from None
    finally:
        held.again = lambda: None
    if not raw:
        raise UserCancelledError("no answer was given")
    try:
        return Secret(raw.decode(encoding).removesuffix("\n"))
    except UnicodeDecodeError:
        raise UserCancelledError(f"what was typed is not valid {encoding}") from None


def _read_line(descriptor: int, held: HeldTerminal, show: Callable[[], None]) -> bytes:
    """Read what the terminal lets a person edit, up to the newline."""
    held.again = show
    raw = b""
    try:
        show()
        while not raw.endswith(b"\n") and (part := os.read(descriptor, LONGEST_PART)):
            raw += part
    finally:
        if not raw.endswith(b"\n"):  # Enter moves to the next line by itself; nothing else does
            os.write(descriptor, b"\n")
    held.answered = True
    return raw


def _nothing(_typed: str) -> str:
    return ""


def _read_keys(descriptor: int, held: HeldTerminal, show: Callable[[], None], *, seen: Seen, pasted: bool) -> bytes:
    """Read key by key, so that no part of a secret waits in the terminal's queue for whoever reads after us."""
    controls = termios.tcgetattr(descriptor)[CONTROLS]
    line = TypedLine.of_controls(controls)

    on_screen = ""

    def again() -> None:
        nonlocal on_screen
        line.clear()
        on_screen = ""
        show()

    held.again = again
    if not pasted:
        termios.tcflush(descriptor, termios.TCIFLUSH)  # typed before the question was there
    try:
        show()
        while not line.ended:
            key = os.read(descriptor, 1)
            if not key:
                line.end()
            else:
                line.take(key)
                wanted = seen(line.so_far())
                os.write(descriptor, rewriting(on_screen, wanted).encode())
                on_screen = wanted
    finally:
        os.write(descriptor, b"\n")
    return line.taken()


def _common(modes: Modes) -> Modes:
    modes[INPUT] = modes[INPUT] & ~(termios.INLCR | termios.IGNCR | termios.ISTRIP) | termios.ICRNL
    modes[OUTPUT] |= termios.OPOST | termios.ONLCR
    modes[LOCAL] |= termios.ISIG
    for place, key in USUAL_CONTROLS.items():
        if modes[CONTROLS][place] in {b"\0", 0}:
            modes[CONTROLS][place] = key
    return modes


def _with_echo(modes: Modes) -> Modes:
    modes = _common(modes)
    modes[LOCAL] |= termios.ICANON | termios.IEXTEN | termios.ECHO | termios.ECHOE | termios.ECHOK
    return modes


def _key_by_key(modes: Modes) -> Modes:
    modes = _common(modes)
    modes[LOCAL] &= ~(termios.ICANON | termios.ECHO | termios.ECHONL)
    modes[CONTROLS][termios.VMIN], modes[CONTROLS][termios.VTIME] = 1, 0
    return modes


NAME = "terminal-turns.lock"


@contextmanager
def turn() -> Generator[None]:
    """Wait until nobody else of our job asks; a place without locks keeps no question back."""
    descriptor = _open()
    if descriptor is None:
        yield
        return
    try:
        with suppress(OSError):
            fcntl.lockf(descriptor, fcntl.LOCK_EX, 1, foreground.job())
        yield
    finally:
        os.close(descriptor)


def _open() -> int | None:
    from pyvault.files.modes import make_directory
    from pyvault.paths import find_paths

    with suppress(OSError, ConfigError):
        paths = find_paths(os.environ)
        directory = paths.runtime or paths.locks
        make_directory(directory)
        return os.open(directory / NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    return None
