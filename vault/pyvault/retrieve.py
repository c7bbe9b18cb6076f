"""Carry out a plan: from the last session that is still good, one call per step that is missing.

A step is looked up, and if it is missing, worked on by one process alone, which
first needs the step before it. Locks are thus taken from the last step towards
the first; two plans that share a beginning share its key, so the order is the
same for all and nobody waits in a circle.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from pyvault.errors import ItemNotFoundError, NoCredentialsError
from pyvault.planning.plan_keys import AT_HAND, plan_keys
from pyvault.planning.session_key import session_key
from pyvault.planning.steps import SessionTokenStep, StoredStep
from pyvault.process import chain as process_chain
from pyvault.providers.choice import provider_for
from pyvault.sessions.cache import CacheMode
from pyvault.trace import trace

if TYPE_CHECKING:
    from pyvault.model import Credentials
    from pyvault.planning.steps import Plan, Step
    from pyvault.toolbox import Toolbox


class Retriever:
    """Turns plans into credentials."""

    def __init__(self, tools: Toolbox) -> None:
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
        return _Walk(tools=self._tools, plan=plan, cache=cache).confirmed(len(plan.steps) - 1)


class _Walk:
    """One way through the steps of one plan."""

    def __init__(self, *, tools: Toolbox, plan: Plan, cache: CacheMode) -> None:
        self.tools = tools
        self.plan = plan
        self.cache = cache
        self._at_hand: Credentials | None = None
        self._long_term: Credentials | None = None  # what the condition of a step was asked of; a command runs once
        self._keys: list[str] = []

    def confirmed(self, place: int) -> Credentials:
        """Give the credentials of the step at *place*, of the account that they are said to belong to.

        Raises:
            CredentialsError: they belong to another one.
        """
        credentials = self.upto(place)
        claim = self.plan.claims.get(place)
        if claim is None:
            return credentials
        from pyvault.planning.claims import confirmed

        return confirmed(claim, credentials)

    def upto(self, place: int) -> Credentials:
        """Give the credentials of the step at *place*."""
        step = self.plan.steps[place]
        if isinstance(step, AT_HAND):
            return self._take(step)
        key = ""
        if isinstance(step, SessionTokenStep) and step.condition is not None:
            given = self.upto(place - 1)
            if given.session_token is not None:
                return given
            self._long_term = given
            key = session_key(step, given.access_key_id)  # a command may speak for another person the next time
        if self.cache is CacheMode.OFF:
            process_chain.refuse_recursion(self.tools.environ, step.profile)
            return self._carry_out(place)
        key = key or self._key(place)
        if self.cache is CacheMode.USE:
            with contextlib.suppress(ItemNotFoundError):
                credentials = self._look_up(key)
                trace(
                    __name__,
                    "%s of profile %r: a session is kept, until %s",
                    step.op,
                    step.profile,
                    credentials.expires,
                )
                return credentials
        # Before the lock: whoever runs us for the same profile holds it.
        process_chain.refuse_recursion(self.tools.environ, step.profile)
        return self.tools.flight.share(
            key,
            look_up=lambda: self._look_up(key),
            fetch=lambda: self._fetch(place, key),
            anew=self.cache is CacheMode.REFRESH,
        )

    def _key(self, place: int) -> str:
        if not self._keys:
            self._keys = plan_keys(self.plan, self._key_id)
        return self._keys[place]

    def _key_id(self, step: Step) -> str:
        """Give the id of keys that are at hand; of stored ones without the secret, where the store can."""
        if isinstance(step, StoredStep):
            return self.tools.store.access_key_id(step.profile)
        return self._take(step).access_key_id

    def _look_up(self, key: str) -> Credentials:
        return self.tools.sessions.get(key, min_ttl=self.tools.min_ttl)

    def _fetch(self, place: int, key: str) -> Credentials:
        first, step = self.plan.steps[0], self.plan.steps[place]
        credentials = self._carry_out(place)
        if credentials.expires is not None:  # static keys of a command are not ours to keep
            root = first.profile if isinstance(first, StoredStep) else None
            self.tools.sessions.put(key, credentials, profile=step.profile, op=step.op, root=root)
        return credentials

    def _take(self, step: Step) -> Credentials:
        """Read what is at hand, once: the surroundings may answer differently the next time."""
        if self._at_hand is None:
            self._at_hand = provider_for(step, self._nothing_before, self.tools).retrieve()
        return self._at_hand

    def _carry_out(self, place: int) -> Credentials:
        step = self.plan.steps[place]
        trace(__name__, "%s of profile %r: %s", step.op, step.profile, step.why)
        if isinstance(step, SessionTokenStep) and (given := self._long_term) is not None:
            return provider_for(step, lambda: given, self.tools).retrieve()
        source = (lambda: self.confirmed(place - 1)) if place else self._nothing_before
        return provider_for(step, source, self.tools).retrieve()

    def _nothing_before(self) -> Credentials:
        raise NoCredentialsError(f"no credentials are there to carry out {self.plan.steps[0].op!r} with")
