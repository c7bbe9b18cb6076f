"""How a program opens a store: the backend chosen, its options gathered, nobody asked by surprise.

This is the door for programs, so here, and only here, the process's environment
is the default of an argument.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from pyvault.errors import InputRequiredError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pyvault.api import CredentialVault
    from pyvault.backend import Ask, Question
    from pyvault.secret import Secret
    from pyvault.vaultfile.origins import PassphraseSource


def open_vault(
    backend: str | None = None,
    *,
    options: Mapping[str, str] | None = None,
    ask: Ask | None = None,
    config: str | Path | None = None,
    environ: Mapping[str, str] | None = None,
) -> CredentialVault:
    """Open a store of credentials.

    Args:
        backend: its name, as ``pyvault backends list`` shows it; by default the
            one that the command line would use.
        options: of the backend, on top of those of config.toml and the environment.
        ask: answers questions for a passphrase or an MFA code (``Question.key``
            is ``passphrase``, ``new-passphrase`` or ``mfa-code``). By default
            only the ``PYVAULT_PASSPHRASE*`` variables are looked at, and no
            human is asked. ``PYVAULT_KEY`` and ``PYVAULT_KEYFILE`` count in any case.
        config: the AWS config file, by default ``AWS_CONFIG_FILE`` or
            ``~/.aws/config``.
        environ: what counts as the environment, by default that of this process.

    Raises:
        ConfigError: a setting is wrong.
        BackendUnavailableError: the backend can't work here.
        BackendLockedError: the key is wrong, or the store is locked.
        InputRequiredError: a passphrase is needed, and nobody was there to ask.
    """
    from pyvault.api import CredentialVault
    from pyvault.files.checks import FileChecks
    from pyvault.paths import find_paths
    from pyvault.sessions.session_cache import open_session_vault
    from pyvault.storage.choice import choose
    from pyvault.storage.choice_file import ChoiceFile
    from pyvault.storage.options import gather_options
    from pyvault.storage.registry import open_backend, probe_built_in
    from pyvault.storage.store import CredentialStore
    from pyvault.toolconfig import load
    from pyvault.vaultfile.origins import KEY

    environment = dict(os.environ if environ is None else environ)
    if config is not None:
        environment["AWS_CONFIG_FILE"] = str(config)
    paths = find_paths(environment)
    settings = load(paths.config_file)
    checks = FileChecks.of(environment)
    memory = ChoiceFile(paths.choice, checks=checks)

    def options_of(name: str) -> dict[str, str]:
        return gather_options(
            name, configured=settings.backend_options.get(name, {}), environ=environment, flags=options or {}
        )

    choice = choose(
        flag=backend,
        environ=environment,
        configured=settings.backend,
        recorded=memory.chosen,
        platform=sys.platform,
        look=lambda name: probe_built_in(name, options_of(name)),
    )
    chosen = {**choice.options, **options_of(choice.name)}
    answer = AskWithKey(ask, environment) if ask and environment.get(KEY) else ask or EnvironmentAnswers(environment)
    store = CredentialStore(open_backend(choice.name, chosen, answer, admit=memory.admit))
    sessions = open_session_vault(paths, choice.name, chosen, store.backend, checks=checks)
    return CredentialVault(store, sessions, paths=paths, environ=environment, ask=ask)


class AskWithKey:
    """A program's ``ask`` in an environment that has the key of a key file."""

    def __init__(self, ask: Ask, environ: Mapping[str, str]) -> None:
        self._ask = ask
        self._environ = environ

    def __call__(self, question: Question) -> Secret[str]:
        """Ask the program."""
        return self._ask(question)

    def standing_key(self) -> Secret[bytes] | None:
        """Return the key of the environment."""
        from pyvault.vaultfile.origins import standing_key

        return standing_key(self._environ)


class EnvironmentAnswers:
    """Answers what the environment can answer, as the command line does, and nothing else."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def __call__(self, question: Question) -> Secret[str]:
        """Give the passphrase of the environment, for a vault that is there or a new one."""
        if question.key in {"passphrase", "new-passphrase"} and (source := self.standing_passphrase()):
            return source()
        sources = ", ".join(question.sources)
        raise InputRequiredError(
            f"a value is needed: {question.prompt}", hint=f"it can be given by {sources}" if sources else None
        )

    def given_passphrase(self) -> PassphraseSource | None:
        """There is no command that could come with one."""
        return None

    def standing_passphrase(self) -> PassphraseSource | None:
        """Say how to read the passphrase of the environment."""
        from pyvault.vaultfile.origins import standing_passphrase

        return standing_passphrase(self._environ)

    def standing_key(self) -> Secret[bytes] | None:
        """Return the key of the environment; None if it has none."""
        from pyvault.vaultfile.origins import standing_key

        return standing_key(self._environ)

    def typed_passphrase(self, question: Question, *, wrong: bool = False) -> Secret[str]:  # noqa: ARG002 - nobody typed before
        """Nobody is here to type one."""
        return self(question)
