"""Why gpg refuses, read off its status lines, in our own words.

Nothing of gpg's own text is passed on but the name of a recipient, which stands
in the password store's ``.gpg-id``. Where gpg writes no status line (an agent that
does not start), its texts in the C locale say so, and the reason is looked for in
the place itself.

Source: doc/DETAILS of GnuPG, "Format of the --status-fd output".
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from pyvault.errors import BackendUnavailableError
from pyvault.files.owners import foreign_owner, way_out

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

#: A question becomes an answer that we can read and never a prompt, and no key is fetched from elsewhere.
STATUS_OPTIONS = "--batch --no-auto-key-locate --status-fd 2"
MARK = "[GNUPG:] "
UNUSABLE = ("can't be used", "gpg --list-keys shows the state of the key")

#: The first word after INV_RECP: what is wrong with the key, and what to do.
RECIPIENT_REASONS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "1": ("is unknown to gpg, or revoked", "gpg --import FILE brings the public key, or pass init names another"),
        "2": ("is ambiguous", "pass init with the key's fingerprint"),
        "3": ("is not made to encrypt", "pass init names another key"),
        "4": ("is revoked, or all of its subkeys are", "pass init names another key"),
        "5": ("has expired", "gpg --quick-set-expire FINGERPRINT 1y, or pass init names another"),
        "10": ("is not trusted by gpg", "gpg --edit-key KEY trust, or gpg --lsign-key KEY, if it is the right one"),
        "13": ("is disabled", "gpg --edit-key KEY enable"),
    }
)
UNSAID = frozenset({"0", "1"})  # no reason, and "not found", which gpg says of an address whose key has expired too
#: The line that told of the key before.
KEY_STATES: Mapping[str, str] = MappingProxyType({"KEYEXPIRED": "5", "KEYREVOKED": "4"})
ALL_UNUSABLE = "3"  # flags of KEY_CONSIDERED: not selected, and all of its subkeys are expired or revoked

#: In the C locale, of an agent or a directory that gpg can't use.
PLACE_TEXTS = ("can't connect to the agent", "no gpg-agent running", "can't create lock", "Fatal: can't open")
PLACE_STATES = frozenset({"add_keyblock_resource"})
SOCKET_PATH = 103 if sys.platform == "darwin" else 107  # bytes. Source: sun_path in sys/un.h, without its NUL
SHOWN = 80  # characters of a recipient


def refusal(errors: str, environ: Mapping[str, str]) -> BackendUnavailableError | None:
    """Return why gpg can't work with its keys, read off its stderr; None if it says nothing of that kind."""
    states = list(_states(errors))
    broken = any(line[0] == "ERROR" and line[1:2] and line[1] in PLACE_STATES for line in states)
    if broken or any(text in errors for text in PLACE_TEXTS):
        return place_trouble(environ) or BackendUnavailableError(
            "gpg can't read its keys" if broken else "gpg can't reach its gpg-agent, and can't start one",
            hint="gpg --list-secret-keys and gpg-agent --daemon say more",
        )
    return _recipient_refused(states)


def place_trouble(environ: Mapping[str, str]) -> BackendUnavailableError | None:
    """Return what is wrong with gpg's directory, as far as it can be seen; None if nothing is."""
    home = gpg_home(environ)
    owner = foreign_owner(home)
    if owner is not None:
        return BackendUnavailableError(
            f"gpg's directory '{home}' belongs to user {owner}", hint=f"{way_out(owner, home)}; or set GNUPGHOME"
        )
    if home.exists() and not os.access(home, os.W_OK | os.X_OK):
        return BackendUnavailableError(
            f"gpg can't write to its directory '{home}'", hint="make it writable, or name another with GNUPGHOME"
        )
    size = len(_agent_socket(environ))
    if size > SOCKET_PATH:
        return BackendUnavailableError(
            f"gpg-agent can't start: the path of its socket has {size} bytes, and {SOCKET_PATH} are possible",
            hint="GNUPGHOME in a shorter path",
        )
    return None


def gpg_home(environ: Mapping[str, str]) -> Path:
    """Return gpg's directory."""
    return Path(environ.get("GNUPGHOME") or Path(environ.get("HOME") or Path.home(), ".gnupg"))


def _recipient_refused(states: list[list[str]]) -> BackendUnavailableError | None:
    before = "0"
    for line in states:
        before = KEY_STATES.get(line[0], before)
        if line[0] == "KEY_CONSIDERED" and line[2:3] == [ALL_UNUSABLE] and before == "0":
            before = "4"
        if line[0] == "INV_RECP" and len(line) > 1:
            state, hint = RECIPIENT_REASONS.get(before if before != "0" and line[1] in UNSAID else line[1], UNUSABLE)
            name = "".join(char for char in " ".join(line[2:]) if char.isprintable())[:SHOWN]
            return BackendUnavailableError(f"the key '{name}' of the password store {state}", hint=hint)
    return None


def _states(errors: str) -> Iterator[list[str]]:
    """Read the status lines as words; the first one is the keyword."""
    for line in errors.splitlines():
        if line.startswith(MARK) and (words := line.removeprefix(MARK).split()):
            yield words


def _agent_socket(environ: Mapping[str, str]) -> bytes:
    """Return where gpg's agent would listen; empty if gpg's own tool does not tell."""
    try:
        told = subprocess.run(
            ["gpgconf", "--list-dirs", "agent-socket"],  # noqa: S607 - from PATH, as gpg itself
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=dict(environ),
            check=False,
            timeout=2,
        )
    except (OSError, subprocess.TimeoutExpired):
        return b""
    from urllib.parse import unquote_to_bytes

    return unquote_to_bytes(told.stdout.strip())
