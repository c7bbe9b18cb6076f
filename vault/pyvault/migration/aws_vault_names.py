"""What the names in aws-vault's stores say: which are keys, and what a profile of ours can't be called."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, NamedTuple, Protocol

from pyvault.backend import Backend
from pyvault.config.config_file import expand_home
from pyvault.errors import InvalidNameError
from pyvault.names import credential_name
from pyvault.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

#: ``type,profile,MFA device,expiry``: profile and device in base64 without padding, seconds since the epoch.
SESSION = re.compile(r"(?:session|credential_process|(?:sts|sso)\.\w+),([^,]+),([^,]*),[0-9]+")
#: Forms of versions 4 and 5.
OLD_SESSION = re.compile(r"session:[^ :]+:[^ ]*:[0-9]+|.+ session \([0-9]+\)", re.DOTALL)
TOKEN_PREFIX = "oidc:"  # noqa: S105 - of a name: the start URL of a portal follows
BASE64 = re.compile(r"[A-Za-z0-9_-]*")


class LeftOut(Record):
    """An entry of a store that can't become a key of ours.

    Attributes:
        name: as aws-vault calls it.
        reason: why.
        ends: it is a session or a token, and nobody misses it: it ends by itself.
    """

    name: str
    reason: str
    ends: bool = False


class Listing(Record):
    """All entries of a store: each one is in one of the two.

    Attributes:
        keys: by our profile name, what aws-vault calls it; the two differ in Unicode's form only.
        left_out: the others.
    """

    keys: Mapping[str, str]
    left_out: tuple[LeftOut, ...]


class AwsVaultStore(Backend, Protocol):
    """A store of aws-vault, which can be read and says of every entry what it is."""

    @property
    def listing(self) -> Listing:
        """All entries."""
        ...


def is_credential(name: str) -> bool:
    """Return whether this name of aws-vault's is that of a long-lived key."""
    if name.startswith(TOKEN_PREFIX) or OLD_SESSION.fullmatch(name):
        return False
    session = SESSION.fullmatch(name)
    return session is None or not all(_is_base64(field) for field in session.groups())


def sort_names(names: Iterable[str], others: Iterable[LeftOut] = ()) -> Listing:
    """Return what is what among the names of a store.

    Args:
        names: as aws-vault calls its entries.
        others: what lies there and is no entry at all.
    """
    keys: dict[str, str] = {}
    left = [*others]
    for name in sorted(set(names)):
        if not is_credential(name):
            what = "an SSO token" if name.startswith(TOKEN_PREFIX) else "a session"
            left.append(LeftOut(name=name, reason=f"it is {what} and ends by itself", ends=True))
            continue
        try:
            ours = credential_name(name).name
        except InvalidNameError as exc:
            left.append(LeftOut(name=name, reason=exc.message))
            continue
        if ours in keys:
            left.append(LeftOut(name=name, reason="another entry has the same name, written in another Unicode form"))
        else:
            keys[ours] = name
    return Listing(keys=keys, left_out=tuple(left))


def _is_base64(field: str) -> bool:
    if not BASE64.fullmatch(field):
        return False
    try:
        base64.urlsafe_b64decode(field + "=" * (-len(field) % 4))
    except binascii.Error:
        return False
    return True


class Seen(NamedTuple):
    """Where a key is, as far as its name tells."""

    profile: str
    kind: str
    path: Path


def find_in_aws_vault(profiles: Iterable[str], environ: Mapping[str, str]) -> Seen | None:
    """Return the first of these profiles that aws-vault's files or password store have an entry for.

    Args:
        profiles: names.
        environ: aws-vault's variables count.
    """
    for profile in profiles:
        for kind, path in _places(profile, environ):
            try:
                if path.is_file():
                    return Seen(profile, kind, path)
            except (OSError, ValueError):  # a name that no file can have
                continue
    return None


def _places(profile: str, environ: Mapping[str, str]) -> Iterator[tuple[str, Path]]:
    keys = expand_home(environ.get("AWS_VAULT_FILE_DIR") or "~/.awsvault/keys", environ)
    yield "file", keys / profile.replace("%", "%25").replace("/", "%2F")
    if ".." in profile.split("/") or profile.startswith("/"):
        return
    store = environ.get("AWS_VAULT_PASS_PASSWORD_STORE_DIR") or environ.get("PASSWORD_STORE_DIR")
    prefix = environ.get("AWS_VAULT_PASS_PREFIX", "").strip("/")
    yield "pass", expand_home(store or "~/.password-store", environ) / prefix / f"{profile}.gpg"
