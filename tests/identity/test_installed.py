"""A session that names a profile has, after ``pyvault.install()``, the plan of ``exec`` or an error: never the rest of botocore's chain."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace as changed
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given, settings

from identity.handing_out import plan_in
from identity.worlds import WORLDS, World, furnish
from pyvault.api.planning import Planner
from pyvault.api.session_source import plan_for
from pyvault.errors import PyvaultError
from pyvault.planning.steps import PlaintextStep, Plan
from pyvault.record import replace

pytestmark = pytest.mark.skipif("os.name == 'nt'", reason="the commands of the files are for sh")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("world")
    furnish(home)
    return home


def of_exec(world: World, environ: dict[str, str]) -> Plan | None:
    """The plan that ``exec`` carries out; None where it refuses."""
    try:
        return plan_in(changed(world, plaintext=True, no_session=False), environ)
    except PyvaultError:
        return None


def planner(world: World, environ: dict[str, str]) -> Planner:
    """A planner of the world, which needs no more of a runtime than its environment."""
    return Planner(SimpleNamespace(environ=environ), stored=world.stored)  # type: ignore[arg-type]


@pytest.mark.parametrize("examples", [200, pytest.param(5000, marks=pytest.mark.slow)])
def test_a_named_profile_has_the_plan_of_exec_or_an_error(home: Path, examples: int) -> None:
    met: Counter[str] = Counter()

    @settings(max_examples=examples)
    @given(world=WORLDS)
    def each(world: World) -> None:
        environ = world.lay_out(home, "http://127.0.0.1:9")
        expected = of_exec(world, environ)
        try:
            plan = plan_for(world.profile, planner(world, environ))
        except PyvaultError:
            met["refused"] += 1
            assert expected is None
            return
        assert plan is not None
        if isinstance(plan.steps[0], PlaintextStep) and len(plan.steps) == 1:
            met["plain text"] += 1
            assert expected is not None
            assert plan == replace(expected, steps=expected.steps[:1])
        else:
            met["planned"] += 1
            assert plan == expected

    each()
    wanted = ("refused", "planned", *(("plain text",) if examples > 1000 else ()))  # it is rare
    assert all(met[case] for case in wanted), f"too strange worlds: {met}"


def test_only_a_default_that_leads_nowhere_is_left_to_botocore(home: Path) -> None:
    met: Counter[bool] = Counter()

    @settings(max_examples=200)
    @given(world=WORLDS)
    def each(world: World) -> None:
        environ = world.lay_out(home, "http://127.0.0.1:9")
        try:
            is_left = plan_for(None, planner(world, environ)) is None
        except PyvaultError:
            return
        met[is_left] += 1
        assert not (is_left and of_exec(changed(world, profile="default"), environ))

    each()
    assert met[True]
    assert met[False]
