"""Fixtures of the server tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from server.serving import MovedClock, ObedientFetch, Running, ecs, imds, running


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
def fetch(clock: MovedClock) -> ObedientFetch:
    return ObedientFetch(now=clock)


@pytest.fixture
def container(fetch: ObedientFetch, clock: MovedClock) -> Iterator[Running]:
    """The container endpoint of one profile."""
    with running(ecs(fetch, clock)) as server:
        yield server


@pytest.fixture
def metadata(fetch: ObedientFetch, clock: MovedClock) -> Iterator[Running]:
    """The metadata service, version 2 only."""
    with running(imds(fetch, clock)) as server:
        yield server
