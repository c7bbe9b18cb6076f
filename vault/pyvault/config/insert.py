"""Add settings to a profile of the AWS config file, and touch no other byte.

They go right below the header, or into a new section at the end. The new text is read back before it
is written: whatever else the file says must come out as before.
"""

from __future__ import annotations

import os
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from pyvault.config.append import TRIES, replace_if_unchanged, with_profile
from pyvault.config.config_file import ConfigFile
from pyvault.errors import ConfigError, ConflictError, InvalidSettingError
from pyvault.record import replace

if TYPE_CHECKING:
    from collections.abc import Mapping


def add_settings(config: ConfigFile, name: str, settings: Mapping[str, str], *, lock: Path | None = None) -> ConfigFile:
    """Add settings to a profile in the file, which is read again first; those that are there already are left out.

    Args:
        config: says which file; its bytes may be old.
        name: of the profile; a section is made for a new one.
        settings: key -> value, one line each.
        lock: a lock file of ours, whose directory exists; see :func:`pyvault.config.append.append_profile`.

    Returns:
        The file as it is now.

    Raises:
        ConflictError: a setting is there with another value, or others keep changing the file.
        InvalidSettingError: a value that would not read back as it is.
        LockTimeoutError: another pyvault keeps the lock.
        WriteFailedError: nothing has changed.
    """
    from pyvault.files.lock import LockFile

    target = Path(os.path.realpath(config.path))
    with LockFile(lock, what=f'"{config.path}"') if lock is not None else nullcontext():
        for _ in range(TRIES):
            current = replace(ConfigFile.load(target), path=config.path)
            extended = with_settings(current, name, settings)
            if extended.data == current.data or replace_if_unchanged(target, extended.data, expected=current.data):
                return extended
    raise ConflictError(f'"{config.path}" keeps changing while profile {name!r} is written')


def with_settings(config: ConfigFile, name: str, settings: Mapping[str, str]) -> ConfigFile:
    """Return the file with settings added to a profile. Pure.

    Raises:
        ConflictError: a setting is there with another value.
        InvalidSettingError: a value that would not read back as it is.
    """
    found = config.find_profile(name)
    if found is None:
        return with_profile(config, name, settings)
    new: dict[str, str] = {}
    for key, value in settings.items():
        entry = found.get(key)
        if entry is None:
            new[key] = value
        elif entry.value != value:
            raise ConflictError(f'"{config.path}", line {entry.line}: profile {name!r} has another {key} already')
    if not new:
        return config
    end = b"\r\n" if b"\r\n" in config.data else b"\n"
    added = b"".join(f"{key} = {value}".encode() + end for key, value in new.items())
    place = _below_header(config, name)
    gap = b"" if config.data[:place].endswith((b"\n", b"\r")) else end
    problem = InvalidSettingError(f"profile {name!r}: its section can't be written to; add {', '.join(new)} by hand")
    try:
        extended = ConfigFile.parse(config.data[:place] + gap + added + config.data[place:], config.path)
    except ConfigError:
        raise problem from None
    if _values(extended, without=(name, frozenset(new))) != _values(config) or any(
        (entry := (extended.find_profile(name) or {}).get(key)) is None or entry.value != value
        for key, value in new.items()
    ):
        raise problem
    return extended


def _below_header(config: ConfigFile, name: str) -> int:
    """Return the place behind the first header of a profile."""
    place = 0
    for line in config.data.splitlines(keepends=True):
        place += len(line)
        if line.lstrip(b"\xef\xbb\xbf").startswith(b"["):
            try:
                alone = ConfigFile.parse(line, config.path)
            except ConfigError:
                continue
            if alone.find_profile(name) is not None:
                return place
    return len(config.data)


def _values(config: ConfigFile, *, without: tuple[str, frozenset[str]] | None = None) -> list[object]:
    """Return what a file says, without the places; and without some keys of a profile."""
    name, keys = without or ("", frozenset[str]())
    own = config.find_profile(name) if without else None
    mine = {id(own[key]) for key in keys if own is not None and key in own}
    return [
        (section.header, key, entry.value, entry.nested)
        for section in config.sections
        for key, entry in section.entries.items()
        if id(entry) not in mine
    ]
