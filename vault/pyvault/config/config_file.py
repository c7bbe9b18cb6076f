"""The AWS config file and the shared credentials file, as sections with a meaning.

Reading creates nothing: a missing file is an empty one. Nothing is ever rewritten;
:mod:`pyvault.config.append` adds at the end.
"""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Self

from pyvault.config import syntax as configsyntax
from pyvault.config.profile_keys import PROFILE_KEYS
from pyvault.errors import ConfigError
from pyvault.files import witness
from pyvault.files.reading import read_file
from pyvault.interruptions import pass_interruption
from pyvault.paths import GivenEnvironment, expand_user
from pyvault.record import Record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyvault.config.syntax import Entry, Section

DEFAULT: Final = "default"
PROFILE: Final = "profile"
SSO_SESSION: Final = "sso-session"
SERVICES: Final = "services"

CONFIG_FILE: Final = "AWS_CONFIG_FILE"
CREDENTIALS_FILE: Final = "AWS_SHARED_CREDENTIALS_FILE"
PLACES: Final = {CONFIG_FILE: "~/.aws/config", CREDENTIALS_FILE: "~/.aws/credentials"}
#: Where the real files are, for a pyvault whose parent shows programs a view (:mod:`pyvault.sharedfiles`).
BEHIND_VIEW: Final = {CONFIG_FILE: "PYVAULT_AWS_CONFIG_FILE", CREDENTIALS_FILE: "PYVAULT_AWS_CREDENTIALS_FILE"}
VIEW_PREFIX: Final = "aws-view-"  # of the directory that a view is in

MAX_BYTES: Final = 16 * 1024 * 1024


class ConfigFile(Record, unshown=("data", "sections", "index", "plain")):
    """One file: its bytes, and the sections found in them.

    Attributes:
        path: where it is, or would be.
        data: every byte, as read.
        index: the sections by (kind, name), so that a long chain of profiles stays cheap.
        plain: the sections by their whole header, for the same reason.
    """

    path: Path
    data: bytes
    sections: tuple[Section, ...]
    index: Mapping[tuple[str, str], Sequence[Section]]
    plain: Mapping[str, Sequence[Section]]

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a file; a missing one counts as empty and is not created.

        Raises:
            ConfigError: it is not a file, can't be read, is malformed, or is over 16 MiB.
        """
        try:
            data = read_file(path, MAX_BYTES)
        except (FileNotFoundError, NotADirectoryError):
            data = b""
        except (OSError, ValueError) as exc:
            pass_interruption(exc)
            reason = exc.strerror if isinstance(exc, OSError) and exc.strerror else str(exc)
            raise ConfigError(f'can\'t read "{path}": {reason[0].lower()}{reason[1:]}') from exc
        return cls.parse(data, path)

    @classmethod
    def parse(cls, data: bytes, path: Path) -> Self:
        """Read the bytes of a file.

        Raises:
            ConfigError: names the file and the line.
        """
        sections = configsyntax.parse(data, path)
        index: dict[tuple[str, str], list[Section]] = {}
        plain: dict[str, list[Section]] = {}
        for section in sections:
            index.setdefault(_meaning(section.header), []).append(section)
            plain.setdefault(nfc(section.header), []).append(section)
        return cls(
            path=path, data=data, sections=sections, index=MappingProxyType(index), plain=MappingProxyType(plain)
        )

    def profiles(self) -> list[str]:
        """List the profiles in file order; a ``[default]`` without any known key is left out."""
        return [
            name for kind, name in self.index if kind == PROFILE and (name != DEFAULT or self._default_has_known_keys())
        ]

    def find_profile(self, name: str) -> Mapping[str, Entry] | None:
        """Return a profile's own keys; None if it has no section.

        ``[profile default]`` wins over ``[default]``, key by key; ``[profile "a"]``
        and ``[profile a]`` are one.
        """
        found = self.index.get((PROFILE, nfc(name)), ())
        # Stable, so [default] comes first and loses.
        return _merged(sorted(found, key=lambda section: section.header != DEFAULT))

    def find_sso_session(self, name: str) -> Mapping[str, Entry] | None:
        """Return the keys of ``[sso-session NAME]``; None if there is no such section."""
        return _merged(self.index.get((SSO_SESSION, nfc(name)), ()))

    def sso_sessions(self) -> list[str]:
        """List the SSO sessions in file order."""
        return [name for kind, name in self.index if kind == SSO_SESSION]

    def find_services(self, name: str) -> Mapping[str, Entry] | None:
        """Return the entries of ``[services NAME]``; None if there is no such section."""
        return _merged(self.index.get((SERVICES, nfc(name)), ()))

    def find_plain_section(self, name: str) -> Mapping[str, Entry] | None:
        """Return the keys of ``[NAME]``, as the shared credentials file names its profiles."""
        return _merged(self.plain.get(nfc(name), ()))

    def _default_has_known_keys(self) -> bool:
        default = self.find_profile(DEFAULT)
        return default is not None and not PROFILE_KEYS.isdisjoint(default)


def find_config_path(environ: Mapping[str, str]) -> Path:
    """Return the path of the AWS config file; of the real one where a view takes its place."""
    return _behind_view(environ, CONFIG_FILE) or seen_path(environ, CONFIG_FILE)


def find_credentials_path(environ: Mapping[str, str]) -> Path:
    """Return the path of the shared credentials file; of the real one where a view takes its place."""
    return _behind_view(environ, CREDENTIALS_FILE) or seen_path(environ, CREDENTIALS_FILE)


def seen_path(environ: Mapping[str, str], variable: str) -> Path:
    """Return the path of a shared file as every other program finds it."""
    return expand_home(environ.get(variable) or PLACES[variable], environ)


def _behind_view(environ: Mapping[str, str], variable: str) -> Path | None:
    """Return the file that a view was made from, unless the variable names another file now."""
    real, seen = environ.get(BEHIND_VIEW[variable]), environ.get(variable)
    return Path(real) if real and (not seen or Path(seen).parent.name.startswith(VIEW_PREFIX)) else None


def expand_home(text: str, environ: Mapping[str, str]) -> Path:
    """Expand a leading ``~`` with the home directory that *environ* names."""
    head, *tail = Path(text).parts or (".",)
    home = environ.get("HOME") or environ.get("USERPROFILE")
    if head == "~" and home:
        return Path(home, *tail)
    if head == "~" and isinstance(environ, GivenEnvironment):
        return expand_user(text, environ)
    if witness.current is not None and head.startswith("~"):
        witness.current.lose_sight()  # the system's list of users has a say
    try:
        return Path(text).expanduser()
    except RuntimeError:  # no such user: the unexpanded path will not be found, and the message shows it
        return Path(text)


def _meaning(header: str) -> tuple[str, str]:
    """Split ``kind NAME``; quotes around the whole name don't belong to it.

    A header of an unknown kind gets an empty kind.
    """
    if header == DEFAULT:
        return PROFILE, DEFAULT
    words = header.split(maxsplit=1)  # also at a form feed
    if len(words) < 2 or words[0] not in {PROFILE, SSO_SESSION, SERVICES}:
        return "", header
    name = nfc(configsyntax.unquoted(words[1]))
    return (words[0], name) if name else ("", header)


def nfc(name: str) -> str:
    """Return a name in NFC, as names in the vault are: an editor on macOS may have decomposed accents."""
    if name.isascii():
        return name
    import unicodedata

    return unicodedata.normalize("NFC", name)


def _merged(sections: Sequence[Section]) -> Mapping[str, Entry] | None:
    if not sections:
        return None
    merged: dict[str, Entry] = {}
    for section in sections:
        merged.update(section.entries)
    return MappingProxyType(merged)
