"""What the session cache has for a plan, without a call, a command or a secret."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.errors import ConfigError, CredentialsError, ItemNotFoundError
from pyvault.planning.cache_keys import UNCACHED_STEPS, plan_keys, unshared_key
from pyvault.planning.steps import (
    LoginSessionStep,
    PlaintextStep,
    ProcessStep,
    SessionTokenStep,
    SourceStep,
    SsoStep,
    StoredStep,
    WebIdentityStep,
)
from pyvault.record import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime, timedelta

    from pyvault.planning.steps import Plan, Step
    from pyvault.sessions.cache import BlobStore, SessionEntry


class Cached(Record):
    """The cache state of one step.

    Attributes:
        state: ``hit``, ``miss``, ``never`` for what is not cached, ``unknown``
            if only a call or a command could tell.
        until: when the cached session expires.
    """

    state: str
    until: datetime | None = None


def look_at_cache(
    plan: Plan,
    *,
    key_id: Callable[[str], str],
    entries: Iterable[SessionEntry],
    at: datetime,
    min_ttl: timedelta,
    blobs: BlobStore | None = None,
    environ: Mapping[str, str] | None = None,
) -> list[Cached]:
    """Return for every step whether a retrieval would find it in the cache; calls, runs and opens nothing.

    Args:
        plan: its steps.
        key_id: returns the id of a profile's stored key; raises ItemNotFoundError if there is none.
        entries: of the session cache.
        at: the current time.
        min_ttl: how long a session must still be valid.
        blobs: where sign-ins are kept; None if there are none.
        environ: tells where the AWS CLI keeps the tokens of its sign-ins.
    """
    try:
        identity = expected_identity(plan.steps[0], key_id, blobs, environ=environ or {}, at=at) if plan.steps else ""
    except (
        ItemNotFoundError,
        CredentialsError,
        ConfigError,
    ):  # no keys, sign-in or token
        return _all("miss", plan)
    if identity is None:
        return _all("unknown", plan)
    kept = {entry.key: entry.expires for entry in entries}
    states = [
        Cached(state="never") if isinstance(step, UNCACHED_STEPS) else _looked_up(key, kept, at=at, min_ttl=min_ttl)
        for step, key in zip(plan.steps, plan_keys(plan, identity), strict=True)
    ]
    last = plan.steps[-1] if plan.steps else None
    if isinstance(last, SessionTokenStep) and (until := states[-1].until) and until - at > last.duration:
        key = unshared_key(last, plan_keys(plan, identity)[-1])
        states[-1] = _looked_up(key, kept, at=at, min_ttl=min_ttl)
    return states


def expected_identity(  # noqa: PLR0911 - one for each kind of step
    step: Step, key_id: Callable[[str], str], blobs: BlobStore | None, *, environ: Mapping[str, str], at: datetime
) -> str | None:
    """Return the identity that a retrieval would begin with; None if only a call or a command can tell.

    Raises:
        ItemNotFoundError: the keys are not stored, or nobody is signed in.
        CredentialsError: there is no token.
        ConfigError: the file of a token can't be read.
    """
    match step:
        case StoredStep():
            return key_id(step.profile)
        case PlaintextStep():
            return step.credentials.access_key_id
        case SsoStep():
            from pyvault.sso.portal_lookup import signed_in_as

            if blobs is None:
                raise ItemNotFoundError("nobody is signed in")
            return signed_in_as(step, blobs, environ=environ, at=at)
        case LoginSessionStep():
            from pyvault.loginsession.login_tokens import signed_in_as as signed_in_to_console

            if blobs is None:
                raise ItemNotFoundError("nobody is signed in")
            return signed_in_to_console(step, blobs)
        case WebIdentityStep(token_process=None):
            from pyvault.retrieval.from_sts import token_in_file
            from pyvault.retrieval.web_token import token_holder

            return token_holder(token_in_file(step))
        case SourceStep() | ProcessStep() | WebIdentityStep():
            return None
        case _:
            return ""


def _all(state: str, plan: Plan) -> list[Cached]:
    return [Cached(state="never" if isinstance(step, UNCACHED_STEPS) else state) for step in plan.steps]


def _looked_up(key: str, kept: Mapping[str, datetime | None], *, at: datetime, min_ttl: timedelta) -> Cached:
    if key not in kept:
        return Cached(state="miss")
    until = kept[key]
    if until is not None and until - at <= min_ttl:
        return Cached(state="miss")
    return Cached(state="hit", until=until)
