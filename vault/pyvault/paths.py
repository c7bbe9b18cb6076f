"""Where pyvault's own files are, by the environment that counts: the process's, or one that a program has given.

What is below a door gets its environment as an argument. A driver is opened with options
and a way to ask alone; it finds here what counts for the vault that is being opened.

Source: the XDG base directory specification, version 0.8; platformdirs on macOS and Windows. Elsewhere
that would be a dozen modules for three variables and a home, each of which is read as platformdirs does.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING

from pyvault.errors import ConfigError
from pyvault.files import witness
from pyvault.record import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    Directories = tuple[Path, Path, Path]  # for configuration, data and state

HOME = "USERPROFILE" if sys.platform == "win32" else "HOME"
#: Where systems keep files, each in place of a directory of the home.
_PLACES = (
    *("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"),
    *("XDG_CACHE_HOME", "XDG_RUNTIME_DIR", "APPDATA", "LOCALAPPDATA"),
)
_USUAL = (".config", ".local/share", ".local/state")


class GivenEnvironment(dict[str, str]):
    """An environment that a program has given: nothing of the process's takes the place of what it lacks."""

    is_given = True  # for who may not import this module


_given: ContextVar[GivenEnvironment | None] = ContextVar("_given", default=None)


def current_environment() -> Mapping[str, str]:
    """Return the environment of the vault that is being opened or looked at, else that of the process."""
    given = _given.get()
    return os.environ if given is None else given


@contextmanager
def counting(environ: Mapping[str, str]) -> Generator[None]:
    """Let an environment count inside the ``with``, if a program has given it."""
    token = _given.set(environ if isinstance(environ, GivenEnvironment) else None)
    try:
        yield
    finally:
        _given.reset(token)


def moved_home(environ: Mapping[str, str], home: str) -> dict[str, str]:
    """Return an environment of another home directory, with everything in its usual place there."""
    return {name: value for name, value in environ.items() if name not in _PLACES} | {HOME: home}


class Paths(Record, uncompared=("find_runtime",), unshown=("find_runtime",)):
    """The paths of our files; nothing is created.

    Attributes:
        find_runtime: returns :attr:`runtime`.
    """

    config_file: Path
    data: Path
    state: Path
    find_runtime: Callable[[], Path | None]

    @property
    def runtime(self) -> Path | None:
        """What is emptied when the user's last session ends; None if there is no such directory of this user alone."""
        return self.find_runtime()

    @property
    def vault(self) -> Path:
        """The default vault file."""
        return self.data / "vault.pyv"

    @property
    def trust(self) -> Path:
        """The last known state of each vault."""
        return self.state / "trust.json"

    @property
    def choice(self) -> Path:
        """The automatic choice of a backend, and the plug-ins seen."""
        return self.state / "choice.json"

    @property
    def locks(self) -> Path:
        """One lock file for each thing that only one process may do at a time."""
        return self.state / "locks"


def find_paths(environ: Mapping[str, str]) -> Paths:
    """Return the paths of this user's files.

    Args:
        environ: ``PYVAULT_CONFIG`` overrides the path of the config file; of one that a
            program has given, all that says where files are counts.

    Raises:
        ConfigError: this user, or the given environment, has no home directory.
    """
    config = environ.get("PYVAULT_CONFIG")
    directory, data, state = _given_directories(environ) if _is_given(environ) else _user_directories()
    return Paths(
        config_file=expand_user(config, environ) if config else directory / "config.toml",
        data=data,
        state=state,
        find_runtime=lambda: _find_runtime(environ),
    )


def find_cache(environ: Mapping[str, str]) -> Path:
    """Return the directory of what can be had again; nothing is created.

    Args:
        environ: as for :func:`find_paths`.

    Raises:
        ConfigError: this user, or the given environment, has no home directory.
    """
    if _is_given(environ):
        if sys.platform == "win32":
            return _given_directories(environ)[1] / "Cache"
        usual = "Library/Caches" if sys.platform == "darwin" else ".cache"
        return _xdg_directory(environ, "XDG_CACHE_HOME", usual, lambda: _given_home(environ))
    try:
        if sys.platform in {"darwin", "win32"}:
            import platformdirs

            return platformdirs.user_cache_path("pyvault", appauthor=False)
        return _xdg_directory(os.environ, "XDG_CACHE_HOME", ".cache", lambda: _home(os.environ))
    except RuntimeError:
        raise ConfigError(
            "this user has no home directory", hint="set HOME, or set XDG_CACHE_HOME to an absolute path"
        ) from None


def expand_user(text: str, environ: Mapping[str, str] | None = None) -> Path:
    """Return a path with a leading ``~`` or ``~NAME`` expanded.

    Args:
        text: the path.
        environ: whose home directory ``~`` is; None for the one that counts.

    Raises:
        ConfigError: there is no such user, or no home directory.
    """
    environ = current_environment() if environ is None else environ
    path = Path(text)
    if _is_given(environ) and path.parts[:1] == ("~",):
        return _given_home(environ).joinpath(*path.parts[1:])
    if witness.current is not None and text.startswith("~") and not text.startswith("~/"):
        witness.current.lose_sight()  # the system's list of users has a say
    try:
        return path.expanduser()
    except RuntimeError:
        raise ConfigError(
            f"the home directory in '{text}' can't be found", hint=f"write out the path, or set {HOME}"
        ) from None


def _is_given(environ: Mapping[str, str]) -> bool:
    return isinstance(environ, GivenEnvironment)


def _given_home(environ: Mapping[str, str]) -> Path:
    home = Path(environ.get(HOME) or "")
    if not home.is_absolute():  # a relative one is none, as in the environment of a process
        raise ConfigError(
            f"the given environment has no {HOME}"
            if not environ.get(HOME)
            else f"the given {HOME} is no absolute path",
            hint=f"put {HOME} into environ=, or pass home=",
        )
    return home


def _given_directories(environ: Mapping[str, str]) -> Directories:
    """Return where a process with this environment would have config, data and state."""
    if sys.platform == "win32":
        local = environ.get("LOCALAPPDATA")
        return (Path(local) if local else _given_home(environ) / "AppData" / "Local",) * 3
    if sys.platform == "darwin":
        return _xdg_directories(environ, ("Library/Application Support",) * 3, lambda: _given_home(environ))
    return _xdg_directories(environ, _USUAL, lambda: _given_home(environ))


def _user_directories() -> Directories:
    """Return where this user has config, data and state, as platformdirs finds them."""
    try:
        if sys.platform in {"darwin", "win32"}:
            import platformdirs

            return (
                platformdirs.user_config_path("pyvault", appauthor=False),
                platformdirs.user_data_path("pyvault", appauthor=False),
                platformdirs.user_state_path("pyvault", appauthor=False),
            )
        environ = os.environ
        return _xdg_directories(environ, _USUAL, lambda: _home(environ))
    except RuntimeError:
        raise ConfigError(
            "this user has no home directory",
            hint="set HOME, or set XDG_CONFIG_HOME, XDG_DATA_HOME and XDG_STATE_HOME to absolute paths",
        ) from None


def _xdg_directories(environ: Mapping[str, str], usual: tuple[str, str, str], home: Callable[[], Path]) -> Directories:
    config, data, state = (
        _xdg_directory(environ, variable, place, home) for variable, place in zip(_PLACES, usual, strict=False)
    )
    return config, data, state


def _xdg_directory(environ: Mapping[str, str], variable: str, usual: str, home: Callable[[], Path]) -> Path:
    # A relative path is invalid and ignored, says the specification; a relative HOME is none either.
    named = Path(environ.get(variable, ""))
    return (named if named.is_absolute() else home() / usual) / "pyvault"


def _home(environ: Mapping[str, str]) -> Path:
    home = Path(environ.get("HOME", ""))
    if not home.is_absolute():
        import pwd

        try:
            home = Path(pwd.getpwuid(os.getuid()).pw_dir)
        except KeyError:
            raise RuntimeError from None
    if not home.is_absolute():
        raise RuntimeError
    return home


def _find_runtime(environ: Mapping[str, str]) -> Path | None:
    if sys.platform in {"darwin", "win32"} and not _is_given(environ):
        import platformdirs

        return platformdirs.user_runtime_path("pyvault", appauthor=False)
    # platformdirs would fall back to a directory in /tmp, which outlives the session.
    from pyvault.login.runtime_directory import find_runtime_directory

    directory = find_runtime_directory(environ)
    return Path(directory, "pyvault") if directory else None
