"""The outcome of a fetch as bytes, from the process that fetched to the one that serves.

The bytes hold secrets; they travel through a pipe only.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pyvault.errors import CredentialsError, ItemCorruptError
from pyvault.json_reader import UnreadableError, read_object
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
    outcome, content = data.reveal()[:1], Secret(data.reveal()[1:])
    try:
        if outcome == _FETCHED:
            return decode_session(content)
        fields = read_object(content)
        failure = {name: fields.optional_text(name) or "" for name in fields.names()}
    except (ItemCorruptError, UnreadableError):  # it was killed before it was done, and some of it came
        failure = {}
    if outcome != _FAILED or not failure:
        raise CredentialsError("the process that fetches the credentials ended without a result")
    raise rebuild(failure)
