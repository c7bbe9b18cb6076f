"""The same by the command itself: it gives its child what the functions of the other tests give, or refuses alike."""

from __future__ import annotations

import shutil
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from command_line import run_pyvault
from identity import handing_out
from identity.child import UNREADABLE, found_by_botocore
from identity.principals import KEY_ID, key_of, of_stored, who
from identity.stand_in import Server, running
from identity.worlds import WORLDS, World, furnish
from pyvault.errors import PyvaultError
from pyvault.planning.steps import Plan, SsoStep

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the keeper needs pidfd")

CHILD = [sys.executable, "-W", "ignore", str(Path(__file__).with_name("whose.py"))]
WORDS = {
    "exec": ("exec",),
    "evaluated export": ("export", "--format", "export-env"),
    "ECS server": ("exec", "--ecs-server"),
    "ECS server and view": ("exec", "--ecs-server", "--hide-shared-config"),
    "--profile-env": ("exec", "--profile-env"),
}
#: A client that ignores endpoints would ask the real AWS.
OF_SERVICES = "  endpoint_url = http://127.0.0.1:9"
OTHER_ENDPOINTS = ("endpoint_url", "services = ", "fips")
REFUSED = range(3, 8)


def homes(base: Path) -> dict[tuple[str, ...], dict[str, str]]:
    """Make a vault for each choice of stored keys; return the variables that open it."""
    made: dict[tuple[str, ...], dict[str, str]] = {}
    for stored in ((), ("a", "default")):
        vault = base / f"vault-{len(stored)}"
        vault.mkdir(mode=0o700)
        env = {"PYVAULT_FILE": str(vault / "vault.pyv"), "PYVAULT_KEYFILE": str(vault / "key")}
        assert run_pyvault(base, "vault", "init", "--keyfile", str(vault / "key"), env=env).code == 0
        for name in stored:
            key = f"{key_of(of_stored(name), long_lived=True)}\nstored-secret\n".encode()
            words = ("add", name, "--stdin", "--no-verify", "--no-add-config")
            assert run_pyvault(base, *words, env=env, stdin=key).code == 0
        made[stored] = env
    return made


def can_be_tried(world: World, plan: Plan | None) -> bool:
    """Return whether there is a plan, and no person is needed to sign in or read a code, and no network."""
    if (
        plan is None
        or any(isinstance(step, SsoStep) for step in plan.steps)
        or any(getattr(step, "mfa_serial", None) for step in plan.steps)
    ):
        return False
    text = f"{world.config} {world.credentials} {world.environ}".lower().replace(OF_SERVICES, "")
    return not any(word in text for word in OTHER_ENDPOINTS)


@pytest.mark.parametrize("examples", [24, pytest.param(300, marks=pytest.mark.slow)])
def test_the_command_gives_the_identity_of_the_plan_or_refuses(tmp_path: Path, examples: int) -> None:
    furnish(tmp_path)
    (tmp_path / "run").mkdir(mode=0o700)
    vaults = homes(tmp_path)
    told: Counter[str] = Counter()

    @settings(max_examples=examples, phases=[Phase.generate], suppress_health_check=[HealthCheck.filter_too_much])
    @given(world=WORLDS, stored=st.sampled_from([*vaults]), way=st.sampled_from([*WORDS]))
    def each(world: World, stored: tuple[str, ...], way: str) -> None:
        world = replace(world, stored=stored, no_session=world.no_session and "server" not in way)
        environ = world.lay_out(tmp_path, server.url) | {"AWS_ENDPOINT_URL_STS": server.url}
        plan, expected = expected_in(world, environ, way, server)
        assume(can_be_tried(world, plan))
        shutil.rmtree(tmp_path / "room", ignore_errors=True)
        env = {
            **{name: value for name, value in environ.items() if name not in {"HOME", "PATH"}},
            **vaults[stored],
            "XDG_RUNTIME_DIR": str(tmp_path / "run"),
        }
        flags = ["--allow-plaintext-source"] * world.plaintext
        flags += ["--no-session"] * world.no_session
        child = [] if way == "evaluated export" else ["--", *CHILD]
        ended = run_pyvault(tmp_path, *WORDS[way], *flags, world.profile, *child, env=env)
        if not expected:
            assert ended.code in REFUSED, ended.err
            assert ended.out == ""
            told["refused"] += 1
            return
        assert ended.code == 0, ended.err
        keys = KEY_ID.findall(ended.out)
        assert (who(keys[0]) if keys else ended.out.strip()) == expected
        told[way] += 1

    with running() as server:
        each()
    assert told["refused"]
    assert len(told) > 2


def expected_in(world: World, environ: dict[str, str], way: str, server: Server) -> tuple[Plan | None, str]:
    """Return whose key a child would find, or its error; nothing where pyvault refuses."""
    plan = None
    try:
        plan = handing_out.plan_in(world, environ)
        credentials = handing_out.retrieved(plan, environ)
        child = handing_out.WAYS[way](plan, environ, credentials, server, "served")
    except PyvaultError:
        return plan, ""
    found = found_by_botocore(child)[0]
    printed = who(credentials.access_key_id)
    return plan, printed if way == "evaluated export" and found == UNREADABLE else found
