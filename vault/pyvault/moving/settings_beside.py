"""The settings that stand beside the keys in ``~/.aws/credentials``, on their way into the config file.

They stay where they are as well: nothing of the file is lost. What is unknown is
not copied, since it may be the secret of another program.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pyvault.config.append import with_profile
from pyvault.config.keys import PLAINTEXT_KEYS, PROFILE_KEYS
from pyvault.config.syntax import parse
from pyvault.errors import InvalidSettingError
from pyvault.record import Record, field

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pyvault.config.file import ConfigFile
    from pyvault.config.syntax import Entry

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
        return "it goes over several lines"
    try:
        with_profile(config, profile, {key: entry.value})
    except InvalidSettingError as exc:
        return exc.message
    return None
