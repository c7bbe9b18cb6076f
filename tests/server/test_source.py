"""Credentials are renewed ahead of expiry, by one fetch, and never missed while good ones are there."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import pytest

from pyvault.errors import AwsError
from pyvault.record import replace
from pyvault.server.endpoints.ecs import ecs_answer
from pyvault.server.endpoints.imds import imds_answer
from pyvault.server.endpoints.refreshing_source import CredentialSource
from pyvault.server.http.response import Answer
from pyvault.server.processes.threaded_server import in_thread
from server.serving import MovedClock, ObedientFetch


async def read(source: CredentialSource) -> Answer:
    answer = source.answer()
    return answer if isinstance(answer, Answer) else await answer


async def settle(source: CredentialSource) -> None:
    if source._fetching is not None:
        await source._fetching


def run(test: Callable[[MovedClock], Awaitable[None]]) -> None:
    asyncio.run(_within(test))


async def _within(test: Callable[[MovedClock], Awaitable[None]]) -> None:
    await test(MovedClock())


def source_of(fetch: ObedientFetch, clock: MovedClock, **more: float) -> CredentialSource:
    return CredentialSource(in_thread(fetch), ecs_answer, now=clock, **more)  # type: ignore[arg-type]  # seconds only


def test_many_readers_make_one_fetch() -> None:
    async def test(clock: MovedClock) -> None:
        fetch = ObedientFetch(now=clock)
        source = source_of(fetch, clock)
        answers = await asyncio.gather(*(read(source) for _ in range(200)))
        assert {answer.status for answer in answers} == {200}
        assert fetch.calls == 1

    run(test)


def test_inside_the_window_the_old_are_served_while_new_ones_come() -> None:
    async def test(clock: MovedClock) -> None:
        release = threading.Event()
        fetch = ObedientFetch(now=clock, before=lambda call: call == 1 or release.wait(10))  # type: ignore[func-returns-value]  # waits
        source = source_of(fetch, clock)
        first = await read(source)
        clock.move(minutes=56)
        for _ in range(100):
            assert source.answer() is first
        release.set()
        await settle(source)
        assert source.answer() is not first
        assert fetch.calls == 2

    run(test)


def test_expired_credentials_are_never_served() -> None:
    async def test(clock: MovedClock) -> None:
        def fail_later(call: int) -> None:
            if call > 1:
                raise AwsError("sts refuses", code="AccessDenied")

        source = source_of(ObedientFetch(now=clock, before=fail_later), clock)
        assert (await read(source)).status == 200
        clock.move(hours=1)
        assert (await read(source)).status == 503
        assert not source.is_good

    run(test)


def test_failures_are_repeated_with_growing_pauses() -> None:
    async def test(clock: MovedClock) -> None:
        def fail(_call: int) -> None:
            raise AwsError("sts refuses", code="Throttling")

        fetch = ObedientFetch(now=clock, before=fail)
        source = source_of(fetch, clock)
        for _ in range(600):  # ten minutes, asked each second
            assert (await read(source)).status == 503
            clock.move(seconds=1)
        assert 20 <= fetch.calls <= 30
        fetch.before = lambda _call: None
        clock.move(seconds=30)
        assert (await read(source)).status == 200

    run(test)


def test_a_clock_that_is_set_back_does_not_prolong_a_pause() -> None:
    def fail_once(call: int) -> None:
        if call == 1:
            raise AwsError("sts refuses", code="Throttling")

    async def test(clock: MovedClock) -> None:
        source = source_of(ObedientFetch(now=clock, before=fail_once), clock)
        assert (await read(source)).status == 503
        assert (await read(source)).status == 503
        clock.move(hours=-1)
        assert (await read(source)).status == 200

    run(test)


def test_a_hanging_fetch_holds_nobody_for_ever() -> None:
    async def test(clock: MovedClock) -> None:
        release = threading.Event()
        fetch = ObedientFetch(now=clock, before=lambda _call: release.wait(10))  # type: ignore[func-returns-value, arg-type]  # waits
        source = source_of(fetch, clock, patience=0.05, limit=0.2)
        assert (await read(source)).status == 503  # still being fetched
        await settle(source)  # given up
        assert (await read(source)).status == 503
        release.set()

    run(test)


def test_a_reader_that_leaves_does_not_end_the_fetch() -> None:
    async def test(clock: MovedClock) -> None:
        release = threading.Event()
        fetch = ObedientFetch(now=clock, before=lambda _call: release.wait(10))  # type: ignore[func-returns-value, arg-type]  # waits
        source = source_of(fetch, clock)
        leaver = asyncio.ensure_future(read(source))
        stayer = asyncio.ensure_future(read(source))
        await asyncio.sleep(0)
        leaver.cancel()
        release.set()
        assert (await stayer).status == 200
        assert fetch.calls == 1

    run(test)


def test_credentials_that_come_late_are_not_fetched_by_every_reader() -> None:
    async def test(clock: MovedClock) -> None:
        fetch = ObedientFetch(now=clock, lifetime=timedelta(minutes=4))  # shorter than the window
        source = source_of(fetch, clock)
        for _ in range(100):
            await read(source)
        assert fetch.calls == 1
        clock.move(minutes=3)
        await read(source)
        await settle(source)
        assert fetch.calls == 2

    run(test)


def test_credentials_that_come_expired_are_a_failure() -> None:
    async def test(clock: MovedClock) -> None:
        fetch = ObedientFetch(now=clock, lifetime=timedelta(seconds=-1))
        assert (await read(source_of(fetch, clock))).status == 503

    run(test)


def test_what_was_read_is_renewed_without_a_reader_and_an_idle_server_asks_nobody() -> None:
    async def test(clock: MovedClock) -> None:
        fetch = ObedientFetch(now=clock)
        source = source_of(fetch, clock)
        await read(source)
        clock.move(minutes=56)
        source._on_time()  # the timer, without waiting for it
        assert not source.is_fetching  # adopted, never read again
        clock.move(minutes=-30)
        await read(source)
        clock.move(minutes=30)
        source._on_time()
        await settle(source)
        assert fetch.calls == 2

    run(test)


def test_keys_without_an_end_are_asked_for_anew_and_another_s_are_followed() -> None:
    async def test(clock: MovedClock) -> None:
        fetch = ObedientFetch(now=clock)
        source = CredentialSource(in_thread(lambda: replace(fetch(), expires=None)), ecs_answer, now=clock)
        first = await read(source)
        clock.move(minutes=4)
        assert source.answer() is first
        clock.move(minutes=2)
        assert source.answer() is first  # good as long as nobody knows better
        await settle(source)
        assert source.answer() is not first
        assert fetch.calls == 2
        source.close()

    run(test)


@pytest.mark.parametrize("prepare", [ecs_answer, imds_answer])
def test_keys_without_an_end_are_served_with_one_that_lies_ahead(prepare: Callable[..., Answer]) -> None:
    """botocore reads ``Expiration`` of both servers and fails without it."""

    async def test(clock: MovedClock) -> None:
        def fails(call: int) -> None:
            if call > 2:
                raise AwsError("planted failure")

        fetch = ObedientFetch(now=clock, before=fails)
        source = CredentialSource(in_thread(lambda: replace(fetch(), expires=None)), prepare, now=clock)
        assert said_end(await read(source)) == clock() + timedelta(minutes=20)
        clock.move(hours=1)
        answer = await read(source)  # the end said before is over: nobody is given it again
        assert said_end(answer) == clock() + timedelta(minutes=20)
        clock.move(minutes=19)
        assert await read(source) is answer
        await settle(source)
        clock.move(minutes=2)
        assert (await read(source)).status == 503
        source.close()

    run(test)


def said_end(answer: Answer) -> datetime:
    return datetime.fromisoformat(json.loads(answer.keep.partition(b"\r\n\r\n")[2])["Expiration"])


def test_the_account_is_that_of_what_is_served() -> None:
    async def test(clock: MovedClock) -> None:
        fetch = ObedientFetch(now=clock)
        accounts = iter(["111111111111", "222222222222", None])
        source = CredentialSource(in_thread(lambda: replace(fetch(), account_id=next(accounts))), ecs_answer, now=clock)
        seen = [source.account_id(before="999999999999")]
        for _ in range(3):
            await read(source)
            seen.append(source.account_id(before="999999999999"))
            clock.move(hours=1)
        assert seen == ["999999999999", "111111111111", "222222222222", None]
        source.close()

    run(test)
