"""What a command works with, each thing opened when it is first asked for.

A command that needs no vault opens none: ``backends list`` works with a locked
one, ``vault info`` without its passphrase.
"""

from __future__ import annotations

import sys
from functools import cached_property
from typing import TYPE_CHECKING, Self

from pyvault_cli import console
from pyvault_cli.ask import Asking

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import typer

    from pyvault.backend import Availability
    from pyvault.config.file import ConfigFile
    from pyvault.files.checks import FileChecks
    from pyvault.paths import Paths
    from pyvault.recent import RecentUse
    from pyvault.sessions.session_cache import SessionCache
    from pyvault.storage.choice import Choice
    from pyvault.storage.choice_file import ChoiceFile, Remembered
    from pyvault.storage.store import CredentialStore
    from pyvault.toolconfig import ToolConfig
    from pyvault_cli.words import Words


class Context:
    """The command line, the environment, and what is opened from them.

    Attributes:
        words: the command line, with the global options.
        environ: the environment of this process.
        ask: answers what a backend or a command must ask.
        assumed: settings of pv-assume that the shell has and *environ* does not, with what is there instead.
    """

    def __init__(
        self, words: Words, environ: Mapping[str, str], assumed: Mapping[str, str | None] | None = None
    ) -> None:
        self.words = words
        self.environ = environ
        self.assumed = assumed or {}
        self.ask = Asking(words, environ)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of everything that was opened."""
        if "sessions" in self.__dict__:
            self.sessions.close()
        if "store" in self.__dict__:
            self.store.close()

    # ------------------------------------------------------------ our own settings
    @cached_property
    def paths(self) -> Paths:
        """Where our files are."""
        from pyvault.paths import find_paths

        config = self.words.last("--config")
        return find_paths({**self.environ, "PYVAULT_CONFIG": config} if config else self.environ)

    @cached_property
    def tool_config(self) -> ToolConfig:
        """What config.toml says."""
        from pyvault.toolconfig import load

        path = self.paths.config_file
        if self.words.last("--config") and not path.exists():
            from pyvault.errors import ConfigError

            raise ConfigError(f"there is no config file '{path}'")
        return load(path)

    @cached_property
    def recent(self) -> RecentUse:
        """When profiles were used last; the picker shows it."""
        from pyvault.recent import RecentUse

        return RecentUse(self.paths.state / "recent")

    # ------------------------------------------------------------ the backend
    @cached_property
    def file_checks(self) -> FileChecks:
        """What is asked of the directories of our own files."""
        from pyvault.files.checks import FileChecks

        return FileChecks.of(self.environ)

    @cached_property
    def choice_file(self) -> ChoiceFile:
        """What was chosen automatically at the first ``add``."""
        from pyvault.storage.choice_file import ChoiceFile

        return ChoiceFile(self.paths.choice, checks=self.file_checks)

    @cached_property
    def remembered(self) -> Remembered:
        """What choice.json said when it was first asked; read once, so that all that is told agrees.

        Raises:
            ConfigError: damaged, or can't be read.
        """
        return self.choice_file.load()

    @cached_property
    def choice(self) -> Choice:
        """Which backend this command uses, and why."""
        from pyvault.storage.choice import choose
        from pyvault.trace import trace

        choice = choose(
            flag=self.words.last("--backend"),
            environ=self.environ,
            configured=self.tool_config.backend,
            recorded=lambda: self.remembered.choice(self.paths.choice),
            platform=sys.platform,
            look=self._look,
        )
        trace(__name__, "the backend is '%s', says %s", choice.name, choice.origin)
        return choice

    def _look(self, backend: str) -> Availability:
        from pyvault.storage.probing import find_availability  # only an automatic choice looks

        return find_availability(backend, self.options_of(backend), environ=self.environ)

    def record_choice(self) -> None:
        """Fix an automatic choice once something is stored there, so that no later command sees another store.

        What was stored is safe whether this succeeds or not, so a failure is a warning.
        """
        from pyvault.errors import LockTimeoutError, WriteFailedError
        from pyvault.storage.choice import Origin

        if self.choice.origin is Origin.AUTOMATIC:
            try:
                self.choice_file.record_backend(self.choice.name)
            except (WriteFailedError, LockTimeoutError) as problem:
                console.warn(f"the choice of '{self.choice.name}' is not recorded: {problem.message}")

    def options_of(self, backend: str) -> dict[str, str]:
        """Give the options of a backend from all places, the more deliberate one winning."""
        from pyvault.storage.built_in import BUILT_IN
        from pyvault.storage.options import flags_for, gather_options
        from pyvault_cli.foreign import options_of_aws_vault

        flags = options_of_aws_vault(backend, self.words, {})
        if backend == "file" and self.words.has("--weak-passphrase"):
            flags = {**flags, "weak_passphrase": "true"}
        options = gather_options(
            backend,
            configured={
                **options_of_aws_vault(backend, None, self.environ),
                **self.tool_config.backend_options.get(backend, {}),
            },
            environ=self.environ,
            flags={**flags, **flags_for(backend, self.words.every("--backend-option"), others=BUILT_IN)},
        )
        if backend == "file" and (slot := self.words.last("--slot")):
            options["slot"] = slot
        store = options.get("unlock_store") if backend == "file" else None
        if store and store != backend:  # the vault file opens it, and needs its options for that
            configured = self.tool_config.backend_options.get(store, {})
            theirs = gather_options(store, configured=configured, environ=self.environ, flags={})
            options |= {f"unlock_store.{key}": value for key, value in theirs.items()}
        return options

    @property
    def backend_options(self) -> dict[str, str]:
        """The options of the chosen backend."""
        return {**self.choice.options, **self.options_of(self.choice.name)}

    @cached_property
    def store(self) -> CredentialStore:
        """The stored credentials; opening may ask the human."""
        return self.open_store(self.choice.name, self.choice.options)

    def open_store(self, backend: str, implied: Mapping[str, str] | None = None) -> CredentialStore:
        """Open the credentials in a backend that may be another than the chosen one; the caller closes it.

        Args:
            backend: its name.
            implied: options that follow from the way it was named.
        """
        from pyvault.storage.registry import open_backend
        from pyvault.storage.store import CredentialStore

        options = {**(implied or {}), **self.options_of(backend)}
        opened = open_backend(backend, options, self.ask, admit=self.choice_file.admit, warn=console.warn)
        return CredentialStore(opened)

    def without_flags(self, drop: Callable[[str, str], bool]) -> Context:
        """Give the context of the same line without some global options, which this command means otherwise.

        Args:
            drop: says so of an option and its value.
        """
        from pyvault.record import replace

        kept = tuple((name, value) for name, value in self.words.given if not drop(name, value))
        return Context(replace(self.words, given=kept), self.environ)

    # ------------------------------------------------------------ AWS
    @cached_property
    def aws_config(self) -> ConfigFile:
        """The user's AWS config file."""
        from pyvault.config.file import ConfigFile, find_config_path

        return ConfigFile.load(find_config_path(self.environ))

    @cached_property
    def aws_credentials(self) -> ConfigFile:
        """The shared credentials file, a layer of the profiles."""
        from pyvault.config.file import ConfigFile, find_credentials_path

        return ConfigFile.load(find_credentials_path(self.environ))

    @cached_property
    def sessions(self) -> SessionCache:
        """The cached sessions that belong to the chosen backend."""
        from pyvault.sessions.session_cache import open_session_vault

        return open_session_vault(
            self.paths,
            self.choice.name,
            self.backend_options,
            self.store.backend,
            note=console.warn,
            checks=self.file_checks,
        )


def context_of(parsed: typer.Context) -> Context:
    """Give our context to a command, out of Typer's.

    Raises:
        TypeError: a command was called without it.
    """
    if not isinstance(parsed.obj, Context):
        raise TypeError("a command needs the context that main gives it")
    return parsed.obj
