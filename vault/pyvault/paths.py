"""Where pyvault's own files are.

Source: the XDG base directory specification, version 0.8; platformdirs on macOS and Windows. Elsewhere
that would be a dozen modules for three variables and a home, each of which is read as platformdirs does.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pyvault.errors import ConfigError
from pyvault.record import Record

if TYPE_CHECKING:
    from collections.abc import Mapping


class Paths(Record):
    """The paths of our files; nothing is created.

    Attributes:
        runtime: emptied when the user's last session ends; None if the system has no such directory.
    """

    config_file: Path
    data: Path
    state: Path
    runtime: Path | None

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
        environ: ``PYVAULT_CONFIG`` overrides the path of the config file.

    Raises:
        ConfigError: this user has no home directory, as in a container with an arbitrary user id.
    """
    config = environ.get("PYVAULT_CONFIG")
    try:
        directory, data, state = _user_directories(os.environ)  # as platformdirs does
    except RuntimeError:
        raise ConfigError(
            "this user has no home directory",
            hint="set HOME, or set XDG_CONFIG_HOME, XDG_DATA_HOME and XDG_STATE_HOME to absolute paths",
        ) from None
    return Paths(
        config_file=expand_user(config) if config else directory / "config.toml",
        data=data,
        state=state,
        runtime=_find_runtime(environ),
    )


def _user_directories(environ: Mapping[str, str]) -> tuple[Path, Path, Path]:
    """Return our directories for configuration, data and state.

    Raises:
        RuntimeError: one of them needs a home directory, and there is none.
    """
    if sys.platform in {"darwin", "win32"}:
        import platformdirs

        return (
            platformdirs.user_config_path("pyvault", appauthor=False),
            platformdirs.user_data_path("pyvault", appauthor=False),
            platformdirs.user_state_path("pyvault", appauthor=False),
        )
    return (
        _xdg_directory(environ, "XDG_CONFIG_HOME", ".config"),
        _xdg_directory(environ, "XDG_DATA_HOME", ".local/share"),
        _xdg_directory(environ, "XDG_STATE_HOME", ".local/state"),
    )


def _xdg_directory(environ: Mapping[str, str], variable: str, below_home: str) -> Path:
    # A relative path is invalid and ignored, says the specification; a relative HOME is none either.
    base = Path(environ.get(variable, ""))
    if not base.is_absolute():
        base = _home(environ) / below_home
    return base / "pyvault"


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


def expand_user(text: str) -> Path:
    """Return a path with a leading ``~`` or ``~NAME`` expanded.

    Raises:
        ConfigError: there is no such user, or this user has no home directory.
    """
    try:
        return Path(text).expanduser()
    except RuntimeError:
        raise ConfigError(
            f"the home directory in '{text}' can't be found", hint="write out the path, or set HOME"
        ) from None


def _find_runtime(environ: Mapping[str, str]) -> Path | None:
    if sys.platform in {"darwin", "win32"}:
        import platformdirs

        return platformdirs.user_runtime_path("pyvault", appauthor=False)
    # platformdirs would fall back to a directory in /tmp, which outlives the session.
    directory = environ.get("XDG_RUNTIME_DIR")
    return Path(directory, "pyvault") if directory else None
