"""Sessions of GetSessionToken that several profiles share, so that one MFA code serves them all.

As the source of a later step any session of the same keys and device will do. Handed out
itself, it lives no longer than was asked for: where the shared one would, there is a
second one beside it.
"""

from __future__ import annotations

import contextlib
from datetime import timedelta
from typing import TYPE_CHECKING

from pyvault.errors import AwsError, InputRequiredError, ItemNotFoundError, MfaError
from pyvault.planning.cache_keys import lives_no_longer, unshared_key

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyvault.model import Credentials
    from pyvault.planning.steps import SessionTokenStep
    from pyvault.retrieval.toolbox import Toolbox

ANY_LIFE = timedelta(0)
DENIED = "AccessDenied"  # Source: STS API Reference, common errors


def key_to_keep(step: SessionTokenStep, key: str, new: Credentials, tools: Toolbox) -> str:
    """Return the key under which to keep a new session that is handed out: it never replaces a longer one."""
    if not lives_no_longer(step, new, tools.clock()):  # the clocks differ
        return unshared_key(step, key)
    with contextlib.suppress(ItemNotFoundError):
        shared = tools.sessions.get(key, min_ttl=ANY_LIFE)
        if shared.expires is None or new.expires is None or shared.expires > new.expires:
            return unshared_key(step, key)
    return key


def with_new_session(call: Callable[[], Credentials], renew: Callable[[], bool]) -> Credentials:
    """Return what a call returns that is signed by a cached session; denied, it is repeated once with a new one.

    A policy may ask for a code that is younger than the session.

    Args:
        call: makes the call with the session that is cached.
        renew: replaces that session; returns False if it is as new as the call.

    Raises:
        AwsError: the call is denied with a new session too, or there can't be one.
    """
    try:
        return call()
    except AwsError as denied:
        if denied.code != DENIED:
            raise
        try:
            if not renew():
                raise
        except (InputRequiredError, MfaError):  # without a code, what is wrong is what AWS said
            raise denied from None
    return call()
