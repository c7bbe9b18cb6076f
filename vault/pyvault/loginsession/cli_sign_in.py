"""The sign-ins of the AWS CLI, in clear text below ``~/.aws/login/cache``: found, taken over, removed.

Source: botocore.credentials (LoginProvider) and botocore.utils (LoginTokenLoader): one file for each
``login_session``, named by its SHA-256.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from pyvault.config.config_file import expand_home
from pyvault.errors import CredentialsError, ItemNotFoundError, UnusableAnswerError
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

VARIABLE: Final = "AWS_LOGIN_CACHE_DIRECTORY"
MAX_FILE: Final = 256 * 1024  # bytes; a session is some kilobytes


def cache_path(environ: Mapping[str, str], arn: str) -> Path:
    """Return where the AWS CLI keeps the sign-in of a person."""
    directory = expand_home(environ.get(VARIABLE) or "~/.aws/login/cache", environ)
    return directory / f"{hashlib.sha256(arn.encode('utf-8', 'surrogatepass')).hexdigest()}.json"


def find_cli_session(environ: Mapping[str, str], session: LoginSession) -> Path | None:
    """Return the file of the person's sign-in; None if there is none."""
    path = cache_path(environ, session.arn)
    return path if path.is_file() else None


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
    """Remove the file: two holders of a token that changes with every use would lock each other out.

    Raises:
        WriteFailedError: it can't be removed.
    """
    from pyvault.files.atomic import writing

    with writing(path):
        path.unlink(missing_ok=True)


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
            region=fields.optional_text("signInRegion") or session.client.region,
        ),
        sign_in=new_sign_in(),
        ends=ends,
    )
