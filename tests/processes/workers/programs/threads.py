"""Sixteen threads share one vault: as they are, as threads of asyncio, or as greenlets that gevent makes of them."""

from __future__ import annotations

import sys

KIND = sys.argv[1]
if KIND == "gevent":
    from gevent import monkey

    monkey.patch_all()

import asyncio  # noqa: E402 - gevent comes first
import threading  # noqa: E402 - gevent comes first
import time  # noqa: E402 - gevent comes first
import traceback  # noqa: E402 - gevent comes first
from collections import Counter  # noqa: E402 - gevent comes first

from shop import LIMIT, ROUNDS, opened, report, work  # noqa: E402 - gevent comes first

THREADS = 16
errors: list[str] = []
vault = opened()


def serve(place: int) -> None:
    for number in range(place, ROUNDS, THREADS):
        try:
            work(vault, number, refresh=number % 8 == 0)
        except Exception:  # noqa: BLE001 - reported
            errors.append(traceback.format_exc())
        served["rounds"] += 1


async def loop() -> None:
    """Serve in threads, and see that the loop goes on meanwhile."""
    ended = asyncio.Event()
    turns = 0

    async def turn() -> None:
        nonlocal turns
        while not ended.is_set():
            turns += 1
            await asyncio.sleep(0)

    turning = asyncio.create_task(turn())
    await asyncio.gather(*(asyncio.to_thread(serve, place) for place in range(THREADS)))
    ended.set()
    await turning
    if turns < ROUNDS:
        errors.append("the loop stood still")


served = Counter(rounds=0, hung=0, wrong=0)
if KIND == "asyncio":
    asyncio.run(loop())
else:
    threads = [threading.Thread(target=serve, args=(place,), daemon=True) for place in range(THREADS)]
    for thread in threads:
        thread.start()
    until = time.monotonic() + 10 * LIMIT
    for thread in threads:
        thread.join(max(until - time.monotonic(), 0))
        served["hung"] += thread.is_alive()
report(served, errors)
