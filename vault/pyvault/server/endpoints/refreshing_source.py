"""One set of credentials, served ready-made and renewed ahead of expiry.

However many readers ask, one fetch runs. While the old credentials are good
they are served, whether the fetch is slow, hangs or fails; only when nothing
good is left does a reader wait, and then not for ever. In the pause after a
failure who asks is told at once what failed: an SDK that waits a second or two
would only say that it timed out.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

from pyvault import clock
from pyvault.errors import CredentialsError, PyvaultError
from pyvault.server.http.refusal_reason import RefusalReason
from pyvault.server.http.response import Answer, make_refusal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from pyvault.clock import Clock
    from pyvault.model import Credentials

    #: Gets new credentials without stopping the loop.
    AsyncFetch = Callable[[], Awaitable[Credentials]]
    #: Writes credentials as the answer of one kind of server; the moment is now.
    Prepare = Callable[[Credentials, datetime], Answer]

DEFAULT_WINDOW = timedelta(minutes=5)
LOOK_AGAIN = timedelta(minutes=5)  # keys without an end are asked for anew: a command may answer for another by now
LONGEST_PAUSE = timedelta(seconds=30)  # between attempts while fetching fails
PATIENCE = 20.0  # seconds a reader waits when nothing good is left; the SDKs give up earlier
FETCH_LIMIT = 180.0  # seconds one fetch may take: a person may be typing an MFA code


class CredentialSource:
    """Credentials of one identity, as answers.

    Args:
        window: how long before expiry new ones are fetched (``AWS_MIN_TTL``).
        patience: seconds a reader waits when nothing good is there.
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
        """Give the answer: at once if any is good, else when the fetch has ended.

        The failure of a fetch is a 503 with our message, which holds no secret.
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
            raise CredentialsError("the credentials that came have already expired")
        self._answer = self._prepare(credentials, now)
        self._expires = expires
        self._account_id = credentials.account_id
        # Credentials that come with less than the window left would otherwise be
        # fetched again by every reader.
        self._refresh_at = now + LOOK_AGAIN if expires is None else expires - min(self._window, (expires - now) / 2)
        self._failures, self._failure, self._retry_at = 0, None, None
        self._was_read = False
        self._wake_at_refresh(now)
        return self._answer

    @property
    def is_good(self) -> bool:
        """Say whether there is something to serve at this moment."""
        return self._answer is not None and (self._expires is None or self._now() < self._expires)

    def account_id(self, *, before: str | None) -> str | None:
        """Return the account of what is served, if it is known.

        Args:
            before: stands in until something was fetched.
        """
        return before if self._answer is None else self._account_id

    @property
    def is_fetching(self) -> bool:
        """Say whether a fetch is under way."""
        return self._fetching is not None

    def close(self) -> None:
        """Stop the timer and the fetch."""
        if self._timer is not None:
            self._timer.cancel()
        if self._fetching is not None:
            self._fetching.cancel()

    def _start(self, now: datetime) -> None:
        if self._fetching is None and not self._pauses(now):
            self._fetching = asyncio.get_running_loop().create_task(self._refresh())

    def _pauses(self, now: datetime) -> bool:
        """Say whether it is too early for the next try; a pause that is longer than any shows a clock set back."""
        return self._retry_at is not None and timedelta(0) < self._retry_at - now <= LONGEST_PAUSE

    async def _refresh(self) -> Answer:
        try:
            return self.adopt(await asyncio.wait_for(self._fetch(), self._limit))
        except TimeoutError:
            return self._failed(CredentialsError("fetching the credentials took too long"))
        except PyvaultError as exc:
            return self._failed(exc)
        except Exception as exc:  # noqa: BLE001 - the service outlives whatever a provider does
            # A foreign message may quote a secret: the type alone goes out.
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
        """Renew in the background too, but only what somebody has read: an idle server asks nobody."""
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
    return make_refusal(503, error.message, why=RefusalReason.FETCH)
