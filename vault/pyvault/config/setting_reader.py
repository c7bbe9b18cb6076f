"""Read one setting after the other from flag, environment and sections; remember its origin."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, TypeVar

from pyvault.config.layers import VERBATIM
from pyvault.config.values import parse_duration
from pyvault.errors import ConfigError, InvalidSettingError
from pyvault.record import MutableRecord, Record, field

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import timedelta
    from pathlib import Path

    from pyvault.config.layers import Layer

T = TypeVar("T")

BUILT_IN: Final = "built-in"
COMMANDS: Final = frozenset({"credential_process", "mfa_process", "web_identity_token_process"})
MANY_LINES: Final = VERBATIM | COMMANDS

# A region becomes part of a host name: a config must not lead a request elsewhere.
_REGION = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_CONTROL_IN_LINES = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class Found(Record):
    """A text and where it comes from.

    Attributes:
        label: how a message names it.
        rank: 0 for the nearest section; -1 for what is in no section.
        place: file and line, if it comes from a file.
    """

    text: str
    origin: str
    label: str
    rank: int
    place: tuple[Path, int] | None = None


class SettingReader(MutableRecord):
    """Read the settings of one profile.

    An invalid value is recorded in ``problems`` and left out, so that ``explain``
    can still show all others.

    Attributes:
        reach: the farthest layer that a key may be taken from, where that is not the last.
    """

    path: Path
    layers: tuple[Layer, ...]
    environ: Mapping[str, str]
    reach: Mapping[str, int] = field(default_factory=dict[str, int])
    origins: dict[str, str] = field(default_factory=dict[str, str])
    labels: dict[str, str] = field(default_factory=dict[str, str])
    places: dict[str, tuple[Path, int]] = field(default_factory=dict[str, tuple["Path", int]])
    problems: list[ConfigError] = field(default_factory=list["ConfigError"])

    def find(self, key: str, *, env: tuple[str, ...] = (), start: int = 0) -> Found | None:
        """Find the text in effect for a key, from layer *start* on; an empty one counts as none."""
        for variable in env:
            if found := self.find_variable(variable):
                return found
        end = self.reach.get(key, len(self.layers))
        for rank, layer in enumerate(self.layers[start : end + 1], start):
            if text := layer.text(key):
                entry = layer.entries[key]
                place = (entry.path, entry.line)
                return Found(text=text, origin=layer.origin, label=layer.label(key), rank=rank, place=place)
        return None

    def find_variable(self, name: str) -> Found | None:
        """Find an environment variable; an empty one counts as none."""
        text = self.environ.get(name)
        return Found(text=text, origin=f"env {name}", label=name, rank=-1) if text else None

    def keep(self, attribute: str, found: Found) -> None:
        """Remember where the value of an attribute came from."""
        self.origins[attribute] = found.origin
        self.labels[attribute] = found.label
        if found.place is not None:
            self.places[attribute] = found.place

    def text(self, key: str, *, env: tuple[str, ...] = ()) -> str | None:
        """Return a text without control characters."""
        return self.parsed(key, lambda text, what: checked_text(text, what=what, key=key), env=env)

    def parsed(
        self,
        key: str,
        parse: Callable[[str, str], T],
        *,
        env: tuple[str, ...] = (),
        attribute: str | None = None,
    ) -> T | None:
        """Return what *parse* makes of the text and its label; None if there is none or it is invalid."""
        return self.take(attribute or key, self.find(key, env=env), parse)

    def take(self, attribute: str, found: Found | None, parse: Callable[[str, str], T]) -> T | None:
        """Parse what was found and remember its origin, or record the problem."""
        if found is None:
            return None
        try:
            value = parse(found.text, found.label)
        except InvalidSettingError as problem:
            self.problems.append(problem)
            return None
        self.keep(attribute, found)
        return value

    def duration(
        self,
        attribute: str,
        *,
        flag: timedelta | None,
        env: str,
        default: timedelta,
        key: str = "",
    ) -> timedelta:
        """Return a duration; the default if nothing sets one."""
        if flag is not None:
            from pyvault.surface import option

            label = f"{option('duration') or 'duration'}, as {attribute}"
            self.keep(attribute, Found(text="", origin="flag", label=label, rank=-1))
            return flag
        found = self.find(key, env=(env,))
        duration = self.take(attribute, found, lambda text, what: parse_duration(text, what=what))
        if duration is None and found is None:
            self.origins[attribute] = BUILT_IN
        return default if duration is None else duration


def checked_text(text: str, *, what: str, key: str = "") -> str:
    """Return a text without control characters, which no setting needs and which could forge lines.

    The lines of a command are joined.

    Raises:
        InvalidSettingError: names *what*.
    """
    pattern = _CONTROL_IN_LINES if key in MANY_LINES else _CONTROL
    if pattern.search(text):
        raise InvalidSettingError(f"{what}: has control characters or more than one line")
    return joined_lines(text) if key in COMMANDS and "\n" in text else text


def joined_lines(command: str) -> str:
    """Return a command in one line, as the AWS CLI reads it: a line break between words becomes a blank.

    A shell would end the command there. Between quotes it stays.
    """
    joined: list[str] = []
    quote = ""
    escaped = False
    for char in command:
        if escaped:
            escaped = False
        elif char == "\\" and quote != "'":
            escaped = True
        elif char == quote:
            quote = ""
        elif char in "\"'" and not quote:
            quote = char
        joined.append(" " if char == "\n" and not quote else char)
    return "".join(joined)


def parse_region(text: str, what: str) -> str:
    """Check the form of a region's name, not whether it exists.

    Raises:
        InvalidSettingError: it could not be one label of a host name.
    """
    if not _REGION.fullmatch(text):
        raise InvalidSettingError(f"{what}: {text!r} is not a valid region name")
    return text


def parse_switch(text: str, what: str) -> bool:
    """Read ``true`` or ``false``.

    Raises:
        InvalidSettingError: anything else.
    """
    match text.lower():
        case "true":
            return True
        case "false":
            return False
        case _:
            raise InvalidSettingError(f"{what}: {text!r} is neither true nor false")


def parse_attempts(text: str, what: str) -> int:
    """Read a number of attempts, 1 to 9999.

    Raises:
        InvalidSettingError: anything else.
    """
    if not re.fullmatch(r"[1-9][0-9]{0,3}", text):
        raise InvalidSettingError(f"{what}: {text!r} is not a number from 1 to 9999")
    return int(text)


def one_of(*choices: str) -> Callable[[str, str], str]:
    """Make a parser that accepts exactly these words."""

    def parse(text: str, what: str) -> str:
        if text not in choices:
            raise InvalidSettingError(f"{what}: {text!r} is not one of {', '.join(choices)}")
        return text

    return parse
