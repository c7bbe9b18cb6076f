"""The two shared files with nothing in ``[default]`` that takes precedence over a server. Pure.

No other byte changes: the entries in the way are removed from ``[default]``; all that
it contained is repeated at the end, in a profile of a new name; and other profiles
that had ``source_profile = default`` get that name instead. So a program that names a
profile gets what it got before.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from pyvault.config.config_file import DEFAULT, PROFILE
from pyvault.errors import ConfigError
from pyvault.record import Record
from pyvault.sharedfiles.lines import line_end, read_lines
from pyvault.sharedfiles.obstacles import INHERITED, find_obstacles, is_obstacle, lines_of, names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyvault.config.config_file import ConfigFile
    from pyvault.sharedfiles.lines import Line

STAND_IN: Final = "pyvault-default"
SOURCE_PROFILE: Final = "source_profile"
#: ``source_profile = default``, maybe quoted, maybe with a comment that only some readers take for one.
TO_DEFAULT: Final = re.compile(rb"([^=:]*[=:]\s*[\"']?)default([\"']?\s*(?:\s[#;].*)?)", re.DOTALL)
BRACKET: Final = re.compile(rb"\[([^\]]*)\]")


class Hidden(Record):
    """Both files as a program sees them; plain keys may be in them.

    Attributes:
        stand_in: the profile with all that ``[default]`` contained; None if nothing had to be hidden.
    """

    config: bytes
    credentials: bytes
    stand_in: str | None

    def __repr__(self) -> str:
        """Show no byte of the files."""
        return f"Hidden(stand_in={self.stand_in!r})"


def hide_default(config: ConfigFile, credentials: ConfigFile) -> Hidden:
    """Return both files without what in ``[default]`` takes precedence over a server.

    Raises:
        ConfigError: ``[DEFAULT]`` has such a key, which some programs read into every section.
    """
    obstacles = find_obstacles(config, credentials)
    if not obstacles:
        return Hidden(config=config.data, credentials=credentials.data, stand_in=None)
    for obstacle in obstacles:
        if obstacle.header == INHERITED:
            raise ConfigError(
                f"{obstacle} can't be hidden: some programs read it into every section",
                hint="move it to the section that it is meant for",
            )
    stand_in = _unused(config.data + credentials.data)
    return Hidden(
        config=_hidden(config.data, stand_in, plain=False),
        credentials=_hidden(credentials.data, stand_in, plain=True),
        stand_in=stand_in,
    )


def _unused(text: bytes) -> str:
    name, number = STAND_IN, 1
    while name.encode() in text:
        number += 1
        name = f"{STAND_IN}-{number}"
    return name


def _hidden(data: bytes, stand_in: str, *, plain: bool) -> bytes:
    lines = [*read_lines(data, loose=False)]
    gone = _obstacle_lines(data, lines, plain=plain)
    kept = b"".join(_redirected(line, stand_in) for line in lines if line.number not in gone)
    held = b"".join(_with_end(_redirected(line, stand_in), data) for line in _default_entries(lines, plain=plain))
    if not held:
        return kept
    end = line_end(data)
    return _with_end(kept, data) + end + _header(lines, stand_in, plain=plain) + end + held


def _header(lines: list[Line], stand_in: str, *, plain: bool) -> bytes:
    """Return the header of the profile that stands in for ``[default]``, for the same readers as that had.

    botocore skips a header that begins with a blank, and ``[profile NAME]`` in the credentials file.
    """
    held = next(_default_entries(lines, plain=plain)).header
    line = next(line for line in lines if line.heads and line.header == held)
    match = BRACKET.search(line.raw)
    written = match[1] if match else b""
    is_long = written.strip().startswith(PROFILE.encode())
    is_seen = written == DEFAULT.encode() or (is_long and not written[:1].isspace())
    blank = b"" if is_seen else b" "
    return b"[" + blank + (PROFILE.encode() + b" " if is_long or not plain else b"") + stand_in.encode() + b"]"


def _obstacle_lines(data: bytes, lines: list[Line], *, plain: bool) -> set[int]:
    """Return the numbers of the lines to remove: each key that is in the way, and the lines that continue it."""
    first = {line.number for line in lines_of(data, DEFAULT, plain=plain) if line.key and is_obstacle(line.key)}
    gone: set[int] = set()
    inside = False
    for line in lines:
        if line.key is None and not line.heads:  # a comment; the entry may continue below it
            continue
        inside = line.number in first if line.begins else inside and not line.heads
        if inside or line.number in first:
            gone.add(line.number)
    return gone


def _default_entries(lines: list[Line], *, plain: bool) -> Iterator[Line]:
    """Yield the entries of ``[default]``; in the config file ``[profile default]`` comes first if it is there."""
    of_default = [line for line in lines if line.header is not None and names(line.header, DEFAULT, plain=plain)]
    headers = sorted(dict.fromkeys(line.header for line in of_default), key=lambda header: (header == DEFAULT) != plain)
    yield from (line for line in of_default if line.header == headers[0] and line.key is not None)


def _redirected(line: Line, stand_in: str) -> bytes:
    if not line.begins or line.key != SOURCE_PROFILE:
        return line.raw
    match = TO_DEFAULT.fullmatch(line.raw)
    return match[1] + stand_in.encode() + match[2] if match else line.raw


def _with_end(text: bytes, data: bytes) -> bytes:
    return text if not text or text.endswith((b"\n", b"\r")) else text + line_end(data)
