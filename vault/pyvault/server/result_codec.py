"""The outcome of a fetch as bytes, from the process that fetched to the one that serves.

The bytes hold secrets; they travel through a pipe only.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast

from pyvault.errors import CredentialsError
from pyvault.json_reader import read_value
from pyvault.secret import Secret
from pyvault.sessions.failure_codec import describe, rebuild
from pyvault.sessions.session_codec import decode_session, encode_session

if TYPE_CHECKING:
    from pyvault.model import Credentials

MAX_RESULT = 64 * 1024  # bytes; session tokens have up to about 4 KiB

_FAILED = b"F"
_FETCHED = b"C"


def encode_result(outcome: Credentials | BaseException) -> Secret[bytes]:
    """Write what came of a fetch."""
    if isinstance(outcome, BaseException):
        return Secret(_FAILED + json.dumps(describe(outcome)).encode())
    return Secret(_FETCHED + encode_session(outcome).reveal())


def decode_result(data: Secret[bytes]) -> Credentials:
    """Give the credentials, or raise what prevented them.

    Raises:
        CredentialsError: the fetching process ended without a result.
        PyvaultError: the failure of the fetch, as it was there.
    """
    if data.reveal()[:1] == _FETCHED:
        return decode_session(Secret(data.reveal()[1:]))
    if data.reveal()[:1] != _FAILED:
        raise CredentialsError("the process that fetches the credentials ended without a result")
    raise rebuild(cast("dict[str, str]", read_value(data.reveal()[1:])))  # encode_result wrote it
