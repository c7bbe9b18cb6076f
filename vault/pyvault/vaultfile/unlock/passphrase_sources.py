"""Who has the passphrase of a vault: the command itself, its environment, or a human.

An ``Ask`` gives an answer and does not say whose it is. The order of unlocking
(:class:`~pyvault.vaultfile.unlock.key_sources.UnlockSources`) depends on it, and so does
whether a wrong one is worth asking again.
"""

from __future__ import annotations

import os
from contextlib import nullcontext
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from pyvault.errors import InputRequiredError, InvalidSettingError, UsageError
from pyvault.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager

    from pyvault.backend import Question

    PassphraseSource = Callable[[], Secret[str]]

#: Variables that hold a passphrase or the path of one, in this order.
AWS_VAULT = "AWS_VAULT_FILE_PASSPHRASE"
STANDING = ("PYVAULT_PASSPHRASE_FILE", "PYVAULT_PASSPHRASE", AWS_VAULT)

#: The same of a new one.
NEW = ("PYVAULT_NEW_PASSPHRASE", "PYVAULT_NEW_PASSPHRASE_FILE")

#: The text of a key file, for CI services whose secrets are variables.
KEY = "PYVAULT_KEY"

#: What an error names when nobody is there to ask; a name of aws-vault's is not advertised.
PASSPHRASE_SOURCES = ("--passphrase-fd", "PYVAULT_KEYFILE", KEY, "PYVAULT_PASSPHRASE_FILE", "PYVAULT_PASSPHRASE")
#: The same of a new one, which come before them.
NEW_PASSPHRASE_SOURCES = ("--new-passphrase-fd", "PYVAULT_NEW_PASSPHRASE", "PYVAULT_NEW_PASSPHRASE_FILE")


@runtime_checkable
class PassphraseOrigins(Protocol):
    """An ``Ask`` that can say whose a passphrase is. One that can't is taken for a program, and asked once."""

    def passphrase_from_flag(self) -> PassphraseSource | None:
        """Say how to read the one that came with this very command; None if none did."""
        ...

    def passphrase_from_environment(self) -> PassphraseSource | None:
        """Say how to read the one of the environment; None if it has none."""
        ...

    def passphrase_from_prompt(self, question: Question, *, wrong: bool = False) -> Secret[str]:
        """Ask the human.

        Args:
            question: what is asked.
            wrong: the one that was typed before does not open the vault.

        Raises:
            InputRequiredError: nobody may or can be asked.
            UserCancelledError: the human declined.
        """
        ...


@runtime_checkable
class KeyOrigin(Protocol):
    """An ``Ask`` that may have the key of a key file without the file."""

    def key_from_environment(self) -> Secret[bytes] | None:
        """Return the key of the environment; None if it has none."""
        ...


@runtime_checkable
class Conversation(Protocol):
    """An ``Ask`` at a terminal, which can keep what is typed there between two questions unseen."""

    def undisturbed(self) -> AbstractContextManager[None]:
        """Return the block in which the questions are asked."""
        ...


def undisturbed_of(ask: object) -> Callable[[], AbstractContextManager[None]]:
    """Return what makes the block in which an ``Ask`` asks a human."""
    return ask.undisturbed if isinstance(ask, Conversation) else nullcontext


def key_of(ask: object) -> Secret[bytes] | None:
    """Return the key that an ``Ask`` has; None if it has none."""
    return ask.key_from_environment() if isinstance(ask, KeyOrigin) else None


def key_from_environment(environ: Mapping[str, str]) -> Secret[bytes] | None:
    """Return the key of an environment; None if it has none.

    Raises:
        UsageError: it names a key file too.
        InvalidSettingError: it isn't the text of a key file.
    """
    text = environ.get(KEY)
    if not text:
        return None
    if environ.get("PYVAULT_KEYFILE"):
        raise UsageError(
            f"Can't use {KEY} with PYVAULT_KEYFILE", hint="the first is the text of the file, not its path"
        )
    from pyvault.vaultfile.unlock.key_file import parse_key

    try:
        return parse_key(Secret(os.fsencode(text)), f"the value of {KEY}")
    except InvalidSettingError as exc:
        if os.path.exists(os.path.expanduser(text)):  # noqa: PTH110, PTH111 - a key in the place of a path is no path
            exc.hint = "the path of a key file belongs into PYVAULT_KEYFILE"
        raise


def origins_of(ask: object) -> PassphraseOrigins | None:
    """Give an ``Ask`` as one that knows whose a passphrase is; None if it doesn't."""
    return ask if isinstance(ask, PassphraseOrigins) else None


def passphrase_from_environment(environ: Mapping[str, str]) -> PassphraseSource | None:
    """Say how to read the passphrase of an environment; None if it has none. Nothing is read yet."""
    return _first_of(STANDING, environ)


def new_passphrase(environ: Mapping[str, str]) -> PassphraseSource | None:
    """Return how to read the passphrase that an environment has for a new vault or slot; None if it has none."""
    return _first_of(NEW, environ)


def _first_of(names: tuple[str, ...], environ: Mapping[str, str]) -> PassphraseSource | None:
    name = next((name for name in names if environ.get(name)), None)
    if name is None:
        return None
    value = environ[name]
    return (lambda: _read_file(value)) if name.endswith("_FILE") else (lambda: passphrase_of_variable(name, value))


def passphrase_of_variable(name: str, value: str) -> Secret[str]:
    """Read a variable as UTF-8, whatever the locale made of its bytes; the same text as in a file opens.

    Raises:
        InvalidSettingError: it is not UTF-8.
    """
    from pyvault.vaultfile.unlock.passphrase import as_typed

    try:
        text = Secret(os.fsencode(value).decode())
        return text if name == AWS_VAULT else as_typed(text)  # aws-vault takes its variable as it is
    except UnicodeError:
        raise InvalidSettingError(f"the value of '{name}' is not valid UTF-8") from None


def _read_file(path: str) -> Secret[str]:
    from pyvault.paths import expand_user
    from pyvault.vaultfile.unlock.passphrase import read_passphrase_file

    return read_passphrase_file(expand_user(path))


class EnvironmentAnswers:
    """Answers what the environment can answer, as the command line does, and asks nobody."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def __call__(self, question: Question) -> Secret[str]:
        """Return the passphrase of the environment, for a vault that is there or a new one."""
        source = new_passphrase(self._environ) if question.key == "new-passphrase" else None
        if source is None and question.key in {"passphrase", "new-passphrase"}:
            source = self.passphrase_from_environment()
        return source() if source else self.ask_human(question)

    def ask_human(self, question: Question) -> Secret[str]:
        """Refuse: nobody is here.

        Raises:
            InputRequiredError: always.
        """
        sources = ", ".join(question.sources)
        raise InputRequiredError(
            f"a value is needed: {question.prompt}", hint=f"it can be given by {sources}" if sources else None
        )

    def passphrase_from_flag(self) -> PassphraseSource | None:
        """There is no command that could come with one."""
        return None

    def passphrase_from_environment(self) -> PassphraseSource | None:
        """Return how to read the passphrase of the environment."""
        return passphrase_from_environment(self._environ)

    def key_from_environment(self) -> Secret[bytes] | None:
        """Return the key of the environment; None if it has none."""
        return key_from_environment(self._environ)

    def passphrase_from_prompt(self, question: Question, *, wrong: bool = False) -> Secret[str]:  # noqa: ARG002 - nobody typed before
        """Nobody is here to type one."""
        return self(question)
