"""Add a section at the end of the AWS config file, and touch no other byte.

The format has no quoting that all its readers share. So the new text is read back
before it is written, and what would not come out as it went in is refused: a value
with a line break can't smuggle in a ``credential_process``.
"""

from __future__ import annotations

import os
import stat
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pyvault.config.config_file import DEFAULT, ConfigFile
from pyvault.errors import ConfigError, ConflictError, InvalidSettingError
from pyvault.record import replace

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pyvault.config.syntax import Entry

PLAIN: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.@+/-")
TRIES: Final = 10


def append_profile(
    config: ConfigFile, name: str, settings: Mapping[str, str], *, lock: Path | None = None
) -> ConfigFile:
    """Append a profile to the file, which is read again first.

    A new file gets mode 0600, a new directory 0700. An existing one keeps its mode,
    its owner, and the symbolic link that leads to it.

    Args:
        config: says which file; its bytes may be old.
        name: must have no section yet.
        settings: key -> value, one line each.
        lock: a lock file of ours, whose directory exists. It keeps other pyvaults out;
            what other programs write is noticed up to the moment of the rename.

    Returns:
        The file as it is now.

    Raises:
        ConflictError: the profile has a section already, or others keep changing the file.
        InvalidSettingError: a name, key or value that would not read back as it is.
        LockTimeoutError: another pyvault keeps the lock.
        WriteFailedError: nothing has changed.
    """
    from pyvault.files.lock import LockFile

    with LockFile(lock, what=f'"{config.path}"') if lock is not None else nullcontext():
        return _append(config, lambda current: with_profile(current, name, settings), "a profile")


def append_sso_session(config: ConfigFile, name: str, settings: Mapping[str, str]) -> ConfigFile:
    """Append an ``sso-session`` section, as :func:`append_profile` does a profile's; nothing else is written."""
    return _append(config, lambda current: with_sso_session(current, name, settings), "an sso-session")


def _append(config: ConfigFile, extend: Callable[[ConfigFile], ConfigFile], what: str) -> ConfigFile:
    target = Path(os.path.realpath(config.path))
    for _ in range(TRIES):
        current = replace(ConfigFile.load(target), path=config.path)
        extended = extend(current)
        if replace_if_unchanged(target, extended.data, expected=current.data):
            return extended
    raise ConflictError(f'"{config.path}" keeps changing while {what} is added')


def with_profile(config: ConfigFile, name: str, settings: Mapping[str, str]) -> ConfigFile:
    """Return the file with a profile at its end. Pure.

    Line ends follow the file's own; a missing one before the new section is added.

    Raises:
        ConflictError: the profile has a section already.
        InvalidSettingError: a name, key or value that would not read back as it is.
    """
    return _extended(config, _header(name), settings, ConfigFile.find_profile, name, f"profile {name!r}")


def with_sso_session(config: ConfigFile, name: str, settings: Mapping[str, str]) -> ConfigFile:
    """Return the file with an ``sso-session`` section at its end, under the rules of :func:`with_profile`. Pure."""
    header = f"[sso-session {name}]"
    return _extended(config, header, settings, ConfigFile.find_sso_session, name, f"sso-session {name!r}")


def _extended(
    config: ConfigFile,
    header: str,
    settings: Mapping[str, str],
    find: Callable[[ConfigFile, str], Mapping[str, Entry] | None],
    name: str,
    what: str,
) -> ConfigFile:
    if find(config, name) is not None:
        raise ConflictError(f'"{config.path}" already has a section for {what}')
    lines = [header, *(f"{key} = {value}" for key, value in settings.items())]
    if any("\n" in line or "\r" in line for line in lines):
        raise InvalidSettingError(f"{what}: a line break can't be written to a config file")
    end = b"\r\n" if b"\r\n" in config.data else b"\n"
    try:
        added = end.join(line.encode() for line in [*lines, ""])
    except UnicodeEncodeError:
        raise InvalidSettingError(f"{what}: a name or value is not valid Unicode") from None
    gap = b""
    if config.data.strip():
        gap = end if config.data.endswith((b"\n", b"\r")) else end + end
    try:
        extended = ConfigFile.parse(config.data + gap + added, config.path)
    except ConfigError:
        raise InvalidSettingError(f"{what}: a key or value can't be written to a config file") from None
    found = find(extended, name)
    before = [*config.sections]
    if found is None or [*extended.sections[: len(before)]] != before or len(extended.sections) != len(before) + 1:
        raise InvalidSettingError(f"{what}: the name can't be written to a config file")
    for key, value in settings.items():
        entry = found.get(key)
        if entry is None or entry.value != value or entry.nested:
            raise InvalidSettingError(f"{what}: the value of {key!r} can't be written to a config file unchanged")
    return extended


def _header(name: str) -> str:
    if name == DEFAULT:
        return "[default]"
    if name and PLAIN.issuperset(name):
        return f"[profile {name}]"
    # Single quotes: the AWS CLI gives backslashes a meaning between double ones.
    quote = '"' if "'" in name else "'"
    return f"[profile {quote}{name}{quote}]"


def replace_if_unchanged(target: Path, data: bytes, *, expected: bytes) -> bool:
    """Replace the file unless somebody changed it meanwhile; False if so.

    A new file gets mode 0600, a new directory 0700; an existing one keeps mode and owner.

    Args:
        target: the file itself, not a link to it.
        expected: what it holds; empty for a missing file.

    Raises:
        WriteFailedError: nothing has changed.
    """
    from pyvault.files.atomic import PendingFile, remove_leftovers, writing
    from pyvault.files.modes import make_directory

    with writing(target):
        make_directory(target.parent)
        old = target.stat() if target.exists() else None
    remove_leftovers(target)
    with PendingFile(target, mode=0o600 if old is None else stat.S_IMODE(old.st_mode)) as pending:
        pending.write(data)
        if old is not None:
            with writing(target):
                _keep_owner(pending.path, old)
        pending.finish()
        with writing(target):
            if (target.read_bytes() if target.exists() else b"") != expected:
                return False
        pending.commit()
    return True


def _keep_owner(path: Path, old: os.stat_result) -> None:
    if sys.platform == "win32":
        return
    new = path.stat()
    if (new.st_uid, new.st_gid) != (old.st_uid, old.st_gid):
        os.chown(path, old.st_uid, old.st_gid)
        mode = stat.S_IMODE(old.st_mode)
        if stat.S_IMODE(path.stat().st_mode) != mode:  # a change of owner takes the special bits away
            path.chmod(mode)
