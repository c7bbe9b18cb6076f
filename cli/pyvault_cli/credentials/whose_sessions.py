"""Which cached sessions a profile has: those made for it, and those that serve it just as well.

A session belongs to the profile that it was made for. Another profile that would
make the very same request (the same key stored under two names, the same role
behind them) is served from it, so ``list`` shows it there too, and ``clear`` of
either ends it: afterwards the profile has to sign in anew, whoever made what it had.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault import clock
from pyvault.backend import Attributed
from pyvault.errors import ItemCorruptError, ItemNotFoundError, PyvaultError
from pyvault.planning.cache_keys import plan_keys, unshared_key
from pyvault.planning.steps import SessionTokenStep, StoredStep
from pyvault.retrieval.in_cache import expected_identity
from pyvault_cli.credentials.credential_request import CredentialRequest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pyvault.planning.steps import Step
    from pyvault.sessions.cache import SessionEntry
    from pyvault_cli.context import Context


class WhoseSessions:
    """The cached sessions, asked for by profile."""

    def __init__(self, context: Context) -> None:
        """Read the list of sessions; opens none of them."""
        self._context = context
        self.entries = context.sessions.entries()
        self._stored = frozenset(context.store.profiles()) if self.entries else frozenset[str]()
        self._ids: dict[str, str | None] = {}

    @property
    def tells_ids_freely(self) -> bool:
        """Whether key ids can be had without a secret: else listing would decrypt every key."""
        return isinstance(self._context.store.backend, Attributed)

    def of(self, profile: str) -> Sequence[SessionEntry]:
        """Return the sessions that a profile would be served from, asked as it usually is, and its own."""
        if not self.entries:
            return ()
        keys = self._keys(profile) if self.tells_ids_freely else frozenset[str]()
        return [entry for entry in self.entries if entry.profile == profile or entry.key in keys]

    def of_others(self, profile: str) -> Sequence[SessionEntry]:
        """Return the sessions of other profiles that would serve this one, whatever its options."""
        foreign = [entry for entry in self.entries if entry.profile != profile]
        if not foreign:
            return ()
        keys = self._keys(profile)
        return [entry for entry in foreign if entry.key in keys or self._is_of_the_same_key(entry, profile)]

    def _is_of_the_same_key(self, entry: SessionEntry, profile: str) -> bool:
        is_direct = entry.op == SessionTokenStep.op and entry.root is not None and entry.root == entry.profile
        if not is_direct or entry.root is None or profile not in self._stored:
            return False
        own = self._id(profile)
        return own is not None and own == self._id(entry.root)

    def _keys(self, profile: str) -> frozenset[str]:
        """Return the cache keys of the profile's own steps; its sources' steps are theirs."""
        request = CredentialRequest(profile=profile)
        try:
            plan = request.plan_of(request.load(self._context, self._stored), self._stored)
            who = self._who(plan.steps[0])
        except PyvaultError:  # a profile with mistakes has no sessions but its own
            return frozenset()
        if who is None:
            return frozenset()
        keys = plan_keys(plan, who)
        own = {key for step, key in zip(plan.steps, keys, strict=True) if step.profile == profile}
        last = plan.steps[-1]
        return frozenset(own | ({unshared_key(last, keys[-1])} if isinstance(last, SessionTokenStep) else set()))

    def _who(self, step: Step) -> str | None:
        """Return who a plan begins with; None where only a call, a command or a secret could tell."""
        if isinstance(step, StoredStep):
            return self._id(step.profile)
        context = self._context
        return expected_identity(
            step, context.store.access_key_id, context.sessions, environ=context.environ, at=clock.now()
        )

    def _id(self, profile: str) -> str | None:
        if profile not in self._ids:
            try:
                self._ids[profile] = self._context.store.access_key_id(profile)
            except (ItemNotFoundError, ItemCorruptError):
                self._ids[profile] = None
        return self._ids[profile]


def makers(entries: Iterable[SessionEntry]) -> list[str]:
    """Return the profiles that sessions were made for, each once."""
    return sorted({entry.profile for entry in entries})
