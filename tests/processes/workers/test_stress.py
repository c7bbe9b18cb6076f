"""Programs as they are: many threads, forks in the middle of everything, soft time limits. None hangs or loses anything."""

from __future__ import annotations

import os
from importlib.util import find_spec

import pytest

from fake_aws.client import FakeAws

from .conftest import Run

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="is about systems that fork")

ROUNDS = [3, pytest.param(200, marks=pytest.mark.slow)]


@pytest.mark.parametrize("rounds", ROUNDS)
def test_workers_that_are_forked_from_a_busy_parent(run: Run, rounds: int) -> None:
    assert run("forks", rounds=rounds)["rounds"] == rounds


@pytest.mark.parametrize("method", ["fork", "spawn"])
@pytest.mark.parametrize("rounds", ROUNDS)
def test_a_pool_of_workers(run: Run, rounds: int, method: str) -> None:
    assert run("pool", method, rounds=rounds)["rounds"] == rounds


@pytest.mark.parametrize("kind", ["threads", "asyncio", "gevent"])
@pytest.mark.parametrize("rounds", [32, pytest.param(200, marks=pytest.mark.slow)])
def test_sixteen_threads_share_a_vault(run: Run, rounds: int, kind: str) -> None:
    if kind == "gevent" and find_spec("gevent") is None:
        if os.environ.get("PYVAULT_REQUIRE_PEERS") == "1":
            pytest.fail("needs gevent")
        pytest.skip("needs gevent")
    assert run("threads", kind, rounds=rounds)["rounds"] == rounds


@pytest.mark.parametrize("kind", ["own", "exit", "timeout"])
@pytest.mark.parametrize("rounds", [15, pytest.param(200, marks=pytest.mark.slow)])
def test_a_soft_time_limit_gets_out_and_leaves_nothing_behind(
    run: Run, rounds: int, kind: str, tell: list[str]
) -> None:
    report = run("soft_limit", kind, rounds=rounds)
    tell.append(f"soft time limit ({kind}): {report}")
    assert report["interrupted"] >= rounds
    assert (report["swallowed"], report["leaked"], report["half"]) == (0, 0, 0)


def test_threads_make_one_call_for_one_session(run: Run, fake_aws: FakeAws) -> None:
    before = len(fake_aws.calls("AssumeRole"))
    run("threads", "threads", rounds=8)  # the first of them alone asks anew
    assert len(fake_aws.calls("AssumeRole")) == before + 1
