"""Carry out a plan: from the last session that is still good, one call per step that is missing.

A step is looked up, and if it is missing, worked on by one process alone, which
first needs the step before it. Locks are thus taken from the last step towards
the first; two plans that share a beginning share its key, so the order is the
same for all and nobody waits in a circle.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pyvault import process_chain
from pyvault.cache import DEFAULT_MIN_TTL, CacheMode
from pyvault.errors import ItemNotFoundError, NoCredentialsError
from pyvault.providers.choice import provider_for
from pyvault.session_key import session_key
from pyvault.steps import PlaintextStep, SourceStep, StoredStep

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta

    from pyvault.aws import AwsCalls
    from pyvault.cache import Sessions
    from pyvault.clock import Clock
    from pyvault.mfa import MfaDesk
    from pyvault.model import Credentials
    from pyvault.providers.sso_role import SsoLogin
    from pyvault.providers.stored import KeyStore
    from pyvault.single_flight import SingleFlight
    from pyvault.steps import Plan, Step

#: Steps that only read what is at hand; a copy in the cache would be a second home of a secret.
AT_HAND = (StoredStep, PlaintextStep, SourceStep)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What plans are carried out with.

    Attributes:
        sso: None where nobody can log in to SSO.
        min_ttl: how much life a cached session must have left (``AWS_MIN_TTL``).
    """

    store: KeyStore
    calls: AwsCalls
    sessions: Sessions
    flight: SingleFlight
    mfa: MfaDesk
    sso: SsoLogin | None
    environ: Mapping[str, str]
    clock: Clock
    min_ttl: timedelta = DEFAULT_MIN_TTL


class Retriever:
    """Turns plans into credentials."""

    def __init__(self, tools: Tools) -> None:
        """Name what to work with; nothing is opened yet."""
        self._tools = tools

    def retrieve(self, plan: Plan, *, cache: CacheMode = CacheMode.USE) -> Credentials:
        """Give the credentials of the plan's last step.

        May run configured commands, ask a human and call AWS; for each step at
        most once, and not at all for what the cache still has.

        Raises:
            NoCredentialsError: the plan has no steps, or one of them nothing to give.
            CredentialsError: AWS, a command or a human said no.
            BackendError: the store or the session cache failed.
        """
        if not plan.steps:
            raise NoCredentialsError(f"nothing says where the credentials of profile {plan.profile!r} come from")
        return _Walk(tools=self._tools, steps=plan.steps, cache=cache).upto(len(plan.steps) - 1)

    def cache_keys(self, plan: Plan) -> list[str | None]:
        """Give the cache key of every step; None for those that are never cached.

        Reads the ids of stored keys, never a secret where the store can do without.
        """
        walk = _Walk(tools=self._tools, steps=plan.steps, cache=CacheMode.USE)
        return [None if isinstance(step, AT_HAND) else walk.key(place) for place, step in enumerate(plan.steps)]


@dataclass(slots=True, kw_only=True)
class _Walk:
    """One way through the steps of one plan."""

    tools: Tools
    steps: tuple[Step, ...]
    cache: CacheMode
    _at_hand: dict[int, Credentials] = field(default_factory=dict[int, "Credentials"])

    def upto(self, place: int) -> Credentials:
        """Give the credentials of the step at *place*."""
        step = self.steps[place]
        if isinstance(step, AT_HAND):
            return self._take(place)
        if self.cache is CacheMode.OFF:
            process_chain.refuse_recursion(self.tools.environ, step.profile)
            return self._carry_out(place)
        key = self.key(place)
        if self.cache is CacheMode.USE:
            with contextlib.suppress(ItemNotFoundError):
                return self._look_up(key)
        # Before the lock: whoever runs us for the same profile holds it.
        process_chain.refuse_recursion(self.tools.environ, step.profile)
        return self.tools.flight.share(
            key,
            look_up=lambda: self._look_up(key),
            fetch=lambda: self._fetch(place, key),
            anew=self.cache is CacheMode.REFRESH,
        )

    def key(self, place: int) -> str:
        """Give the cache key of the step at *place*: over its request and all before it."""
        if place < 0:
            return ""
        step = self.steps[place]
        match step:
            case StoredStep():
                return self.tools.store.access_key_id(step.profile)
            case PlaintextStep() | SourceStep():
                return self._take(place).access_key_id
            case _:
                return session_key(step, self.key(place - 1))

    def _look_up(self, key: str) -> Credentials:
        return self.tools.sessions.get(key, min_ttl=self.tools.min_ttl)

    def _fetch(self, place: int, key: str) -> Credentials:
        step = self.steps[place]
        credentials = self._carry_out(place)
        if credentials.expires is not None:  # static keys of a command are not ours to keep
            root = self.steps[0].profile if isinstance(self.steps[0], StoredStep) else None
            self.tools.sessions.put(key, credentials, profile=step.profile, op=step.op, root=root)
        return credentials

    def _take(self, place: int) -> Credentials:
        if place not in self._at_hand:
            self._at_hand[place] = self._carry_out(place)
        return self._at_hand[place]

    def _carry_out(self, place: int) -> Credentials:
        step = self.steps[place]
        return provider_for(step, lambda: self._source(place), self.tools).retrieve()

    def _source(self, place: int) -> Credentials:
        """Give the credentials of the step before."""
        if place == 0:
            raise NoCredentialsError(f"no credentials are there to carry out {self.steps[0].op!r} with")
        return self.upto(place - 1)
