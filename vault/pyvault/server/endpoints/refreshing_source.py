"""One set of credentials, served ready-made and renewed ahead of expiry.

However many readers there are, one fetch runs. While the old credentials are good
they are served, whether the fetch is slow, hangs or fails; only when none are left
does a reader wait, and then for a bounded time. In the pause after a failure readers
get the failure at once: an SDK that waits a second or two would only report a timeout.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

from pyvault import clock
from pyvault.errors import CredentialsError, PyvaultError
from pyvault.record import replace
from pyvault.server.http.response import Answer, RefusalReason, make_refusal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from pyvault.clock import Clock
    from pyvault.model import Credentials

    #: Gets new credentials without stopping the loop.
    AsyncFetch = Callable[[], Awaitable[Credentials]]
    #: Returns credentials as the answer of one kind of server; the moment is now.
    Prepare = Callable[[Credentials, datetime], Answer]

DEFAULT_WINDOW = timedelta(minutes=5)
REFETCH_AFTER = timedelta(minutes=5)  # keys that never expire: a command may return another's by now
STATED_LIFE = timedelta(minutes=20)  # of keys that never expire: SDKs demand an end, and ask again 15 minutes before
LONGEST_PAUSE = timedelta(seconds=30)  # between attempts while fetching fails
PATIENCE = 20.0  # seconds a reader waits when nothing good is left; the SDKs give up earlier
FETCH_LIMIT = 180.0  # seconds one fetch may take: a person may be typing an MFA code


class CredentialSource:
    """Credentials of one identity, as answers.

    Args:
        window: how long before expiry new ones are fetched (``AWS_MIN_TTL``).
        patience: seconds a reader waits when there are no good credentials.
        limit: seconds until a fetch counts as failed.
    """

    def __init__(
        self,
        fetch: AsyncFetch,
        prepare: Prepare,
        *,
        now: Clock = clock.now,
        window: timedelta = DEFAULT_WINDOW,
        patience: float = PATIENCE,
        limit: float = FETCH_LIMIT,
    ) -> None:
        self._fetch = fetch
        self._prepare = prepare
        self._now = now
        self._window = window
        self._patience = patience
        self._limit = limit
        self._answer: Answer | None = None
        self._refresh_at: datetime | None = None
        self._expires: datetime | None = None
        self._account_id: str | None = None
        self._fetching: asyncio.Task[Answer] | None = None
        self._failure: Answer | None = None
        self._failures = 0
        self._retry_at: datetime | None = None
        self._was_read = False
        self._timer: asyncio.TimerHandle | None = None

    def answer(self) -> Answer | Awaitable[Answer]:
        """Return the answer: at once if there is a good one, else when the fetch has ended.

        A failed fetch is a 503 with our message, which holds no secret.
        """
        if self._answer is not None and self._refresh_at is not None:
            now = self._now()
            if now < self._refresh_at:
                self._was_read = True
                return self._answer
            if self._expires is None or now < self._expires:
                self._start(now)
                return self._answer
            self._answer = None
        self._start(self._now())
        if self._fetching is None:
            return self._failure or _refused(CredentialsError("there are no credentials yet"))
        return self._wait(self._fetching)

    def adopt(self, credentials: Credentials) -> Answer:
        """Serve these from now on.

        Raises:
            CredentialsError: they have expired already.
        """
        now = self._now()
        expires = credentials.expires
        if expires is not None and expires <= now:
            raise CredentialsError("the new credentials have already expired")
        self._expires = expires or now + STATED_LIFE
        self._answer = self._prepare(replace(credentials, expires=self._expires), now)
        self._account_id = credentials.account_id
        # Credentials with less than the window left would otherwise be fetched again by every reader.
        self._refresh_at = now + REFETCH_AFTER if expires is None else expires - min(self._window, (expires - now) / 2)
        self._failures, self._failure, self._retry_at = 0, None, None
        self._was_read = False
        self._wake_at_refresh(now)
        return self._answer

    @property
    def is_good(self) -> bool:
        """Return whether there is something to serve now."""
        return self._answer is not None and (self._expires is None or self._now() < self._expires)

    def account_id(self, *, before: str | None) -> str | None:
        """Return the account of the credentials that are served, if known.

        Args:
            before: used until something was fetched.
        """
        return before if self._answer is None else self._account_id

    @property
    def is_fetching(self) -> bool:
        """Return whether a fetch is pending."""
        return self._fetching is not None

    def close(self) -> None:
        """Stop the timer and the fetch."""
        if self._timer is not None:
            self._timer.cancel()
        if self._fetching is not None:
            self._fetching.cancel()

    def _start(self, now: datetime) -> None:
        if self._fetching is None and not self._is_paused(now):
            self._fetching = asyncio.get_running_loop().create_task(self._refresh())

    def _is_paused(self, now: datetime) -> bool:
        """Return whether it is too early to retry; a pause longer than the longest means a clock that was set back."""
        return self._retry_at is not None and timedelta(0) < self._retry_at - now <= LONGEST_PAUSE

    async def _refresh(self) -> Answer:
        try:
            return self.adopt(await asyncio.wait_for(self._fetch(), self._limit))
        except TimeoutError:
            return self._failed(CredentialsError("fetching the credentials took too long"))
        except PyvaultError as exc:
            return self._failed(exc)
        except Exception as exc:  # noqa: BLE001 - the server outlives whatever a provider does
            # Its message may quote a secret: only the type is shown.
            return self._failed(CredentialsError(f"fetching the credentials failed ({type(exc).__name__})"))
        finally:
            self._fetching = None

    def _failed(self, error: PyvaultError) -> Answer:
        pause = min(LONGEST_PAUSE, timedelta(seconds=2.0 ** min(self._failures, 10)))
        self._failures += 1
        self._retry_at = self._now() + pause
        self._failure = _refused(error)
        return self._failure

    async def _wait(self, fetching: asyncio.Task[Answer]) -> Answer:
        # shield: a client that hangs up must not end the fetch of the others.
        try:
            return await asyncio.wait_for(asyncio.shield(fetching), self._patience)
        except TimeoutError:
            return _refused(CredentialsError("the credentials are still being fetched"))

    def _wake_at_refresh(self, now: datetime) -> None:
        """Renew in the background too, but only what was read: an idle server fetches nothing."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._refresh_at is not None:
            delay = (self._refresh_at - now).total_seconds()
            self._timer = asyncio.get_running_loop().call_later(delay, self._on_time)

    def _on_time(self) -> None:
        now = self._now()
        if self._was_read and self._refresh_at is not None and now >= self._refresh_at:
            self._start(now)


def _refused(error: PyvaultError) -> Answer:
    return make_refusal(503, error.message, reason=RefusalReason.FETCH)
