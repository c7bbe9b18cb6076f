"""The sign-ins of the AWS CLI, in clear text below ``~/.aws/login/cache``: found, taken over, removed.

Source: botocore.credentials (LoginProvider) and botocore.utils (LoginTokenLoader): one file for each
``login_session``, named by its SHA-256.
"""

from __future__ import annotations

import hashlib
import os
import stat
import sys
from typing import TYPE_CHECKING, Final

from pyvault.config.account import account_of
from pyvault.config.config_file import expand_home
from pyvault.config.setting_reader import parse_region
from pyvault.errors import (
    CredentialsError,
    InvalidSettingError,
    ItemNotFoundError,
    UnusableAnswerError,
    WriteFailedError,
)
from pyvault.files.reading import read_file
from pyvault.json_reader import UnreadableError, read_object
from pyvault.loginsession import dpop
from pyvault.loginsession.id_token import person_of
from pyvault.loginsession.login_tokens import MOST_REFRESH_CHARACTERS, Grant, LoginToken, credentials_of, new_sign_in
from pyvault.loginsession.signin_service import CROSS_DEVICE, SAME_DEVICE
from pyvault.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from pyvault.json_reader import Fields
    from pyvault.loginsession.login_session import LoginSession
    from pyvault.loginsession.login_tokens import LoginTokens

VARIABLE: Final = "AWS_LOGIN_CACHE_DIRECTORY"
MAX_FILE: Final = 256 * 1024  # bytes; a session is some kilobytes
WRITABLE_BY_OTHERS: Final = stat.S_IWGRP | stat.S_IWOTH


def cache_path(environ: Mapping[str, str], arn: str) -> Path:
    """Return where the AWS CLI keeps the sign-in of a person."""
    directory = expand_home(environ.get(VARIABLE) or "~/.aws/login/cache", environ)
    return directory / f"{hashlib.sha256(arn.encode('utf-8', 'surrogatepass')).hexdigest()}.json"


def find_cli_session(environ: Mapping[str, str], arn: str) -> Path | None:
    """Return the file of a person's sign-in; None if there is none."""
    path = cache_path(environ, arn)
    return path if path.is_file() else None


def take_over(path: Path, session: LoginSession, tokens: LoginTokens, *, ends: datetime) -> LoginToken:
    """Move the sign-in of a person into the session vault; call it under the lock of the sign-in.

    The file goes when ours is safely kept. What a take-over that was killed in between has left
    is older than what has come of it, so it only goes. Where the file can't go, all stays as it was:
    two holders of a token that changes with every use would lock each other out.

    Args:
        path: the file.
        session: whose it must be.
        tokens: where it goes.
        ends: when it ends at the latest, as the file does not say.

    Raises:
        ItemNotFoundError: there is no file.
        CredentialsError: it can't be read, or is no sign-in of this person.
        WriteFailedError: it can't be removed.
    """
    token = read_cli_session(path, session, ends=ends)
    try:
        before: LoginToken | None = tokens.get(session)
    except ItemNotFoundError:
        before = None
    if before is not None and _has_come_of(before, token):
        token = before
    else:
        tokens.put(session, token)
    try:
        remove_cli_session(path)
    except WriteFailedError:
        if before is None:
            tokens.drop(session)
        else:
            tokens.put(session, before)
        raise
    return token


def _has_come_of(token: LoginToken, earlier: LoginToken) -> bool:
    """Return whether a sign-in is another one, renewed or as it was: the key is the same for the life of a sign-in."""
    ours, theirs = token.credentials.expires, earlier.credentials.expires
    same = token.grant.dpop_key == earlier.grant.dpop_key
    return same and ours is not None and theirs is not None and ours >= theirs


def read_cli_session(path: Path, session: LoginSession, *, ends: datetime) -> LoginToken:
    """Read the sign-in of a person.

    Args:
        path: the file.
        session: whose it must be.
        ends: when it ends at the latest, as the file does not say.

    Raises:
        ItemNotFoundError: there is no file.
        CredentialsError: it can't be read, or is no sign-in of this person.
    """
    try:
        _check_owner(path)
        fields = read_object(read_file(path, MAX_FILE), limit=MAX_FILE)
        return _token(fields, session, ends)
    except FileNotFoundError:
        raise ItemNotFoundError(
            f"the AWS CLI has no sign-in of {session.arn}", hint=f"looked for '{path}'; without --import you sign in"
        ) from None
    except OSError as exc:
        reason = (exc.strerror or type(exc).__name__).lower()
        raise CredentialsError(f"the AWS CLI's sign-in in '{path}' can't be read: {reason}") from None
    except (UnreadableError, UnusableAnswerError) as exc:
        raise CredentialsError(f"the AWS CLI's sign-in in '{path}' can't be used: {exc}") from None


def remove_cli_session(path: Path) -> None:
    """Remove the file.

    Raises:
        WriteFailedError: it can't be removed.
    """
    from pyvault.files.atomic import writing

    with writing(path):
        path.unlink(missing_ok=True)


def _check_owner(path: Path) -> None:
    """Refuse a file that others could have written: it could make somebody else of the person.

    Raises:
        FileNotFoundError: there is none.
        CredentialsError: it is a link, which would leave the tokens where it leads, or others could write it.
    """
    status = path.lstat()
    if stat.S_ISLNK(status.st_mode):
        raise CredentialsError(f"the AWS CLI's sign-in in '{path}' is a link", hint="move the file itself there")
    if sys.platform == "win32":
        return
    if status.st_uid != os.geteuid() or status.st_mode & WRITABLE_BY_OTHERS:
        raise CredentialsError(
            f"the AWS CLI's sign-in in '{path}' could have been written by others", hint="without --import you sign in"
        )


def _token(fields: Fields, session: LoginSession, ends: datetime) -> LoginToken:
    access = fields.fields("accessToken")
    refresh, key = Secret(fields.text("refreshToken")), Secret(fields.text("dpopKey"))
    dpop.check_key(key)
    if len(refresh) > MOST_REFRESH_CHARACTERS:
        raise UnreadableError("refreshToken is too long")
    client_id = fields.text("clientId")
    if client_id not in {SAME_DEVICE, CROSS_DEVICE}:
        raise UnreadableError("clientId is not one of AWS's")
    if fields.has("idToken") and person_of(Secret(fields.text("idToken"))) != session.arn:
        raise UnreadableError("it is another person's")
    if access.has("accountId") and access.text("accountId") != account_of(session.arn):
        raise UnreadableError("it is of another account")
    return LoginToken(
        arn=session.arn,
        credentials=credentials_of(
            session.arn,
            key_id=access.text("accessKeyId"),
            secret=Secret(access.text("secretAccessKey")),
            session_token=Secret(access.text("sessionToken")),
            expires=access.foreign_time("expiresAt"),
        ),
        grant=Grant(
            refresh_token=refresh,
            dpop_key=key,
            client_id=client_id,
            region=_region(fields) or session.client.region,
        ),
        sign_in=new_sign_in(),
        ends=ends,
    )


def _region(fields: Fields) -> str | None:
    """Return where the person signed in; it becomes a part of the host that the tokens are sent to."""
    text = fields.optional_text("signInRegion")
    try:
        return parse_region(text, "signInRegion") if text else None
    except InvalidSettingError:
        raise UnreadableError("signInRegion is not a region's name") from None
