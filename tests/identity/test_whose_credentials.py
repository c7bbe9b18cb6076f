"""Whatever stands in the files and the environment: a child has the identity of the plan, or an error.

Everything is the real thing, but for AWS: pyvault plans, carries out and makes the child's
environment as ``exec`` and ``export`` do, and a real botocore looks for credentials in it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings

from identity import handing_out
from identity.child import UNREADABLE, found_by_botocore
from identity.handing_out import WAYS, Sessions, view_in
from identity.principals import who
from identity.stand_in import Server, running
from identity.worlds import WORLDS, World, furnish
from pyvault.errors import PyvaultError
from pyvault.model import Credentials
from pyvault.planning.steps import Plan

pytestmark = pytest.mark.skipif("os.name == 'nt'", reason="the commands of the files are for sh")

EXAMPLES = pytest.mark.parametrize("examples", [150, pytest.param(5000, marks=pytest.mark.slow)])


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running() as server:
        yield server


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("world")
    furnish(home)
    return home


def handed_out(world: World, environ: dict[str, str]) -> tuple[Plan, Credentials] | None:
    """Return the plan and what it gives, or None where pyvault refuses."""
    try:
        plan = handing_out.plan_in(world, environ)
        return plan, handing_out.retrieved(plan, environ)
    except PyvaultError:
        return None


@EXAMPLES
def test_a_child_has_the_identity_of_the_plan_or_an_error(home: Path, server: Server, examples: int) -> None:
    met: Counter[tuple[str, str]] = Counter()

    @settings(max_examples=examples)
    @given(world=WORLDS)
    def each(world: World) -> None:
        environ = world.lay_out(home, server.url)
        out = handed_out(world, environ)
        if out is None:
            return
        plan, credentials = out
        identity = who(credentials.access_key_id)
        assert identity == handing_out.principal_of(plan, environ)
        for way, environment_of in WAYS.items():
            try:
                child = environment_of(plan, environ, credentials, server, "served")
            except PyvaultError:
                met[way, "refused"] += 1
                continue
            found, account = found_by_botocore(child)
            if found.startswith("error: "):
                assert way not in {"exec", "evaluated export"} or found == UNREADABLE, way
                met[way, "error"] += 1
                continue
            assert found == identity, way
            assert account in {None, credentials.account_id}, way
            met[way, "identity"] += 1

    each()
    assert all(met[way, "identity"] for way in WAYS), f"too strange worlds: {met}"
    assert all(met[way, "refused"] for way in ("ECS server", "EC2 server", "--profile-env"))


@EXAMPLES
def test_a_kept_session_is_never_anothers(home: Path, server: Server, examples: int) -> None:
    @settings(max_examples=examples // 3)
    @given(first=WORLDS, second=WORLDS)
    def each(first: World, second: World) -> None:
        sessions = Sessions()
        for world in (first, second):
            environ = world.lay_out(home, server.url)
            try:
                plan = handing_out.plan_in(world, environ)
                credentials = handing_out.retrieved(plan, environ, sessions)
            except PyvaultError:
                continue
            assert who(credentials.access_key_id) == handing_out.principal_of(plan, environ)

    each()


@EXAMPLES
def test_whom_a_program_names_is_the_same_behind_a_view(home: Path, server: Server, examples: int) -> None:
    @settings(max_examples=examples // 3)
    @given(world=WORLDS.filter(lambda world: world.other != "default"))
    def each(world: World) -> None:
        environ = world.lay_out(home, server.url)
        try:
            view = view_in(environ)
        except PyvaultError:
            return
        before = found_by_botocore(environ, world.other)
        behind = found_by_botocore({**environ, **view.variables()}, world.other)
        view.remove()
        assert behind == before

    each()
