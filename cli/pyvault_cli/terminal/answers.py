"""Where a value comes from that a backend or a command asks for.

The passphrase of a vault: from this command, its environment, or the terminal;
:mod:`pyvault.vaultfile.unlock.key_sources` has the order, and ours here is the same. A new one:
``--new-passphrase-fd``, ``PYVAULT_NEW_PASSPHRASE``, ``PYVAULT_NEW_PASSPHRASE_FILE``,
and where a vault is made, so that there is no old one to mix it up with, the
sources of a passphrase too; else the terminal, typed twice. With ``--no-input``,
or without a terminal, the error names them all. A new one that is weak is taken
only with ``--weak-passphrase``, ``PYVAULT_WEAK_PASSPHRASE=1`` or ``PYVAULT_KDF=min``.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

from pyvault.errors import InputRequiredError, UsageError, UserCancelledError
from pyvault.secret import Secret
from pyvault.vaultfile.unlock import passphrase_sources
from pyvault_cli.commandline import exit_codes
from pyvault_cli.terminal import prompt

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from pyvault.backend import Question
    from pyvault.vaultfile.unlock.passphrase_sources import PassphraseSource
    from pyvault_cli.commandline.arguments import CommandLine

GIVEN, NEW, WEAK = "--passphrase-fd", "--new-passphrase-fd", "--weak-passphrase"
TERMINAL = "a terminal"
MOST_DIGITS = 9  # of a descriptor
PASSPHRASE_SOURCES: tuple[str, ...] = (GIVEN, *passphrase_sources.PASSPHRASE_SOURCES, TERMINAL)
ANOTHER_SOURCES: tuple[str, ...] = ("--passphrase-file", "--keyfile", TERMINAL)
NEW_SOURCES: tuple[str, ...] = (NEW, *passphrase_sources.NEW_PASSPHRASE_SOURCES, TERMINAL)


class DeclinedError(UserCancelledError):
    """The human said no: an answer, and no interruption."""


exit_codes.TABLE[DeclinedError] = exit_codes.FAILED


class TerminalAnswers:
    """Answers questions; an instance is the ``Ask`` of :mod:`pyvault.backend`, and knows whose an answer is.

    Attributes:
        renewing: an old passphrase is in use, so only the sources of a new one may give the new one.
        typed_new: a person typed the new passphrase that was returned last.
        sources: what an error names where nobody can be asked for a passphrase that exists.
    """

    def __init__(
        self,
        line: CommandLine,
        environ: Mapping[str, str],
        open_terminal: Callable[[], prompt.Terminal] = prompt.open_terminal,
    ) -> None:
        self._line = line
        self._environ = environ
        self._open_terminal = open_terminal
        self._answers: dict[str, Secret[str]] = {}  # a descriptor can be read only once
        self.renewing = False
        self.typed_new = False
        self.sources = PASSPHRASE_SOURCES

    def __call__(self, question: Question) -> Secret[str]:
        """Return the value asked for.

        Raises:
            InputRequiredError: no source has it, and nobody may or can be asked.
            UserCancelledError: the human declined.
        """
        match question.key:
            case "passphrase":
                return self.passphrase() or self.passphrase_from_prompt(question)
            case "new-passphrase":
                return self.new_passphrase(question.prompt)
            case "confirm":
                yes = prompt.confirmed(self.terminal(question.prompt, question.sources), question.prompt)
                return Secret("y" if yes else "n")
            case _:
                return self.terminal(question.prompt, question.sources).hidden(question.prompt)

    def passphrase(self) -> Secret[str] | None:
        """Return the passphrase that came without a human; None if none did."""
        source = self.passphrase_from_flag() or self.passphrase_from_environment()
        return source() if source else None

    def passphrase_from_flag(self) -> PassphraseSource | None:
        """Return how to read the passphrase that came with this very command; None if none did."""
        if self._line.last(GIVEN) is None:
            return None
        return lambda: self._descriptor(GIVEN)

    def passphrase_from_environment(self) -> PassphraseSource | None:
        """Return how to read the passphrase of the environment; None if it has none."""
        return passphrase_sources.passphrase_from_environment(self._environ)

    def key_from_environment(self) -> Secret[bytes] | None:
        """Return the key of the environment; None if it has none."""
        return passphrase_sources.key_from_environment(self._environ)

    def passphrase_from_prompt(self, question: Question, *, wrong: bool = False) -> Secret[str]:
        """Ask the human for a passphrase that exists.

        Args:
            question: what is asked.
            wrong: what was typed before is not it.

        Raises:
            InputRequiredError: nobody may or can be asked.
        """
        shown = f"wrong passphrase, try again; {question.prompt}" if wrong else question.prompt
        return self.terminal(question.prompt, self.sources).hidden(shown)

    @contextmanager
    def undisturbed(self) -> Generator[None]:
        """Ask for passphrases inside the ``with``: what is typed between two of them is not seen."""
        try:
            terminal = self.terminal("", ())
        except InputRequiredError:  # the question itself says so, and what is needed
            yield
            return
        usual = self._open_terminal
        with terminal.undisturbed():
            self._open_terminal = lambda: terminal
            try:
                yield
            finally:
                self._open_terminal = usual

    @contextmanager
    def silent(self) -> Generator[None]:
        """Ask nobody inside the ``with``."""

        def refuse() -> NoReturn:
            raise InputRequiredError("nobody is asked now")

        usual, self._open_terminal = self._open_terminal, refuse
        try:
            yield
        finally:
            self._open_terminal = usual

    def for_another_vault(self) -> TerminalAnswers:
        """Return the answers for a vault that our descriptors and variables don't belong to: a human's alone."""
        from pyvault.record import replace

        kept = tuple((name, value) for name, value in self._line.global_options if name not in {GIVEN, NEW})
        other = TerminalAnswers(replace(self._line, global_options=kept), {}, self._open_terminal)
        other.sources = ANOTHER_SOURCES
        return other

    def new_passphrase(self, question: str) -> Secret[str]:
        """Return a new passphrase; a human types it twice.

        Raises:
            InputRequiredError: nobody may or can be asked, or the one that came without a human is weak.
        """
        passphrase = self.new_passphrase_unasked()
        self.typed_new = passphrase is None
        if passphrase is not None:
            if not self._weak_allowed():
                from pyvault.vaultfile.unlock.passphrase import check_new_passphrase

                check_new_passphrase(passphrase)
            return passphrase
        sources = NEW_SOURCES if self.renewing else NEW_SOURCES[:-1] + PASSPHRASE_SOURCES
        return prompt.ask_twice(self.terminal(question, sources), question, self._objection)

    def _weak_allowed(self) -> bool:
        from pyvault.vaultfile.unlock.passphrase import weak_allowed

        return self._line.has(WEAK) or weak_allowed(self._environ)

    def _objection(self, passphrase: Secret[str]) -> str | None:
        """Return what to tell a human who chose a weak passphrase."""
        from pyvault.vaultfile.unlock.passphrase import find_weakness

        weakness = None if self._weak_allowed() else find_weakness(passphrase)
        return f"that one {weakness}, choose another ({WEAK} insists)" if weakness else None

    def new_passphrase_unasked(self) -> Secret[str] | None:
        """Return the new passphrase that came without a human; None if none did."""
        if self._line.last(NEW) is not None:
            return self._descriptor(NEW)
        if (source := passphrase_sources.new_passphrase(self._environ)) is not None:
            return source()
        return None if self.renewing else self.passphrase()

    def confirm(self, question: str, *, option: str) -> None:
        """Go on only if the human says yes.

        Args:
            question: with what will be lost.
            option: the option that answers yes beforehand.

        Raises:
            InputRequiredError: nobody may or can be asked.
            DeclinedError: the human said no.
            UserCancelledError: the human pressed Ctrl-C or Ctrl-D.
        """
        if not prompt.confirmed(self.terminal(f"an answer to '{question}'", (option, TERMINAL)), question):
            raise DeclinedError("not confirmed; nothing was changed")

    def terminal(self, required: str, sources: tuple[str, ...]) -> prompt.Terminal:
        """Return the terminal to ask at.

        Args:
            required: what is asked for, in the words of an error.
            sources: other ways to provide it.

        Raises:
            InputRequiredError: ``--no-input``, or no terminal; names the sources.
        """
        reason = "--no-input was given"
        if not self._line.has("--no-input"):
            try:
                return self._open_terminal()
            except InputRequiredError as exc:
                reason = exc.message
        ways = " or ".join(part for part in (", ".join(sources[:-1]), *sources[-1:]) if part)
        way_out = f"; provide it with {ways}" if ways else ""
        raise InputRequiredError(f"{required} is required and {reason}{way_out}")

    def can_ask(self) -> bool:
        """Return whether a human may and can be asked."""
        try:
            self.terminal("", ())
        except InputRequiredError:
            return False
        return True

    def close_descriptors(self) -> None:
        """Close what was offered by number and not read: a child must not inherit a passphrase."""
        from contextlib import suppress

        for option in (GIVEN, NEW):
            if self._line.last(option) is not None and option not in self._answers:
                with suppress(OSError, UsageError):
                    _close(self._number(option))

    def _descriptor(self, option: str) -> Secret[str]:
        if option not in self._answers:
            from pyvault.vaultfile.unlock.passphrase import read_passphrase_descriptor

            number = self._number(option)
            self._answers[option] = read_passphrase_descriptor(number)
            _close(number)
        return self._answers[option]

    def _number(self, option: str) -> int:
        text = self._line.last(option) or ""
        if not (text.isascii() and text.isdigit()):
            raise UsageError(f"'{option}' takes the number of a file descriptor, not '{text}'")
        number = int(text[:MOST_DIGITS])
        if len(text) > MOST_DIGITS or (option == NEW and text == self._line.last(GIVEN)):
            reason = "is no number of a descriptor" if len(text) > MOST_DIGITS else f"is that of '{GIVEN}' too"
            raise UsageError(f"'{option}': {text} {reason}")
        return number


def _close(descriptor: int) -> None:
    """Close a descriptor: a child must not inherit it. A standard one stays open, and leads nowhere."""
    if descriptor > 2:
        os.close(descriptor)
        return
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, descriptor)
    os.close(null)
