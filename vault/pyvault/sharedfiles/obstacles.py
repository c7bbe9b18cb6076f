"""What in the shared files would win over a credential server, or keep a program from it. Pure.

An SDK looks at ``[default]`` of both files before it asks a container endpoint or
the metadata service. Source: AWS SDKs and Tools Reference Guide, "Understand the
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

#: Every way to credentials but those of SSO, whose keys all begin alike.
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

#: No source, but with one of these the server's credentials would be used for another account, or not be found.
DETOURS: Final = frozenset({"aws_account_id", "ec2_metadata_service_endpoint", "ec2_metadata_service_endpoint_mode"})

#: Python's ConfigParser, and so the AWS CLI and boto3, puts the keys of this section into every other one.
EVERYBODYS: Final = "DEFAULT"


class Obstacle(Record):
    """One key that stands in the way."""

    path: Path
    line: int
    header: str
    key: str

    def __str__(self) -> str:
        """Name file, line, section and key; never the value."""
        return f'{self.key} in "{self.path}", line {self.line}, [{self.header}]'


def is_source(key: str) -> bool:
    """Return whether a key leads to credentials."""
    return key in SOURCES or key.startswith(SSO_PREFIX)


def is_obstacle(key: str) -> bool:
    """Return whether a key in ``[default]`` wins over a server or keeps programs from it."""
    return is_source(key) or key in DETOURS


def find_obstacles(config: ConfigFile, credentials: ConfigFile) -> tuple[Obstacle, ...]:
    """List every key of ``[default]`` that a program would take before a server, in both files."""
    return find_keys(config, credentials, DEFAULT, is_obstacle)


def find_sources(config: ConfigFile, credentials: ConfigFile) -> tuple[Obstacle, ...]:
    """List every key of ``[default]`` that leads to credentials, in both files."""
    return find_keys(config, credentials, DEFAULT, is_source)


def find_keys(
    config: ConfigFile, credentials: ConfigFile, profile: str, wanted: Callable[[str], bool]
) -> tuple[Obstacle, ...]:
    """List the keys of one profile, in the order of the files and lines.

    Args:
        config: the file that ``AWS_CONFIG_FILE`` means to the program.
        credentials: the one that ``AWS_SHARED_CREDENTIALS_FILE`` means to it.
        profile: the one that the program looks at.
        wanted: says which keys are meant.
    """
    return tuple(
        Obstacle(path=file.path, line=line.number, header=line.header or "", key=line.key or "")
        for file in (config, credentials)
        for line in lines_of(file.data, profile, plain=file is credentials)
        if line.key is not None and wanted(line.key)
    )


def lines_of(data: bytes, profile: str, *, plain: bool) -> Iterator[Line]:
    """Give the lines in which some reader sees a key of a profile begin.

    Args:
        data: the file.
        profile: its name.
        plain: profiles other than ``default`` are called ``[NAME]`` here, as in the credentials file.
    """
    found = {
        line.number: line
        for loose in (True, False)  # where both see a key, the strict one knows better which
        for line in read_lines(data, loose=loose)
        if line.begins and line.header is not None and concerns(line.header, profile, plain=plain)
    }
    yield from (found[number] for number in sorted(found))


def concerns(header: str, profile: str, *, plain: bool) -> bool:
    """Return whether some reader takes keys below a header for a profile's."""
    return header == EVERYBODYS or names(header, profile, plain=plain)


def names(header: str, profile: str, *, plain: bool) -> bool:
    """Return whether a header is that of a profile; ``[profile NAME]`` is so in both files for some."""
    if nfc(header) == profile:
        return plain or profile == DEFAULT
    words = header.split(maxsplit=1)  # none in an empty header
    return len(words) == 2 and words[0] == PROFILE and nfc(unquoted(words[1])) == profile
