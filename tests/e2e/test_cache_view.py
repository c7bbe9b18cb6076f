"""What the cache has for a plan: seen without a call, and true when the plan is carried out."""

from __future__ import annotations

from pathlib import Path

import pytest

from fake_aws.client import FakeAws
from fakes.retrieval import Bench
from pyvault.retrieval.in_cache import look_at_cache
from pyvault.sessions.cache import DEFAULT_MIN_TTL


@pytest.fixture
def bench(fake_aws: FakeAws, tmp_path: Path) -> Bench:
    bench = Bench(fake_aws, tmp_path)
    bench.store("base", "demo")
    bench.config = f"[profile p]\nsource_profile = base\nrole_arn = {bench.aws.role_arn('reader')}\n"
    return bench


def states(bench: Bench, profile: str) -> list[str]:
    seen = look_at_cache(
        bench.plan(profile),
        key_id=bench.keys.access_key_id,
        entries=bench.sessions.entries(),
        at=bench.now(),
        min_ttl=DEFAULT_MIN_TTL,
    )
    return [cached.state for cached in seen]


def test_a_miss_becomes_a_hit_and_a_miss_again(bench: Bench) -> None:
    assert states(bench, "p") == ["never", "miss"]
    bench.get("p")
    assert states(bench, "p") == ["never", "hit"]
    bench.aws.advance(56 * 60)
    assert states(bench, "p") == ["never", "miss"]
    assert bench.aws.ops() == ["sts.AssumeRole"]


def test_a_hit_says_until_when(bench: Bench) -> None:
    ends = bench.get("p").expires
    seen = look_at_cache(
        bench.plan("p"),
        key_id=bench.keys.access_key_id,
        entries=bench.sessions.entries(),
        at=bench.now(),
        min_ttl=DEFAULT_MIN_TTL,
    )
    assert seen[-1].until == ends


def test_keys_that_are_only_assumed_are_a_miss(bench: Bench) -> None:
    plan = bench.plan("p")
    bench.keys.pairs.clear()
    seen = look_at_cache(plan, key_id=bench.keys.access_key_id, entries=(), at=bench.now(), min_ttl=DEFAULT_MIN_TTL)
    assert [cached.state for cached in seen] == ["never", "miss"]


def test_surroundings_are_not_asked(bench: Bench) -> None:
    bench.config = f"[profile q]\ncredential_source = Ec2InstanceMetadata\nrole_arn = {bench.aws.role_arn('reader')}\n"
    assert states(bench, "q") == ["never", "unknown"]


def test_a_command_is_not_run(bench: Bench) -> None:
    bench.config = (
        f"[profile q]\ncredential_process = touch {bench.directory}/ran\nrole_arn = {bench.aws.role_arn('r1')}\n"
    )
    assert states(bench, "q") == ["never", "unknown"]
    role = f"[profile q]\nrole_arn = {bench.aws.role_arn('ci')}\n"
    bench.config = f"{role}web_identity_token_process = touch {bench.directory}/ran\n"
    assert states(bench, "q") == ["unknown"]
    assert not (bench.directory / "ran").exists()


def test_the_holder_of_the_token_in_a_file_is_seen(bench: Bench) -> None:
    token = bench.directory / "token"
    bench.config = f"[profile q]\nrole_arn = {bench.aws.role_arn('ci')}\nweb_identity_token_file = {token}\n"
    assert states(bench, "q") == ["miss"]  # there is no token: carrying it out will say so
    token.write_text(bench.aws.web_identity_token(subject="repo:example/one"))
    bench.get("q")
    assert states(bench, "q") == ["hit"]
    token.write_text(bench.aws.web_identity_token(subject="repo:example/two"))
    assert states(bench, "q") == ["miss"]
