"""Which store is used, with which options, and what opens it.

Everything is made on first use: a command that needs no vault opens none.
"""

from __future__ import annotations

import sys
import threading
from functools import cached_property
from typing import TYPE_CHECKING, Self, cast

from pyvault.thread_locks import tell_of_fork

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pyvault.backend import Ask, Availability, Backend
    from pyvault.files.file_checks import FileChecks
    from pyvault.login.kept_keys import KeptKeys
    from pyvault.paths import Paths
    from pyvault.settings import ToolConfig
    from pyvault.storage.backend_choice import Choice
    from pyvault.storage.choice_file import ChoiceFile, Remembered
    from pyvault.storage.typed_store import CredentialStore
    from pyvault.vaultfile.unlock.store_key import StoreKeys
    from pyvault.vaultfile.unlock.unlock_cache import UnlockCache

#: Where a system itself has a store that is open while a user is logged in.
LOGIN_STORES = {"darwin": "keychain", "win32": "wincred"}

#: Keep nothing beyond the process.
TRANSIENT = frozenset({"memory"})


class Stores:
    """The options that were given, and what is opened with them. Use it in a ``with``.

    Attributes:
        environ: the environment.
        answers: answers the questions of a backend.
    """

    #: Whether what was unlocked before counts; False for a command that always asks.
    uses_unlocked = True
    #: Whether one command is all that uses what is opened.
    one_command = False

    def __init__(
        self,
        environ: Mapping[str, str],
        ask: Ask,
        *,
        backend: str | None = None,
        options: Callable[[], Mapping[str, str]] = dict,
        config_file: str | None = None,
    ) -> None:
        """Take the options; nothing is read or asked yet.

        Args:
            environ: the environment.
            ask: answers the questions of a backend.
            backend: overrides environment and settings.
            options: returns options of backends, as ``KEY`` or for one backend alone as ``NAME.KEY``.
            config_file: our own settings, which must exist. None leaves it to the environment.
        """
        self.environ = environ
        self.answers = ask
        self._backend = backend
        self._options = options
        self._config_file = config_file
        tell_of_fork(self)

    def after_fork(self) -> None:
        """Make the locks of what is made on first use new; Python 3.12 and later have none there."""
        for kind in type(self).__mro__:
            for lazy in vars(kind).values():
                if isinstance(lazy, cached_property) and "lock" in vars(cast("object", lazy)):
                    setattr(cast("object", lazy), "lock", threading.RLock())  # noqa: B010 - unknown to type checkers

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close everything that was opened; may be called twice."""
        if "store" in self.__dict__:
            self.store.close()

    def warn(self, text: str) -> None:
        """Warn the user: through the log, unless a subclass has a better way."""
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
        """The settings of config.toml."""
        from pyvault.settings import load

        path = self.paths.config_file
        if self._config_file and not path.exists():
            from pyvault.errors import ConfigError

            raise ConfigError(f"config file '{path}' not found")
        return load(path)

    @cached_property
    def file_checks(self) -> FileChecks:
        """The checks of our own files and their directories."""
        from pyvault.files.file_checks import FileChecks

        return FileChecks.of(self.environ)

    @cached_property
    def choice_file(self) -> ChoiceFile:
        """The file that records what was chosen automatically."""
        from pyvault.storage.choice_file import ChoiceFile

        return ChoiceFile(self.paths.choice, checks=self.file_checks)

    @cached_property
    def remembered(self) -> Remembered:
        """The content of choice.json, read once, so that all answers agree.

        Raises:
            ConfigError: it is damaged or can't be read.
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
        trace(__name__, "the backend is '%s' (%s)", choice.name, choice.origin)
        return choice

    def _look(self, backend: str) -> Availability:
        from pyvault.paths import counting
        from pyvault.storage.probing import find_availability  # only an automatic choice looks

        with counting(self.environ):
            return find_availability(backend, self.options_of(backend), environ=self.environ)

    def record_choice(self, *, named: bool = False) -> bool:
        """Record what is used once something is stored there, so that it stays the same; return whether it was now.

        What was stored is safe either way, so a failure is only a warning.

        Args:
            named: record not only an automatic choice, but also a backend that was named for the
                first key, where nothing else says which to use: the next command would look elsewhere.
        """
        from pyvault.errors import PyvaultError
        from pyvault.storage.backend_choice import Origin

        try:
            if not (self.choice.origin is Origin.AUTOMATIC or (named and self._is_first())):
                return False
            self.choice_file.record_backend(self.choice.name)
        except PyvaultError as problem:  # such as a damaged record, which nobody needed who named the backend
            self.warn(f"the choice of '{self.choice.name}' was not recorded: {problem.message}")
            return False
        return True

    def _is_first(self) -> bool:
        """Return whether a backend was named outright, and later commands would not know of it.

        Options that were named with it are of this command alone: without them it may be another place.
        """
        from pyvault.storage.backend_choice import Origin

        if self.choice.origin is not Origin.FLAG or self.choice.name in TRANSIENT or self._options():
            return False
        variable = self.environ.get("PYVAULT_BACKEND") or self.environ.get("AWS_VAULT_BACKEND")
        return not (variable or self.tool_config.backend or self.remembered.backend)

    def options_of(self, backend: str) -> dict[str, str]:
        """Return the options of a backend from all places, the more explicit one winning."""
        options = self._gather(backend, for_any=True)
        store = options.get("unlock_store") if backend == "file" else None
        if store and store != backend:  # the vault file opens it, and needs its options for that
            store_options = self._gather(store, for_any=False)
            options = {**{f"unlock_store.{key}": value for key, value in store_options.items()}, **options}
        return options

    def _gather(self, backend: str, *, for_any: bool) -> dict[str, str]:
        from pyvault.storage.backend_options import gather_options, share_of
        from pyvault.storage.built_in import BUILT_IN

        return gather_options(
            backend,
            configured=self.tool_config.options_of(backend),
            environ=self.environ,
            flags=share_of(backend, self._options(), others=BUILT_IN, for_any=for_any),
        )

    @property
    def backend_options(self) -> dict[str, str]:
        """The options of the chosen backend."""
        return {**self.choice.options, **self.options_of(self.choice.name)}

    @cached_property
    def store(self) -> CredentialStore:
        """The stored credentials; opening may ask the user."""
        return self.open_store(self.choice.name, self.choice.options)

    def open_store(self, backend: str, implied: Mapping[str, str] | None = None) -> CredentialStore:
        """Open the credentials of any backend; the caller closes it.

        Args:
            backend: its name.
            implied: options that follow from how it was chosen.
        """
        from pyvault.storage.typed_store import CredentialStore

        opened = self._open(backend, {**(implied or {}), **self.options_of(backend)})
        return CredentialStore(opened, changed=self._end_warm)

    def _end_warm(self) -> None:
        from pyvault.warm.ending import end_warm

        end_warm(self.environ)

    def open_store_keys(self, backend: str) -> StoreKeys:
        """Open a backend that holds keys of the vault file's slots, with the same options as the vault file does.

        Raises:
            UsageError: it is the vault file itself.
        """
        from pyvault.errors import UsageError
        from pyvault.vaultfile.unlock.store_key import StoreKeys

        if backend == "file":
            raise UsageError("a vault file can't hold its own key")
        return StoreKeys(self._open(backend, self._gather(backend, for_any=False)))

    def _open(self, backend: str, options: Mapping[str, str]) -> Backend:
        from pyvault.paths import counting
        from pyvault.storage.registry import open_backend
        from pyvault.vaultfile.unlock.passphrase_sources import CachesUnlocking

        with counting(self.environ):
            opened = open_backend(backend, options, self.answers, admit=self.choice_file.admit, warn=self.warn)
        if isinstance(opened, CachesUnlocking):
            opened.use_unlock_cache(lambda: self.unlock_cache)
            if self.one_command:
                opened.serve_one_command()
        return opened

    # ------------------------------------------------------------ what lives as long as a login
    @cached_property
    def unlock_cache(self) -> UnlockCache | None:
        """The data keys of vaults that a person, or a KMS key, has unlocked; None if none are kept.

        Raises:
            InvalidSettingError: the time for which they are kept is no duration.
        """
        from pyvault.vaultfile.unlock.unlock_cache import PURPOSE, UnlockCache, find_external_ttl, find_ttl

        idle = find_ttl(self.environ, self.tool_config.unlock_ttl)
        keys = self.kept_keys(PURPOSE) if idle else None
        if not keys or not idle:
            return None
        external = find_external_ttl(self.tool_config.external_ttl)
        return UnlockCache(keys, idle=idle, external=external, used=self.uses_unlocked)

    def kept_keys(self, purpose: str) -> KeptKeys | None:
        """Return what keeps keys for the time of a login; None if this system has nothing that does.

        Args:
            purpose: a word; each has its own.
        """
        from pyvault import clock

        if (store := LOGIN_STORES.get(sys.platform)) is not None:
            from pyvault.storage.kept_in_store import StoreKept

            return StoreKept(lambda: self._open(store, self._gather(store, for_any=False)), purpose, clock.moment)
        from pyvault.login.kept_keys import LoginKeys
        from pyvault.login.runtime_directory import Place, find_runtime_directory

        runtime = find_runtime_directory(self.environ) if sys.platform == "linux" else None
        return LoginKeys(Place(runtime, str(self.paths.state)), purpose, clock.moment) if runtime else None
