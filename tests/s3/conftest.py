"""The engines, one of each for the tests of a process; a machine that keeps a vault in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

import engines
from command_line import Ended, Environ, Pyvault, run_pyvault
from engines import ENGINES, FIRST, Engine
from fault_proxy import FaultProxy
from s3_machine import Machine


@pytest.fixture(scope="session")
def running() -> Iterator[dict[str, Engine]]:
    started: dict[str, Engine] = {}
    yield started
    for each in started.values():
        each.__exit__(None, None, None)


@pytest.fixture(params=[FIRST, *(pytest.param(each, marks=pytest.mark.slow) for each in ENGINES if each != FIRST)])
def engine(request: pytest.FixtureRequest, running: dict[str, Engine]) -> Engine:
    engines.need(request.param)
    if request.param not in running:
        running[request.param] = Engine(request.param)
    return running[request.param]


@pytest.fixture
def moto(running: dict[str, Engine]) -> Engine:
    """The quicker one, where the engine makes no difference."""
    engines.need("moto")
    if "moto" not in running:
        running["moto"] = Engine("moto")
    return running["moto"]


@pytest.fixture
def faulted(request: pytest.FixtureRequest) -> Callable[[int, int], Sequence[int]]:
    """Return which of so many requests a fault hits: the one named, or all in the long form."""
    long = bool(request.config.getoption("--long"))
    return lambda count, one: range(count) if long else [one]


@pytest.fixture
def url(engine: Engine) -> str:
    return engine.free_url()


@pytest.fixture
def machine(private_home: Path, url: str) -> Machine:
    return Machine(private_home, url)


@pytest.fixture
def moto_machine(private_home: Path, moto: Engine) -> Machine:
    return Machine(private_home, moto.free_url())


@pytest.fixture
def proxy(moto: Engine) -> Iterator[FaultProxy]:
    with FaultProxy(moto.port) as between:
        yield between


@pytest.fixture
def pyvault(private_home: Path) -> Pyvault:
    """Run ``pyvault`` without a terminal, at the machine of this test."""

    def run(*words: str, env: Environ | None = None, stdin: bytes = b"", pass_fds: tuple[int, ...] = ()) -> Ended:
        return run_pyvault(private_home, *words, env=env, stdin=stdin, pass_fds=pass_fds)

    return run
