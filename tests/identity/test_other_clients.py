"""The same for SDKs in other languages: a sample of worlds, each with a child of its own."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings

from clients.table import BUILT, CLIENTS, PROGRAMS
from identity import handing_out
from identity.principals import KEY_ID, who
from identity.stand_in import Server, running
from identity.worlds import WORLDS, World, furnish
from pyvault.errors import PyvaultError

EXAMPLES = pytest.mark.parametrize("examples", [60, pytest.param(1000, marks=pytest.mark.slow)])
#: Where AWS is, for a client that can't be asked before it sends.
ENDPOINTS = ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL_SSO")
IN_THE_WAY = ("AWS_USE_FIPS_ENDPOINT", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")

Child = tuple[str, dict[str, str]]


def children_of(world: World, home: Path, server: Server) -> list[Child]:
    """Return the environments of a world's children, each with the identity it has to have."""
    furnish(home)
    environ = world.lay_out(home, server.url)
    try:
        plan = handing_out.plan_in(world, environ)
        credentials = handing_out.retrieved(plan, environ)
    except PyvaultError:
        return []
    children: list[Child] = []
    for way in handing_out.WAYS.values():
        try:
            child = way(plan, environ, credentials, server, home.name)
        except PyvaultError:
            continue
        kept = {name: value for name, value in child.items() if name not in IN_THE_WAY and name not in ENDPOINTS}
        region = {"AWS_REGION": kept.get("AWS_REGION", "us-east-1")}
        children.append((who(credentials.access_key_id), kept | region | dict.fromkeys(ENDPOINTS, server.url)))
    return children


def found_by_javascript(environs: list[dict[str, str]]) -> list[str]:
    ended = subprocess.run(
        ["node", str(PROGRAMS / "whose.js")],
        input=json.dumps(environs).encode(),
        env={"PATH": os.environ["PATH"], "NODE_PATH": str(BUILT / "node_modules"), "NODE_NO_WARNINGS": "1"},
        capture_output=True,
        check=True,
    )
    found: list[str] = json.loads(ended.stdout)
    return found


def found_by_go(environs: list[dict[str, str]]) -> list[str]:
    words = [str(BUILT / "gov2")]
    ended = [subprocess.run(words, env=environ, capture_output=True, text=True, check=False) for environ in environs]
    return [each.stdout.strip() or f"error: {each.stderr}" for each in ended]


def missing(name: str) -> bool:
    return not next(client for client in CLIENTS if client.name == name).is_here


@EXAMPLES
@pytest.mark.parametrize(
    "find",
    [
        pytest.param(found_by_javascript, marks=pytest.mark.skipif(missing("JavaScript v3"), reason="is not here")),
        pytest.param(found_by_go, marks=pytest.mark.skipif(missing("Go v2"), reason="is not here")),
    ],
)
def test_another_client_finds_the_identity_of_the_plan_or_an_error(
    tmp_path: Path, find: type[list[str]], examples: int
) -> None:
    with running() as server:
        children: list[Child] = []

        @settings(max_examples=examples)
        @given(world=WORLDS)
        def each(world: World) -> None:
            home = tmp_path / str(len([*tmp_path.iterdir()]))
            home.mkdir()
            children.extend(children_of(world, home, server))

        each()
        found = find([environ for _, environ in children])
    told = [(who(key), identity) for key, (identity, _) in zip(found, children, strict=True) if KEY_ID.fullmatch(key)]
    assert len(told) > len(children) // 4
    assert [pair for pair in told if pair[0] != pair[1]] == []
