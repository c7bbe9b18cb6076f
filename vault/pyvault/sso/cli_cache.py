"""The place where the AWS CLI and the SDKs keep SSO tokens, in plain text.

Who signed in with the AWS CLI need not do so again: its access token is used
while it is good. It is never refreshed (a refresh token that two programs use is
lost to one of them) and never kept. A file that others could have written could
make somebody else of the person, and is passed over.

Only ``exec --profile-env`` writes there, and says so: the child then reads the
profile itself. The file holds the access token alone. Without the refresh token
and the client's secret, whoever steals it has hours, not months.

Source: AWS SDKs and Tools Reference Guide, "IAM Identity Center authentication";
the file name is the SHA-1 of the session's name, or of the start URL.
"""

from __future__ import annotations

import hashlib
import os
import stat
import sys
from typing import TYPE_CHECKING, Final

from pyvault.clock import to_rfc3339
from pyvault.config.config_file import expand_home
from pyvault.config.values import ENDINGS, portal_url
from pyvault.files import witness
from pyvault.files.reading import note_failure, read_file
from pyvault.json_reader import UnreadableError, read_object
from pyvault.secret import Secret
from pyvault.sso.tokens import AccessToken
from pyvault.wire_text import is_wire_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pyvault.sso.session import SsoSession

MAX_FILE: Final = 256 * 1024  # bytes; a token is some kilobytes at most
WRITABLE_BY_OTHERS: Final = stat.S_IWGRP | stat.S_IWOTH


def cache_path(directory: Path, session: SsoSession) -> Path:
    """Return where the SDKs look for the token of a portal.

    Args:
        directory: ``~/.aws/sso/cache``.
    """
    return directory / _file_name(session.name or session.start_url)


def aws_cache_directory(environ: Mapping[str, str]) -> Path:
    """Return the place of the files: AWS gives no way to move it."""
    return expand_home("~/.aws/sso/cache", environ)


def read_aws_cache(directory: Path, session: SsoSession) -> AccessToken | None:
    """Return the token that the AWS CLI keeps for a portal, fresh or not; None if there is none that can be used.

    It keeps one under the session's name, or under the start URL as it stands in
    the config file; what is in the file must speak of this portal.

    Args:
        directory: ``~/.aws/sso/cache``.
        session: the portal.
    """
    texts = [session.name or session.start_url, session.start_url, *(f"{session.portal_url}{end}" for end in ENDINGS)]
    found = (_read(directory / _file_name(text), session) for text in dict.fromkeys(texts))
    tokens = [token for token in found if token is not None]
    return max(tokens, key=lambda token: token.expires, default=None)


def _file_name(text: str) -> str:
    return f"{hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()}.json"


def _read(path: Path, session: SsoSession) -> AccessToken | None:
    try:
        status = path.stat()
    except OSError as exc:
        note_failure(path, exc)
        return None
    try:
        if not _is_private(status):
            if witness.current is not None:
                witness.current.lose_sight()
            return None
        fields = read_object(read_file(path, MAX_FILE), limit=MAX_FILE)
        region = fields.optional_text("region") or session.client.region
        if portal_url(fields.text("startUrl")) != session.portal_url or region != session.client.region:
            return None
        token = fields.text("accessToken")
        return (
            AccessToken(access_token=Secret(token), expires=fields.foreign_time("expiresAt"))
            if is_wire_text(token)
            else None
        )
    except (OSError, UnreadableError):  # not there, or nothing of the AWS CLI's
        return None


def _is_private(status: os.stat_result) -> bool:
    if not stat.S_ISREG(status.st_mode):
        return False
    if sys.platform == "win32":
        return True
    return status.st_uid == os.geteuid() and not status.st_mode & WRITABLE_BY_OTHERS


def remove_from_aws_cache(directory: Path, session: SsoSession, token: AccessToken) -> None:
    """Remove the file that :func:`write_aws_cache` made of this token, if it is there; another one stays.

    Raises:
        WriteFailedError: it can't be removed.
    """
    from pyvault.files.atomic import writing

    path = cache_path(directory, session)
    found = _read(path, session)
    if found is not None and found.access_token == token.access_token:
        with writing(path):
            path.unlink(missing_ok=True)


def write_aws_cache(directory: Path, session: SsoSession, token: AccessToken) -> Path:
    """Write the token for other programs, mode 0600, atomically.

    Returns:
        The file, for the person to know about.

    Raises:
        WriteFailedError: it can't be written.
    """
    import json

    from pyvault.files.atomic import remove_all_leftovers, replace_file, writing
    from pyvault.files.modes import make_directory

    path = cache_path(directory, session)
    content = {
        "startUrl": session.start_url,
        "region": session.client.region,
        "expiresAt": to_rfc3339(token.expires),
        "accessToken": token.access_token.reveal(),
    }
    with writing(path):
        make_directory(path.parent)
    remove_all_leftovers(path.parent)  # there is a token in each
    replace_file(path, json.dumps(content).encode(), mode=0o600)
    return path
