"""Whether aws-vault has a key, by the names of its files alone: nothing is opened, and nobody is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pyvault.config.file import expand_home

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path


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
