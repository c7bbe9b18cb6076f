"""Let a person pick a profile: type a few letters, see account and role, press Enter.

Drawn on the controlling terminal, so that ``eval "$(pyvault export)"`` can ask
too. prompt_toolkit does the drawing; it is imported only when it is needed.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from pyvault.errors import InputRequiredError, ProfileNotFoundError, UserCancelledError
from pyvault.printable import printable
from pyvault.record import Record
from pyvault_cli.commandline import suggestions
from pyvault_cli.terminal.cell_width import cells, padded

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator, Iterator, Sequence
    from datetime import datetime

    from prompt_toolkit.completion import CompleteEvent, Completer, Completion
    from prompt_toolkit.document import Document
    from prompt_toolkit.input import Input
    from prompt_toolkit.output import Output

    from pyvault.config.config_file import ConfigFile

ROWS = 12  # of the menu; more scroll
UNITS = (("d", 86400), ("h", 3600), ("min", 60))


class Choice(Record):
    """One profile as it is shown.

    Attributes:
        about: account, role, session: what the config says of them.
        used: the last use; None for never.
    """

    profile: str
    about: str
    used: datetime | None

    def text(self) -> str:
        """What a person's letters are looked for in."""
        return f"{self.profile} {self.about}"


def works_here() -> bool:
    """Return whether a person can be let pick: at a POSIX terminal, and where prompt_toolkit was not left out."""
    import sys
    from importlib.util import find_spec

    from pyvault_cli.terminal.mfa_prompts import terminal

    return sys.platform != "win32" and find_spec("prompt_toolkit") is not None and terminal.available({})


def choices(config: ConfigFile, stored: Collection[str], last_use: Callable[[str], datetime | None]) -> list[Choice]:
    """List the profiles: those of the config file, then those that are only stored; last used first."""
    names = dict.fromkeys([*config.profiles(), *sorted(stored)])
    listed = [Choice(profile=name, about=_about(config, name, stored), used=last_use(name)) for name in names]
    return sorted(listed, key=lambda choice: -choice.used.timestamp() if choice.used else 0)


def pick(listed: Sequence[Choice], *, now: datetime) -> str:
    """Ask the person at the terminal.

    Raises:
        InputRequiredError: there is no terminal.
        ProfileNotFoundError: there is nothing to pick from.
        UserCancelledError: the person pressed Ctrl-C or Ctrl-D.
    """
    if not listed:
        raise ProfileNotFoundError("there is no profile to pick from", hint=suggestions.FIRST_STEPS)
    with _terminal() as (keys, screen):
        return resolve(_typed(listed, now, keys, screen), listed)


@contextmanager
def _terminal() -> Generator[tuple[Input, Output]]:
    """Open both ends of the controlling terminal, whatever stdin and stdout are."""
    import os

    from prompt_toolkit.input.vt100 import Vt100Input
    from prompt_toolkit.output.vt100 import Vt100_Output

    try:
        keys, screen = open("/dev/tty", encoding="utf-8"), open("/dev/tty", "w", encoding="utf-8")  # noqa: PTH123, SIM115 - a device; closed below
    except OSError:
        raise InputRequiredError(
            "no profile is given, and there is no terminal to pick one at",
            hint="name one, or set AWS_PROFILE; 'pyvault list' shows them",
        ) from None
    with keys, screen, _held(keys.fileno()):
        yield Vt100Input(keys), Vt100_Output.from_pty(screen, term=os.environ.get("TERM"))


@contextmanager
def _held(terminal: int) -> Generator[None]:
    """See that the terminal is left as it was, also by a signal; prompt_toolkit sets the modes it needs."""
    import signal

    from pyvault.process.held_terminal import HeldTerminal
    from pyvault_cli.terminal.tty import tell_waiting, turn

    with turn():
        held = HeldTerminal(terminal, lambda modes: modes, waits=tell_waiting)
        held.again = lambda: signal.raise_signal(signal.SIGWINCH)  # at which it draws itself anew
        with held.held():
            yield


def _typed(listed: Sequence[Choice], now: datetime, keys: Input, screen: Output) -> str:
    from prompt_toolkit import PromptSession

    session: PromptSession[str] = PromptSession(
        input=keys,
        output=screen,
        completer=_completer(listed, now),
        complete_while_typing=True,
        reserve_space_for_menu=ROWS,
        rprompt=lambda: f"{taken(session.default_buffer.text, listed)} ",
    )
    try:
        # The menu is there from the start: who knows no name by heart can look.
        return session.prompt("profile: ", pre_run=session.default_buffer.start_completion)
    except (KeyboardInterrupt, EOFError):
        raise UserCancelledError("cancelled") from None


def taken(typed: str, listed: Sequence[Choice]) -> str:
    """Return what Enter would take, in words: not every terminal shows which line of a menu is another colour."""
    try:
        return f"Enter takes {printable(resolve(typed, listed))}"
    except ProfileNotFoundError:
        return "no profile matches"


def resolve(typed: str, listed: Sequence[Choice]) -> str:
    """Return the profile that the finished line means: the one of that name, else the best match.

    Raises:
        ProfileNotFoundError: nothing matches.
    """
    for choice in listed:
        if choice.profile == typed.strip():
            return choice.profile
    found = suggestions.find(typed, listed, Choice.text)
    if not found:
        raise ProfileNotFoundError(f"no profile matches {typed!r}", hint="'pyvault list' shows them")
    return found[0].profile


def ago(used: datetime | None, now: datetime) -> str:
    """Return how long ago something was, in the largest unit that fits; empty for never."""
    if used is None:
        return ""
    seconds = max(0, int((now - used).total_seconds()))
    for unit, size in UNITS:
        if seconds >= size:
            return f"{seconds // size} {unit} ago"
    return "just now"


def _completer(listed: Sequence[Choice], now: datetime) -> Completer:
    from prompt_toolkit.completion import Completer, Completion

    width = max(cells(printable(choice.about)) for choice in listed)

    class ByLetters(Completer):
        """Offers the profiles that match what was typed so far."""

        def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:
            del complete_event
            for choice in suggestions.find(document.text, listed, Choice.text):
                about = f"{padded(printable(choice.about), width)}  {ago(choice.used, now)}".rstrip()
                yield Completion(
                    choice.profile,
                    start_position=-len(document.text),
                    display=printable(choice.profile),
                    display_meta=about,
                )

    return ByLetters()


def _about(config: ConfigFile, name: str, stored: Collection[str]) -> str:
    entries = config.find_profile(name) or {}
    value = {key: entry.value for key, entry in entries.items()}
    words: list[str] = []
    if arn := value.get("role_arn"):
        account, _, role = arn.removeprefix("arn:").split(":", 3)[-1].partition(":role/")
        words += [account, role.rpartition("/")[2]] if role else [arn]
    elif "sso_account_id" in value or "sso_role_name" in value:
        words += [value.get("sso_account_id", ""), value.get("sso_role_name", ""), value.get("sso_session", "SSO")]
    elif "credential_process" in value:
        words.append("process")
    if name in stored:
        words.append("stored key")
    return " ".join(word for word in words if word)
