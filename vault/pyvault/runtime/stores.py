"""Which store is used, with which options, and what opens it: decided here for every door.

Everything is made when it is first asked for: a command that needs no vault opens none.
"""

from __future__ import annotations

import sys
from functools import cached_property
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pyvault.backend import Ask, Availability, Backend
    from pyvault.files.file_checks import FileChecks
    from pyvault.paths import Paths
    from pyvault.settings import ToolConfig
    from pyvault.storage.backend_choice import Choice
    from pyvault.storage.choice_file import ChoiceFile, Remembered
    from pyvault.storage.typed_store import CredentialStore
    from pyvault.vaultfile.unlock.store_key import StoreKeys


class Stores:
    """What was given, and what is opened from it. Use it in a ``with``.

    Attributes:
        environ: what counts as the environment.
    """

    def __init__(
        self,
        environ: Mapping[str, str],
        ask: Ask,
        *,
        backend: str | None = None,
        options: Callable[[], Mapping[str, str]] = dict,
        config_file: str | None = None,
    ) -> None:
        """Name what was given; nothing is read or asked yet.

        Args:
            environ: what counts as the environment.
            ask: answers what a backend must ask.
            backend: the one to use, whatever the environment and the settings say.
            options: gives options of backends, as ``KEY`` or for one backend alone as ``NAME.KEY``.
            config_file: our own settings; it has to be there. None leaves it to the environment.
        """
        self.environ = environ
        self._answers = ask
        self._backend = backend
        self._given = options
        self._config_file = config_file

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of everything that was opened; may be called twice."""
        if "store" in self.__dict__:
            self.store.close()

    def warn(self, text: str) -> None:
        """Tell a human what is no error: through the log, where there is nobody closer."""
        from pyvault.trace import warn

        warn(__name__, text)

    # ------------------------------------------------------------ our own files and settings
    @cached_property
    def paths(self) -> Paths:
        """Where our files are."""
        from pyvault.paths import find_paths

        config = self._config_file
        return find_paths({**self.environ, "PYVAULT_CONFIG": config} if config else self.environ)

    @cached_property
    def tool_config(self) -> ToolConfig:
        """What config.toml says."""
        from pyvault.settings import load

        path = self.paths.config_file
        if self._config_file and not path.exists():
            from pyvault.errors import ConfigError

            raise ConfigError(f"there is no config file '{path}'")
        return load(path)

    @cached_property
    def file_checks(self) -> FileChecks:
        """What is asked of the directories of our own files."""
        from pyvault.files.file_checks import FileChecks

        return FileChecks.of(self.environ)

    @cached_property
    def choice_file(self) -> ChoiceFile:
        """What was chosen automatically when something was stored first."""
        from pyvault.storage.choice_file import ChoiceFile

        return ChoiceFile(self.paths.choice, checks=self.file_checks)

    @cached_property
    def remembered(self) -> Remembered:
        """What choice.json said when it was first asked; read once, so that all that is told agrees.

        Raises:
            ConfigError: damaged, or can't be read.
        """
        return self.choice_file.load()

    # ------------------------------------------------------------ the backend
    @cached_property
    def choice(self) -> Choice:
        """Which backend is used, and why."""
        from pyvault.storage.backend_choice import choose
        from pyvault.trace import trace

        choice = choose(
            flag=self._backend,
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
        """Fix an automatic choice once something is stored there, so that nobody sees another store later.

        What was stored is safe whether this succeeds or not, so a failure is a warning.
        """
        from pyvault.errors import LockTimeoutError, WriteFailedError
        from pyvault.storage.backend_choice import Origin

        if self.choice.origin is Origin.AUTOMATIC:
            try:
                self.choice_file.record_backend(self.choice.name)
            except (WriteFailedError, LockTimeoutError) as problem:
                self.warn(f"the choice of '{self.choice.name}' is not recorded: {problem.message}")

    def options_of(self, backend: str) -> dict[str, str]:
        """Return the options of a backend from all places, the more deliberate one winning."""
        options = self._gather(backend, for_any=True)
        store = options.get("unlock_store") if backend == "file" else None
        if store and store != backend:  # the vault file opens it, and needs its options for that
            theirs = self._gather(store, for_any=False)
            options = {**{f"unlock_store.{key}": value for key, value in theirs.items()}, **options}
        return options

    def _gather(self, backend: str, *, for_any: bool) -> dict[str, str]:
        from pyvault.storage.backend_options import gather_options, share_of
        from pyvault.storage.built_in import BUILT_IN

        return gather_options(
            backend,
            configured=self.tool_config.backend_options.get(backend, {}),
            environ=self.environ,
            flags=share_of(backend, self._given(), others=BUILT_IN, for_any=for_any),
        )

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
        from pyvault.storage.typed_store import CredentialStore

        return CredentialStore(self._open(backend, {**(implied or {}), **self.options_of(backend)}))

    def open_store_keys(self, backend: str) -> StoreKeys:
        """Open a backend that keeps keys of the vault file's slots, with the options that the vault file opens it with.

        Raises:
            UsageError: the vault file itself.
        """
        from pyvault.errors import UsageError
        from pyvault.vaultfile.unlock.store_key import StoreKeys

        if backend == "file":
            raise UsageError("a vault file can't keep its own key")
        return StoreKeys(self._open(backend, self._gather(backend, for_any=False)))

    def _open(self, backend: str, options: Mapping[str, str]) -> Backend:
        from pyvault.storage.registry import open_backend

        return open_backend(backend, options, self._answers, admit=self.choice_file.admit, warn=self.warn)
