"""Carry out a plan: from the last session that is still valid, one call per missing step.

A step is looked up, and if it is missing, fetched by one process alone, which first
needs the step before it. So locks are taken from the last step towards the first;
two plans that share a beginning share its key, so the order is the same for all and
there is no deadlock.

A session is cached under the identity it was made for (:mod:`pyvault.retrieval.origin`),
also if another person has signed in meanwhile.
"""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING, assert_never

from pyvault.errors import ItemNotFoundError, NoCredentialsError
from pyvault.planning.cache_keys import UNCACHED_STEPS, lives_no_longer, plan_keys, unshared_key
from pyvault.planning.steps import (
    AssumeRoleStep,
    FederationStep,
    LoginSessionStep,
    PlaintextStep,
    ProcessStep,
    SessionTokenStep,
    SourceStep,
    SsoStep,
    StoredStep,
    WebIdentityStep,
)
from pyvault.retrieval.origin import Origin
from pyvault.sessions.cache import CacheMode
from pyvault.trace import trace

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyvault.model import Credentials
    from pyvault.planning.steps import Plan, Step
    from pyvault.retrieval.toolbox import Toolbox


class Retriever:
    """Turns plans into credentials."""

    def __init__(self, tools: Toolbox) -> None:
        """Set the tools; nothing is opened yet."""
        self._tools = tools

    def retrieve(self, plan: Plan, *, cache: CacheMode = CacheMode.USE) -> Credentials:
        """Return the credentials of the plan's last step.

        May run configured commands, ask the user and call AWS: at most once for each
        step, and not at all for cached ones.

        Raises:
            NoCredentialsError: the plan has no steps, or one of them found nothing.
            CredentialsError: AWS, a command or the user refused.
            BackendError: the store or the session cache failed.
        """
        if not plan.steps:
            raise NoCredentialsError(f"profile {plan.profile!r} has no source of credentials")
        handled = sys.exception()
        try:
            return _Walk(tools=self._tools, plan=plan, cache=cache).confirmed(len(plan.steps) - 1)
        except Exception as error:
            from pyvault.interruptions import raise_interruption

            raise_interruption(error, handled=handled)
            raise


class _Walk:
    """One way through the steps of one plan."""

    def __init__(self, *, tools: Toolbox, plan: Plan, cache: CacheMode) -> None:
        self.tools = tools
        self.plan = plan
        self.cache = cache
        renews = cache is CacheMode.REFRESH
        self.origin = Origin(plan.steps[0], tools, shares=cache is not CacheMode.OFF, renews=renews)
        self.found: set[int] = set()  # the steps whose session was there before

    def confirmed(self, place: int) -> Credentials:
        """Return the credentials of the step at *place*, checked against its claimed account.

        Raises:
            CredentialsError: they belong to another one.
        """
        credentials = self.credentials_at(place)
        claim = self.plan.claims.get(place)
        if claim is None:
            return credentials
        from pyvault.planning.account_claims import confirmed

        return confirmed(claim, credentials)

    def credentials_at(self, place: int) -> Credentials:
        """Return the credentials of the step at *place*."""
        step = self.plan.steps[place]
        if isinstance(step, UNCACHED_STEPS):
            return self.origin.credentials()
        if isinstance(step, SessionTokenStep) and step.condition is not None:
            source = self.credentials_at(place - 1)  # of a command that has run, and is not run again
            if source.session_token is not None:
                return source
        if self.cache is CacheMode.OFF:
            self._refuse_recursion(step.profile)
            return self._carry_out(place)
        if self.cache is CacheMode.USE:
            with contextlib.suppress(ItemNotFoundError):
                credentials = self._look_up(place)
                self.found.add(place)
                trace(
                    __name__,
                    "%s of profile %r: a session is cached until %s",
                    step.op,
                    step.profile,
                    credentials.expires,
                )
                return credentials
        # Before the lock: a parent that runs us for the same profile holds it.
        self._refuse_recursion(step.profile)
        self.origin.identify()
        return self.tools.flight.share(
            self._key(place),
            look_up=lambda: self._look_up(place),
            fetch=lambda: self._fetch(place),
            refresh=self.cache is CacheMode.REFRESH,
        )

    def _refuse_recursion(self, profile: str) -> None:
        from pyvault.process.chain import refuse_recursion  # a cached session needs no command

        refuse_recursion(self.tools.environ, profile)

    def _key(self, place: int) -> str:
        return plan_keys(self.plan, self.origin.identity)[place]

    def _look_up(self, place: int) -> Credentials:
        self.origin.look()  # each time: another person may have signed in while we waited for a lock
        key, min_ttl = self._key(place), self.tools.min_ttl
        if (session := self._handed_out(place)) is not None:
            with contextlib.suppress(ItemNotFoundError):
                shared = self.tools.sessions.get(key, min_ttl=min_ttl)
                if lives_no_longer(session, shared, self.tools.clock()):
                    return shared
            key = unshared_key(session, key)
        return self.tools.sessions.get(key, min_ttl=min_ttl)

    def _fetch(self, place: int) -> Credentials:
        first, step = self.plan.steps[0], self.plan.steps[place]
        credentials = self._carry_out(place)
        if credentials.expires is not None:
            root = first.profile if isinstance(first, StoredStep) else None
            key = self._key(place)
            if (session := self._handed_out(place)) is not None:
                from pyvault.retrieval.shared_session import key_to_keep

                key = key_to_keep(session, key, credentials, self.tools)
            self.tools.sessions.put(key, credentials, profile=step.profile, op=step.op, root=root)
        return credentials

    def _handed_out(self, place: int) -> SessionTokenStep | None:
        """Return the step at *place* if it makes a session that no later step uses."""
        step = self.plan.steps[place]
        return step if place == len(self.plan.steps) - 1 and isinstance(step, SessionTokenStep) else None

    def _carry_out(self, place: int) -> Credentials:
        step = self.plan.steps[place]
        trace(__name__, "%s of profile %r: %s", step.op, step.profile, step.why)
        source = (lambda: self.confirmed(place - 1)) if place else self._nothing_before
        if not place or not isinstance(self.plan.steps[place - 1], SessionTokenStep):
            return _carry_out(step, source, self.tools, self.origin)
        from pyvault.retrieval.shared_session import with_new_session

        return with_new_session(
            lambda: _carry_out(step, source, self.tools, self.origin), renew=lambda: self._renew(place - 1)
        )

    def _renew(self, place: int) -> bool:
        """Replace the session of a step, unless it is one of now."""
        if place not in self.found:
            return False
        self.found.remove(place)
        self.tools.flight.share(
            self._key(place),
            look_up=lambda: self._look_up(place),
            fetch=lambda: self._fetch(place),
            refresh=True,
        )
        return True

    def _nothing_before(self) -> Credentials:
        raise NoCredentialsError(f"there are no credentials to call {self.plan.steps[0].op!r} with")


def _carry_out(step: Step, source: Callable[[], Credentials], tools: Toolbox, origin: Origin) -> Credentials:  # noqa: PLR0911 - one for each kind
    """Return the credentials of a step; may ask the user and call AWS.

    Args:
        step: of any kind.
        source: returns the credentials of the step before; called only for steps
            that sign with them.
        tools: what to carry it out with.
        origin: the beginning of the plan.

    Raises:
        CredentialsError: AWS, a command or a human said no.
        ConfigError: the file of a token can't be read.
    """
    match step:
        case StoredStep() | PlaintextStep() | SourceStep() | ProcessStep():
            return origin.credentials()
        case LoginSessionStep():
            return origin.console_login(step)
        case SsoStep():
            from pyvault.retrieval.from_sso import get_role_credentials

            return get_role_credentials(step, tools.calls, origin.login)
        case WebIdentityStep():
            from pyvault.retrieval.from_sts import assume_role_with_token

            return assume_role_with_token(step, origin.token(step), tools.calls, tools.clock)
        case SessionTokenStep():
            from pyvault.retrieval.from_sts import get_session_token

            return get_session_token(step, source(), tools.calls, tools.mfa)
        case AssumeRoleStep():
            from pyvault.retrieval.from_sts import assume_role

            return assume_role(step, source(), tools.calls, tools.mfa, tools.clock)
        case FederationStep():
            from pyvault.retrieval.from_sts import get_federation_token

            return get_federation_token(step, source(), tools.calls)
        case _ as never:
            assert_never(never)
