"""How credentials are fetched without stopping the server."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from pyvault.model import Credentials

if TYPE_CHECKING:
    from pyvault.server.endpoints.refreshing_source import AsyncFetch

#: All that a server knows of where credentials come from.
Fetch = Callable[[], Credentials]


class Identity(NamedTuple):
    """Whose credentials: a profile, or a role on top of it.

    Attributes:
        role_arn: assume this role with the profile's credentials.
    """

    profile: str
    role_arn: str | None = None


FetchFor = Callable[[Identity], Credentials]


def in_thread(fetch: Fetch) -> AsyncFetch:
    """Run each fetch in a thread: where processes can't fork safely, and in tests.

    A thread of our own, not the loop's executor: that one is joined at the end,
    and a fetch that hangs would keep the server from ending.
    """

    async def fetch_in_thread() -> Credentials:
        loop = asyncio.get_running_loop()
        result: asyncio.Future[Credentials] = loop.create_future()

        def deliver(credentials: Credentials | None, error: BaseException | None) -> None:
            if result.done():  # given up meanwhile
                return
            if credentials is not None:
                result.set_result(credentials)
            else:
                result.set_exception(error or RuntimeError("a fetch without a result"))

        def run() -> None:
            credentials: Credentials | None = None
            error: BaseException | None = None
            try:
                credentials = fetch()
            except BaseException as exc:  # noqa: BLE001 - carried to the loop as it is
                error = exc
            try:
                loop.call_soon_threadsafe(deliver, credentials, error)
            except RuntimeError:
                return  # the loop has ended: nobody waits

        threading.Thread(target=run, name="fetch", daemon=True).start()
        return await result

    return fetch_in_thread
