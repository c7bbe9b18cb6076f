"""What in the shared files takes precedence over a credential server, or keeps a program from it. Pure.

An SDK reads ``[default]`` of both files before it asks a container endpoint or the
metadata service. Source: AWS SDKs and Tools Reference Guide, "Understand the
credential provider chain"; botocore's ``credentials.py``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pyvault.config.config_file import DEFAULT, PROFILE, nfc
from pyvault.config.profile_keys import PLAINTEXT_KEYS
from pyvault.config.syntax import unquoted
from pyvault.record import Record
from pyvault.sharedfiles.lines import read_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pyvault.config.config_file import ConfigFile
    from pyvault.sharedfiles.lines import Line

#: Every key that leads to credentials, except those of SSO, which share a prefix.
SOURCES: Final = PLAINTEXT_KEYS | {
    "aws_security_token",
    "credential_process",
    "credential_source",
    "login_session",
    "role_arn",
    "source_profile",
    "web_identity_token_file",
    "web_identity_token_process",
}
SSO_PREFIX: Final = "sso_"

#: Not sources, but with one of these the server's credentials would be used for another account, or not be found.
DETOURS: Final = frozenset({"aws_account_id", "ec2_metadata_service_endpoint", "ec2_metadata_service_endpoint_mode"})

#: Python's ConfigParser, and so the AWS CLI and boto3, puts the keys of this section into every other one.
INHERITED: Final = "DEFAULT"


class Obstacle(Record):
    """A key that is in the way."""

    path: Path
    line: int
    header: str
    key: str

    def __str__(self) -> str:
        """Return file, line, section and key; never the value."""
        return f'{self.key} in "{self.path}", line {self.line}, [{self.header}]'


def is_source(key: str) -> bool:
    """Return whether a key leads to credentials."""
    return key in SOURCES or key.startswith(SSO_PREFIX)


def is_obstacle(key: str) -> bool:
    """Return whether a key in ``[default]`` takes precedence over a server or keeps programs from it."""
    return is_source(key) or key in DETOURS


def find_obstacles(config: ConfigFile, credentials: ConfigFile) -> tuple[Obstacle, ...]:
    """Return every key of ``[default]`` in both files that a program would use before a server."""
    return find_keys(config, credentials, DEFAULT, is_obstacle)


def find_sources(config: ConfigFile, credentials: ConfigFile) -> tuple[Obstacle, ...]:
    """Return every key of ``[default]`` in both files that leads to credentials."""
    return find_keys(config, credentials, DEFAULT, is_source)


def find_keys(
    config: ConfigFile, credentials: ConfigFile, profile: str, matches: Callable[[str], bool]
) -> tuple[Obstacle, ...]:
    """Return the keys of one profile, in the order of the files and lines.

    Args:
        config: the file that the program finds by ``AWS_CONFIG_FILE``.
        credentials: the one that it finds by ``AWS_SHARED_CREDENTIALS_FILE``.
        profile: the one that the program uses.
        matches: selects keys.
    """
    return tuple(
        Obstacle(path=file.path, line=line.number, header=line.header or "", key=line.key or "")
        for file in (config, credentials)
        for line in lines_of(file.data, profile, plain=file is credentials)
        if line.key is not None and matches(line.key)
    )


def lines_of(data: bytes, profile: str, *, plain: bool) -> Iterator[Line]:
    """Yield the lines at which some reader finds a key of a profile.

    Args:
        data: the file.
        profile: its name.
        plain: profiles other than ``default`` are called ``[NAME]`` here, as in the credentials file.
    """
    found = {
        line.number: line
        for loose in (True, False)  # where both find a key, the strict one is right
        for line in read_lines(data, loose=loose)
        if line.begins and line.header is not None and concerns(line.header, profile, plain=plain)
    }
    yield from (found[number] for number in sorted(found))


def concerns(header: str, profile: str, *, plain: bool) -> bool:
    """Return whether some reader takes keys below a header as a profile's."""
    return header == INHERITED or names(header, profile, plain=plain)


def names(header: str, profile: str, *, plain: bool) -> bool:
    """Return whether a header is a profile's; some readers take ``[profile NAME]`` in both files."""
    if nfc(header) == profile:
        return plain or profile == DEFAULT
    words = header.split(maxsplit=1)  # none in an empty header
    return len(words) == 2 and words[0] == PROFILE and nfc(unquoted(words[1])) == profile
