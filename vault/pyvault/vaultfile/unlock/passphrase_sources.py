"""Where the passphrase of a vault comes from: an option, the environment, or the user.

An ``Ask`` answers without saying where the answer comes from. The order of unlocking
(:class:`~pyvault.vaultfile.unlock.key_sources.UnlockSources`) depends on that, and so does
whether it makes sense to ask again after a wrong one.
"""

from __future__ import annotations

import os
from contextlib import nullcontext
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from pyvault.errors import InputRequiredError, InvalidSettingError, UsageError
from pyvault.files import witness
from pyvault.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager

    from pyvault.backend import Question
    from pyvault.vaultfile.unlock.unlock_cache import UnlockCache

    PassphraseSource = Callable[[], Secret[str]]

#: Variables that hold a passphrase or the path of one, in this order.
AWS_VAULT = "AWS_VAULT_FILE_PASSPHRASE"
CURRENT = ("PYVAULT_PASSPHRASE_FILE", "PYVAULT_PASSPHRASE", AWS_VAULT)

#: The same for a new one.
NEW = ("PYVAULT_NEW_PASSPHRASE", "PYVAULT_NEW_PASSPHRASE_FILE")

#: The text of a key file, for CI services whose secrets are variables.
KEY = "PYVAULT_KEY"

#: What an error names if nobody can be asked; aws-vault's name is not advertised.
PASSPHRASE_SOURCES = ("PYVAULT_KEYFILE", KEY, "PYVAULT_PASSPHRASE_FILE", "PYVAULT_PASSPHRASE")
#: The same for a new one; they come first.
NEW_PASSPHRASE_SOURCES = ("PYVAULT_NEW_PASSPHRASE", "PYVAULT_NEW_PASSPHRASE_FILE")


@runtime_checkable
class PassphraseOrigins(Protocol):
    """An ``Ask`` that knows where a passphrase comes from. Any other is taken for a program, and asked once."""

    def passphrase_from_flag(self) -> PassphraseSource | None:
        """Return what reads the passphrase of an option of this command; None if there is none."""
        ...

    def passphrase_from_environment(self) -> PassphraseSource | None:
        """Return what reads the passphrase of the environment; None if it has none."""
        ...

    def passphrase_from_prompt(self, question: Question, *, wrong: bool = False) -> Secret[str]:
        """Ask the user.

        Args:
            question: what to ask.
            wrong: the one typed before does not open the vault.

        Raises:
            InputRequiredError: nobody can be asked, or asking is forbidden.
            UserCancelledError: the user declined.
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
    """An ``Ask`` at a terminal that can hide what is typed between two questions."""

    def undisturbed(self) -> AbstractContextManager[None]:
        """Return the context in which the questions are asked."""
        ...


@runtime_checkable
class CachesUnlocking(Protocol):
    """A backend that can use an unlock cache, and a file of sessions without a vault; that knows a short-lived user."""

    def use_unlock_cache(self, cache: Callable[[], UnlockCache | None]) -> None:
        """Take what returns the cache; called when the cache is looked at."""
        ...

    def serve_one_command(self) -> None:
        """Answer from what was opened a moment ago: who asks is one command, and not a program that goes on."""
        ...

    def asks_a_person(self) -> bool:
        """Return whether nothing but a person's passphrase opens the vault, or would open a new one."""
        ...

    def has_vault(self) -> bool:
        """Return whether there is a vault.

        Raises:
            VaultGoneError: there was one, and it is gone.
        """
        ...


@runtime_checkable
class KnowsTyping(Protocol):
    """An ``Ask`` that knows whether a person typed the new passphrase that it answered last."""

    typed_new: bool


def is_typed_new(ask: object) -> bool:
    """Return whether a person typed the new passphrase that an ``Ask`` has just answered."""
    return isinstance(ask, KnowsTyping) and ask.typed_new


def undisturbed_of(ask: object) -> Callable[[], AbstractContextManager[None]]:
    """Return what makes the context in which an ``Ask`` asks the user."""
    return ask.undisturbed if isinstance(ask, Conversation) else nullcontext


def asks_a_person(ask: object) -> bool:
    """Return whether the prompts of an ``Ask`` are at a terminal, and no program answers."""
    return isinstance(ask, Conversation)


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
            f"can't use {KEY} together with PYVAULT_KEYFILE",
            hint=f"{KEY} is the content of the file, PYVAULT_KEYFILE its path",
        )
    from pyvault.vaultfile.unlock.key_file import parse_key

    try:
        return parse_key(Secret(os.fsencode(text)), f"the value of {KEY}")
    except InvalidSettingError as exc:
        if os.path.exists(os.path.expanduser(text)):  # noqa: PTH110, PTH111 - it may be a key
            exc.hint = "use PYVAULT_KEYFILE for the path of a key file"
        raise


def origins_of(ask: object) -> PassphraseOrigins | None:
    """Return an ``Ask`` as one that knows where a passphrase comes from; None if it doesn't."""
    return ask if isinstance(ask, PassphraseOrigins) else None


def passphrase_from_environment(environ: Mapping[str, str]) -> PassphraseSource | None:
    """Return what reads the passphrase of an environment; None if it has none."""
    return _first_of(CURRENT, environ)


def new_passphrase(environ: Mapping[str, str]) -> PassphraseSource | None:
    """Return what reads an environment's passphrase for a new vault or slot; None if it has none."""
    return _first_of(NEW, environ)


def _first_of(names: tuple[str, ...], environ: Mapping[str, str]) -> PassphraseSource | None:
    name = next((name for name in names if environ.get(name)), None)
    if name is None:
        return None
    value = environ[name]
    return (
        (lambda: _read_file(value, environ))
        if name.endswith("_FILE")
        else (lambda: passphrase_of_variable(name, value))
    )


def passphrase_of_variable(name: str, value: str) -> Secret[str]:
    """Return the passphrase in a variable, as UTF-8 whatever the locale: the same text as in a file opens.

    Raises:
        InvalidSettingError: it is not UTF-8.
    """
    from pyvault.vaultfile.unlock.passphrase import as_typed

    if witness.current is not None:
        witness.current.lose_sight()  # it has to be checked each time
    try:
        text = Secret(os.fsencode(value).decode())
        return text if name == AWS_VAULT else as_typed(text)  # aws-vault uses its variable as it is
    except UnicodeError:
        raise InvalidSettingError(f"the value of '{name}' is not valid UTF-8") from None


def _read_file(path: str, environ: Mapping[str, str]) -> Secret[str]:
    from pyvault.paths import expand_user
    from pyvault.vaultfile.unlock.passphrase import read_passphrase_file

    return read_passphrase_file(expand_user(path, environ))


class EnvironmentAnswers:
    """Answers from the environment, as the command line does, and asks nobody."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def __call__(self, question: Question) -> Secret[str]:
        """Return the passphrase of the environment, for an existing or a new vault."""
        source = new_passphrase(self._environ) if question.key == "new-passphrase" else None
        if source is None and question.key in {"passphrase", "new-passphrase"}:
            source = self.passphrase_from_environment()
        return source() if source else self.ask_human(question)

    def ask_human(self, question: Question) -> Secret[str]:
        """Raise an error, because nobody can be asked.

        Raises:
            InputRequiredError: always.
        """
        from pyvault.surface import argument

        ways = {
            "passphrase": [argument("options", {"keyfile": "..."})],
            "new-passphrase": [f"{argument('keyfile')} or {argument('passphrase')} of pyvault.create_vault"],
        }
        sources = ", ".join((*question.sources, *ways.get(question.key, ()), argument("ask")))
        raise InputRequiredError(f"input required: {question.prompt}", hint=f"provide it with {sources}")

    def passphrase_from_flag(self) -> PassphraseSource | None:
        """Return None: there is no command that could have the option."""
        return None

    def passphrase_from_environment(self) -> PassphraseSource | None:
        """Return what reads the passphrase of the environment; None if it has none."""
        return passphrase_from_environment(self._environ)

    def key_from_environment(self) -> Secret[bytes] | None:
        """Return the key of the environment; None if it has none."""
        return key_from_environment(self._environ)

    def passphrase_from_prompt(self, question: Question, *, wrong: bool = False) -> Secret[str]:  # noqa: ARG002 - nobody typed before
        """Answer as always: nobody can type one."""
        return self(question)
