"""Where a value comes from that somebody must give: the order of the sources.

A passphrase: ``--passphrase-fd``, ``PYVAULT_PASSPHRASE_FILE``,
``PYVAULT_PASSPHRASE``, ``AWS_VAULT_FILE_PASSPHRASE``, the terminal. A new one:
``--new-passphrase-fd``, ``PYVAULT_NEW_PASSPHRASE``, ``PYVAULT_NEW_PASSPHRASE_FILE``,
and where a vault is made, so that there is no old one to mix it up with, the
sources of a passphrase too; else the terminal, typed twice. With ``--no-input``,
or without a terminal, the error names them all.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from pyvault.errors import InputRequiredError, InvalidSettingError, UsageError, UserCancelledError
from pyvault.secret import Secret
from pyvault_cli import prompt

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pyvault.backend import Question
    from pyvault_cli.words import Words

TERMINAL = "a terminal"
STANDING = ("PYVAULT_PASSPHRASE_FILE", "PYVAULT_PASSPHRASE", "AWS_VAULT_FILE_PASSPHRASE")
PASSPHRASE_SOURCES: tuple[str, ...] = (
    "--passphrase-fd",
    "PYVAULT_KEYFILE",
    "PYVAULT_PASSPHRASE_FILE",
    "PYVAULT_PASSPHRASE",
    TERMINAL,
)
NEW_SOURCES: tuple[str, ...] = (
    "--new-passphrase-fd",
    "PYVAULT_NEW_PASSPHRASE",
    "PYVAULT_NEW_PASSPHRASE_FILE",
    TERMINAL,
)


class Asking:
    """Answers questions; an instance is the ``Ask`` of :mod:`pyvault.backend`.

    Attributes:
        renewing: an old passphrase is in use, so only the sources of a new one may give the new one.
    """

    def __init__(
        self,
        words: Words,
        environ: Mapping[str, str],
        open_terminal: Callable[[], prompt.Terminal] = prompt.open_terminal,
    ) -> None:
        self._words = words
        self._environ = environ
        self._open_terminal = open_terminal
        self._answers: dict[str, Secret[str]] = {}  # a descriptor can be read only once
        self.renewing = False

    def __call__(self, question: Question) -> Secret[str]:
        """Give the value asked for.

        Raises:
            InputRequiredError: no source has it, and nobody may or can be asked.
            UserCancelledError: the human declined.
        """
        match question.key:
            case "passphrase":
                return self.passphrase() or self.typed_passphrase(question.prompt)
            case "new-passphrase":
                return self.new_passphrase(question.prompt)
            case "confirm":
                yes = prompt.confirmed(self.terminal(question.prompt, question.sources), question.prompt)
                return Secret("y" if yes else "n")
            case _:
                return self.terminal(question.prompt, question.sources).hidden(question.prompt)

    def passphrase(self) -> Secret[str] | None:
        """Give the passphrase that came without a human; None if none did."""
        return self.given_passphrase() or self.standing_passphrase()

    def given_passphrase(self) -> Secret[str] | None:
        """Give the passphrase that came with this very command."""
        return self._descriptor("--passphrase-fd")

    def has_standing_passphrase(self) -> bool:
        """Say whether the environment has a passphrase, without reading it."""
        return any(self._environ.get(name) for name in STANDING)

    def standing_passphrase(self) -> Secret[str] | None:
        """Give the passphrase of the environment."""
        return (
            self._file("PYVAULT_PASSPHRASE_FILE")
            or self._variable("PYVAULT_PASSPHRASE")
            or self._variable("AWS_VAULT_FILE_PASSPHRASE")
        )

    def typed_passphrase(self, wanted: str) -> Secret[str]:
        """Ask the human for a passphrase that exists.

        Raises:
            InputRequiredError: nobody may or can be asked.
        """
        return self.terminal(wanted, PASSPHRASE_SOURCES).hidden(wanted)

    def new_passphrase(self, wanted: str) -> Secret[str]:
        """Give a new passphrase; a human types it twice.

        Raises:
            InputRequiredError: nobody may or can be asked.
        """
        given = self.given_new_passphrase()
        if given is not None:
            return given
        sources = NEW_SOURCES if self.renewing else NEW_SOURCES[:-1] + PASSPHRASE_SOURCES
        return prompt.ask_twice(self.terminal(wanted, sources), wanted)

    def given_new_passphrase(self) -> Secret[str] | None:
        """Give the new passphrase that came without a human; None if none did."""
        new = (
            self._descriptor("--new-passphrase-fd")
            or self._variable("PYVAULT_NEW_PASSPHRASE")
            or self._file("PYVAULT_NEW_PASSPHRASE_FILE")
        )
        return new if new or self.renewing else self.passphrase()

    def confirm(self, question: str, *, option: str) -> None:
        """Go on only if the human says yes.

        Args:
            question: with what will be lost.
            option: the option that answers yes beforehand.

        Raises:
            InputRequiredError: nobody may or can be asked.
            UserCancelledError: the human said no.
        """
        if not prompt.confirmed(self.terminal(f"an answer to '{question}'", (option, TERMINAL)), question):
            raise UserCancelledError("not confirmed; nothing was changed")

    def terminal(self, wanted: str, sources: tuple[str, ...]) -> prompt.Terminal:
        """Give the terminal, or say what is needed and how it can be given.

        Raises:
            InputRequiredError: ``--no-input``, or no terminal.
        """
        reason = "--no-input forbids to ask"
        if not self._words.has("--no-input"):
            try:
                return self._open_terminal()
            except InputRequiredError as exc:
                reason = exc.message
        given_by = f"; it can be given by {', '.join(sources)}" if sources else ""
        raise InputRequiredError(f"needed: {wanted}, but {reason}{given_by}")

    def can_ask(self) -> bool:
        """Say whether a human may and can be asked."""
        try:
            self.terminal("", ())
        except InputRequiredError:
            return False
        return True

    def close_descriptors(self) -> None:
        """Close what was offered by number and not read: a child must not inherit a passphrase."""
        from contextlib import suppress

        for option in ("--passphrase-fd", "--new-passphrase-fd"):
            if self._words.last(option) is not None and option not in self._answers:
                with suppress(OSError, UsageError):
                    os.close(self._number(option))

    def _variable(self, name: str) -> Secret[str] | None:
        value = self._environ.get(name)
        if not value:
            return None
        try:
            # The bytes are UTF-8 whatever the locale says; under a latin-1 one Python has read them as that.
            return Secret(os.fsencode(value).decode())
        except UnicodeError:
            raise InvalidSettingError(f"the value of '{name}' is not valid UTF-8") from None

    def _file(self, variable: str) -> Secret[str] | None:
        path = self._environ.get(variable)
        if not path:
            return None
        from pyvault.vaultfile.passphrase import read_passphrase_file

        return read_passphrase_file(Path(path).expanduser())

    def _descriptor(self, option: str) -> Secret[str] | None:
        if self._words.last(option) is None:
            return None
        if option not in self._answers:
            from pyvault.vaultfile.passphrase import read_passphrase_descriptor

            number = self._number(option)
            self._answers[option] = read_passphrase_descriptor(number)
            os.close(number)  # a child must not inherit it
        return self._answers[option]

    def _number(self, option: str) -> int:
        text = self._words.last(option) or ""
        if not (text.isascii() and text.isdigit()):
            raise UsageError(f"'{option}' takes the number of a file descriptor, not '{text}'")
        return int(text)
