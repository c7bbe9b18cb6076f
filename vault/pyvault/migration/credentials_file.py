"""Keys in clear text in ``~/.aws/credentials``: found, and taken out line by line with what stands beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final, NoReturn, Self

from pyvault.access_keys import SWAPPED, TEMPORARY, find_fault
from pyvault.config.append import with_profile
from pyvault.config.profile_keys import PLAINTEXT_KEYS, PROFILE_KEYS
from pyvault.config.syntax import parse
from pyvault.errors import (
    AccessDeniedError,
    ConfigError,
    ConflictError,
    InvalidSettingError,
    ItemCorruptError,
    ItemNotFoundError,
)
from pyvault.model import StoredCredentials
from pyvault.names import ItemName, Kind, credential_name
from pyvault.record import Record, field
from pyvault.secret import Secret
from pyvault.storage.item_codec import encode_credentials

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from pyvault.backend import Ask, Options
    from pyvault.config.config_file import ConfigFile
    from pyvault.config.syntax import Entry, Section

KEY_ID = "aws_access_key_id"
SECRET_KEY = "aws_secret_access_key"  # noqa: S105 - the name of a setting
TOKENS = ("aws_session_token", "aws_security_token")
MAX_FILE = 1024 * 1024  # bytes
BACKUP_SUFFIX = ".pyvault-backup"


class UnusableKeyError(ConfigError, ItemCorruptError):
    """A value in the file that is no part of an access key; the message says where it stands, not what."""


class FoundKeys(Record):
    """What the file holds.

    Attributes:
        pairs: by profile.
        left: profiles whose credentials are not a static pair.
        repeated: profiles that set a key more than once, in one section or in two.
        unusable: by profile, why a value can't be that of a key.
    """

    pairs: Mapping[str, StoredCredentials]
    left: tuple[str, ...]
    repeated: tuple[str, ...] = ()
    unusable: Mapping[str, UnusableKeyError] = field(default_factory=dict[str, "UnusableKeyError"])


def read_credentials_file(path: Path) -> FoundKeys:
    """Find the static pairs.

    Raises:
        ConfigError: unreadable, or not the format.
    """
    return _find(_read(path), path)


def _find(data: bytes, path: Path) -> FoundKeys:
    pairs: dict[str, StoredCredentials] = {}
    left: list[str] = []
    repeated: list[str] = []
    unusable: dict[str, UnusableKeyError] = {}
    for section in parse(data, path):
        key_id, secret = (_value(section.entries, key) for key in (KEY_ID, SECRET_KEY))
        is_temporary = any(_value(section.entries, key) for key in TOKENS) or key_id.startswith(TEMPORARY)
        if is_temporary or bool(key_id) != bool(secret):
            left.append(section.header)
        elif section.repeated & {KEY_ID, SECRET_KEY}:
            repeated.append(section.header)
        elif key_id and (problem := _find_problem(section, path)):
            unusable[section.header] = problem
        elif key_id:
            pairs[section.header] = StoredCredentials(access_key_id=key_id, secret_access_key=Secret(secret))
    return FoundKeys(pairs=pairs, left=tuple(left), repeated=tuple(repeated), unusable=unusable)


def _find_problem(section: Section, path: Path) -> UnusableKeyError | None:
    key_id, secret = section.entries[KEY_ID], section.entries[SECRET_KEY]
    if find_fault(key_id.value, Secret(secret.value)) is SWAPPED:
        return UnusableKeyError(
            f"'{path}', line {key_id.line}: the key of [{section.header}] {SWAPPED.text}", hint=SWAPPED.hint
        )
    for key in (KEY_ID, SECRET_KEY):
        entry = section.entries[key]
        # A line that a backslash carries on leaves a blank where it was joined.
        if not entry.value.isprintable() or " " in entry.value:
            what = "continues on the next line" if "\n" in entry.value else "holds a blank or a control character"
            return UnusableKeyError(
                f"'{path}', line {entry.line}: the {key} of [{section.header}] {what}",
                hint="a key is one word on one line",
            )
    return None


def backup_path(path: Path) -> Path:
    """Return where a copy of the file lies while :func:`remove_pairs` rewrites it, and stays if that is killed."""
    return path.with_name(f"{path.name}{BACKUP_SUFFIX}")


def remove_pairs(path: Path, profiles: Collection[str]) -> None:
    """Take the pairs of these profiles out of the file; everything else stays as it is.

    A copy lies beside it while it is rewritten, and is deleted once the new
    file reads as it should: a copy of the keys in clear text is what this is
    meant to end. What an earlier run left that was killed meanwhile goes too.

    Raises:
        ConflictError: the file changed meanwhile, or does not hold one pair of
            each of these profiles; it was left alone.
        WriteFailedError: it can't be written; the copy stays.
    """
    from pyvault.files.atomic import remove_leftovers, replace_file

    before = _read(path)
    if not set(profiles) <= _find(before, path).pairs.keys():
        raise _changed(path)
    lines = _lines_of_pairs(before, path, profiles)
    after = b"".join(line for number, line in enumerate(before.splitlines(keepends=True), 1) if number not in lines)
    backup = backup_path(path)
    replace_file(backup, before)
    if _read(path) != before:
        backup.unlink(missing_ok=True)  # nothing was changed, so a second copy of the keys serves nobody
        raise _changed(path)
    replace_file(path, after, mode=None, follow_link=True)
    if _read(path) != after or read_credentials_file(path).pairs.keys() & set(profiles):
        raise ConflictError(f"'{path}' does not read as it was written", hint=f"'{backup}' is how it was")
    backup.unlink()
    for target in (backup, path.resolve()):
        remove_leftovers(target)


def _changed(path: Path) -> ConflictError:
    return ConflictError(f"'{path}' changed while its keys were being stored", hint="run the same command again")


def _lines_of_pairs(data: bytes, path: Path, profiles: Collection[str]) -> set[int]:
    return {
        section.entries[key].line
        for section in parse(data, path)
        if section.header in profiles
        for key in (KEY_ID, SECRET_KEY)
        if key in section.entries
    }


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_FILE + 1)
    except OSError as exc:
        raise ConfigError(f"'{path}' can't be read: {exc.strerror}") from None
    if len(data) > MAX_FILE:
        raise ConfigError(f"'{path}' is too large to be a credentials file")
    return data


def _value(entries: Mapping[str, Entry], key: str) -> str:
    return entries[key].value if key in entries else ""


class ClearKeys:
    """A source to migrate from."""

    API_VERSION: ClassVar[int] = 1

    def __init__(
        self, pairs: Mapping[str, StoredCredentials], unusable: Mapping[str, ItemCorruptError] | None = None
    ) -> None:
        """Hold what was found.

        Args:
            pairs: by profile.
            unusable: what reading the pair of such a profile raises.
        """
        self._pairs = pairs
        self._unusable = unusable or {}

    @classmethod
    def open(cls, options: Options, ask: Ask) -> Self:
        """Return an empty one: it is made from what was read elsewhere."""
        del options, ask
        return cls({})

    def get(self, name: ItemName) -> Secret[bytes]:
        """Return a pair as a record."""
        if name.kind is Kind.CREDENTIAL and (problem := self._unusable.get(name.name)):
            raise problem
        if name.kind is not Kind.CREDENTIAL or name.name not in self._pairs:
            raise ItemNotFoundError(f"there is no item '{name}'")
        return encode_credentials(self._pairs[name.name])

    def put(self, name: ItemName, data: Secret[bytes]) -> NoReturn:
        """Refuse."""
        del data
        raise AccessDeniedError(f"can't write '{name}' in clear text")

    def delete(self, name: ItemName) -> NoReturn:
        """Refuse."""
        raise AccessDeniedError(f"can't delete '{name}' there")

    def names(self) -> list[ItemName]:
        """List the pairs."""
        return [credential_name(profile) for profile in (*self._pairs, *self._unusable)]

    def close(self) -> None:
        """Nothing is held open."""


#: Of use to the AWS CLI alone. Source: AWS CLI user guide, "Configuration and credential file settings".
OF_THE_AWS_CLI: Final = frozenset({"output", "cli_pager"})
TAKEN: Final = (PROFILE_KEYS - PLAINTEXT_KEYS) | OF_THE_AWS_CLI
#: Parts of the keys themselves, which are not spoken of here.
PARTS_OF_KEYS: Final = PLAINTEXT_KEYS | {"aws_security_token"}


class Beside(Record):
    """What stands beside the keys of one profile and not yet in the config file.

    Attributes:
        settings: what can be appended to it.
        left: by reason, the settings that can't.
    """

    profile: str
    settings: Mapping[str, str]
    left: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])


def settings_beside(data: bytes, path: Path, config: ConfigFile, profile: str) -> Beside:
    """Return what of a profile's settings in the credentials file can be taken along.

    Args:
        data: the credentials file.
        path: of it, for messages.
        config: where the settings would go.
        profile: whose.

    Raises:
        ConfigError: not the format.
    """
    entries: dict[str, Entry] = {}
    for section in parse(data, path):
        if section.header == profile:
            entries |= section.entries
    present = config.find_profile(profile)
    settings: dict[str, str] = {}
    left: dict[str, list[str]] = {}
    for key, entry in entries.items():
        if key in PARTS_OF_KEYS or (present is not None and key in present and present[key].value == entry.value):
            continue
        reason = _obstacle(config, profile, key, entry)
        if reason is None:
            settings[key] = entry.value
        else:
            left.setdefault(reason, []).append(key)
    return Beside(profile=profile, settings=settings, left={reason: tuple(keys) for reason, keys in left.items()})


def _obstacle(config: ConfigFile, profile: str, key: str, entry: Entry) -> str | None:
    if key not in TAKEN:
        return "pyvault does not know it"
    if config.find_profile(profile) is not None:
        return f"'{config.path}' has a section for the profile, which pyvault does not rewrite"
    if entry.nested:
        return "it spans several lines"
    try:
        with_profile(config, profile, {key: entry.value})
    except InvalidSettingError as exc:
        return exc.message
    return None
