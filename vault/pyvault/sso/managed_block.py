"""A block of a config file that belongs to pyvault, between two marker lines.

Every byte outside the markers stays as it is: comments, order, line ends, a
missing final newline. Markers that don't pair up are an error, not a guess:
a guess could delete what a person wrote.
"""

from __future__ import annotations

from pyvault.errors import ConfigError
from pyvault.record import Record

NOTE = "# made by pyvault sso populate; changes between these two lines are lost"


class BlockSpan(Record):
    """Where a block is: byte offsets of its first marker and of what follows the last one."""

    start: int
    end: int


def markers(label: str) -> tuple[bytes, bytes]:
    """Return the first and the last line of a block, without line ends."""
    return f"# BEGIN pyvault sso {label}".encode(), f"# END pyvault sso {label}".encode()


def find_block(data: bytes, label: str) -> BlockSpan | None:
    """Find a block; None if there is none.

    Raises:
        ConfigError: a marker is missing, doubled or in the wrong order, or keys
            follow the block that would belong to its last profile.
    """
    first, last = markers(label)
    starts: list[int] = []
    ends: list[int] = []
    offset = 0
    for line in data.splitlines(keepends=True):
        if line.strip() == first:
            starts.append(offset)
        offset += len(line)
        if line.strip() == last:
            ends.append(offset)
    if not starts and not ends:
        return None
    if len(starts) != 1 or len(ends) != 1 or starts[0] >= ends[0]:
        raise ConfigError(
            f"the lines '{first.decode()}' and '{last.decode()}' do not pair up",
            hint="repair or delete these lines; nothing was changed",
        )
    _require_section_after(data[ends[0] :], label)
    return BlockSpan(start=starts[0], end=ends[0])


def replace_block(data: bytes, label: str, lines: list[str]) -> bytes:
    """Return the file with the block replaced, appended, or without lines, removed.

    Raises:
        ConfigError: the markers do not pair up.
    """
    found = find_block(data, label)
    newline = b"\r\n" if b"\r\n" in data else b"\n"
    first, last = markers(label)
    body = [first, NOTE.encode(), *(line.encode() for line in lines), last] if lines else []
    block = b"".join(line + newline for line in body)
    if found is not None:
        return data[: found.start] + block + data[found.end :]
    if not block:
        return data
    # A blank line of its own: after a final backslash the marker would be taken into the last value.
    gap = newline if data.endswith((b"\n", b"\r")) else newline * 2
    return data + (gap if data else b"") + block


def without_block(data: bytes, label: str) -> bytes:
    """Return the file without the block: what others wrote.

    Raises:
        ConfigError: the markers do not pair up.
    """
    found = find_block(data, label)
    return data if found is None else data[: found.start] + data[found.end :]


def _require_section_after(rest: bytes, label: str) -> None:
    for line in rest.splitlines():
        text = line.strip()
        if text.startswith(b"["):
            return
        if text and text[:1] not in {b"#", b";"}:
            raise ConfigError(
                f"a key follows the block of {label!r} before the next section",
                hint="move it into a section of its own; nothing was changed",
            )
