"""Whatever a config says: the planner ends, raises only our errors, and stays within AWS's limits."""

import json
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aws_profiles import config_of
from pyvault.config.config_file import ConfigFile
from pyvault.config.load import inspect_profile, load_profile
from pyvault.config.profile import Flags
from pyvault.errors import PyvaultError
from pyvault.planning import explain
from pyvault.planning.cache_keys import session_key
from pyvault.planning.explain_text import draw
from pyvault.planning.plan import PlanOptions, make_plan
from pyvault.planning.steps import (
    AssumeRoleStep,
    FederationStep,
    PlaintextStep,
    Plan,
    SessionTokenStep,
    SourceStep,
    Step,
    StoredStep,
    WebIdentityStep,
)

NAMES = [*(f"p{number}" for number in range(11)), "default"]
HOUR = timedelta(hours=1)

profile_names = st.sampled_from([*NAMES, "nowhere"])
durations = st.sampled_from(["900", "899", "1h", "3601", "12h", "43201s", "36h", "129601", "0", "-1h", "x", ""])
serials = st.sampled_from(["arn:aws:iam::1:mfa/me", "arn:aws:iam::1:mfa/other", "short", ""])
texts = st.sampled_from(["ok-text", "x", "a b", "y" * 65, "", "é", "a\x1bb"])
VALUES: dict[str, st.SearchStrategy[str]] = {
    "region": st.sampled_from(["eu-west-1", "cn-north-1", "bad/region", ""]),
    "role_arn": st.sampled_from(["arn:aws:iam::1:role/a", "arn:aws-cn:iam::2:role/b", "role", ""]),
    "role_session_name": texts,
    "external_id": texts,
    "source_identity": texts,
    "mfa_serial": serials,
    "mfa_process": st.just("code"),
    "source_profile": profile_names,
    "include_profile": profile_names,
    "duration_seconds": durations,
    "sso_session": st.sampled_from(["s", "nowhere"]),
    "sso_start_url": st.sampled_from(["https://x", "x"]),
    "sso_region": st.just("eu-west-1"),
    "sso_account_id": st.just("1"),
    "sso_role_name": st.just("r"),
    "web_identity_token_file": st.just("~/token"),
    "web_identity_token_process": st.just("token"),
    "login_session": st.just("arn:aws:iam::1:user/me"),
    "credential_process": st.just("process"),
    "credential_source": st.sampled_from(["Environment", "EcsContainer", "Moon"]),
    "aws_access_key_id": st.just("AKIA"),
    "aws_secret_access_key": st.just("secret"),
    "aws_session_token": st.just("token"),
    "session_tags": st.sampled_from(["a=b", "a=b,c=d", "a", "k<=v", ",".join(f"k{number}=v" for number in range(51))]),
    "transitive_session_tags": st.sampled_from(["a", "a,b", ","]),
    "policy": st.sampled_from(["{}", "x" * 3000]),
    "services": st.sampled_from(["v", "nowhere"]),
    "endpoint_url": st.sampled_from(["http://x", "x"]),
    "max_attempts": st.sampled_from(["1", "0"]),
    "use_fips_endpoint": st.sampled_from(["true", "maybe"]),
}
#: What makes chains, in values that AWS accepts: most worlds are of these.
SOUND: dict[str, st.SearchStrategy[str]] = {
    "role_arn": st.sampled_from(["arn:aws:iam::1:role/a", "arn:aws:iam::2:role/b"]),
    "mfa_serial": st.sampled_from(["arn:aws:iam::1:mfa/me", "arn:aws:iam::1:mfa/me", "arn:aws:iam::1:mfa/other"]),
    "duration_seconds": st.sampled_from(["900", "1h", "3601", "12h"]),
    "external_id": st.just("ok-text"),
    "session_tags": st.just("a=b"),
    "credential_process": st.just("process"),
    "credential_source": st.just("Environment"),
    "sso_session": st.just("s"),
}
CHAINING = {"role_arn", "mfa_serial", "duration_seconds"}
ENVIRONMENT = {
    "AWS_REGION": VALUES["region"],
    "AWS_ROLE_ARN": VALUES["role_arn"],
    "AWS_MFA_SERIAL": serials,
    "AWS_SESSION_TAGS": VALUES["session_tags"],
    "AWS_ASSUME_ROLE_TTL": durations,
    "AWS_CHAINED_SESSION_TOKEN_TTL": durations,
    "AWS_WEB_IDENTITY_TOKEN_FILE": st.just("/token"),
    "AWS_ENDPOINT_URL_STS": VALUES["endpoint_url"],
}
flag_durations = st.none() | st.sampled_from(
    [timedelta(seconds=seconds) for seconds in (1, 900, 3600, 3601, 43200, 129600, 10**6)]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    text: str
    name: str
    environ: dict[str, str]
    stored: frozenset[str]
    flags: Flags
    options: PlanOptions


@st.composite
def worlds(draw: st.DrawFn) -> World:
    lines = ["[sso-session s]", "sso_start_url = https://s", "sso_region = us-east-1"]
    lines += ["[services v]", "sts =", "  endpoint_url = http://sts"]
    sound = draw(st.integers(min_value=0, max_value=3)) > 0
    names = draw(st.lists(st.sampled_from(NAMES), min_size=4 if sound else 0, max_size=12, unique=sound))
    for position, name in enumerate(names):
        lines.append("[default]" if name == "default" else f"[profile {name}]")
        pool = list(SOUND if sound else VALUES)
        keys = draw(st.lists(st.sampled_from(pool), min_size=sound * 3, max_size=6, unique=True))
        if sound:  # sources stand further down: chains, not rings
            below = names[position + 1 :]
            if below and draw(st.integers(0, 5)) > 0:
                lines.append(f"source_profile = {draw(st.sampled_from(below))}")
            rare = draw(st.frozensets(st.sampled_from(pool), max_size=2))
            keys = [key for key in keys if key in CHAINING or key in rare]
            if "sso_session" in keys:
                lines += ["sso_account_id = 1", "sso_role_name = r"]
        lines += [f"{key} = {draw((SOUND if sound else VALUES)[key])}" for key in keys]
    variables = draw(st.lists(st.sampled_from(list(ENVIRONMENT)), max_size=0 if sound else 2, unique=True))
    return World(
        text="\n".join([*lines, ""]),
        name=draw(st.sampled_from(names[:2]) if sound else profile_names),
        environ={name: draw(ENVIRONMENT[name]) for name in variables},
        stored=frozenset(names[-1:]) if sound else draw(st.frozensets(profile_names, max_size=4)),
        flags=Flags()
        if sound
        else Flags(assume_role_duration=draw(flag_durations), federation_token_duration=draw(flag_durations)),
        options=PlanOptions(
            no_session=draw(st.booleans()),
            federation=draw(st.booleans()),
            disable_sessions_for=draw(st.none() | profile_names),
            allow_plaintext_source=draw(st.booleans()),
        ),
    )


def planned(world: World) -> Plan | None:
    try:
        profile = load_profile(config_of(world.text), None, world.name, world.environ, world.flags, stored=world.stored)
        return make_plan(profile, stored=world.stored, options=world.options)
    except PyvaultError:
        return None


SHAPE = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)


def assert_allowed(step: Step, signer: str) -> None:
    """Hold a call against the documents of AWS, told here a second time.

    Args:
        step: the call.
        signer: who signs: "nobody", "key pair", "session", or "unknown" for what a
            command or the surroundings give.
    """
    match step:
        case SessionTokenStep():
            assert signer == ("key pair" if step.condition is None else "unknown")
            assert step.condition is None or step.mfa_serial
            assert 900 <= step.duration.total_seconds() <= 129_600
            assert step.mfa_serial is None or 9 <= len(step.mfa_serial) <= 256
        case FederationStep():
            assert signer == "key pair"
            assert 900 <= step.duration.total_seconds() <= 129_600
            assert json.loads(step.policy)["Statement"]
        case AssumeRoleStep():
            assert signer != "nobody"
            assert 900 <= step.duration.total_seconds() <= (43_200 if signer == "key pair" else 3600)
            assert step.role_arn.startswith("arn:")
            for text in (step.role_session_name, step.source_identity):
                assert text is None or SHAPE.fullmatch(text)
            assert len(step.session_tags) <= 50
            assert len({key.lower() for key, _ in step.session_tags}) == len(step.session_tags)
            assert step.policy is None or len(step.policy) <= 2048
            assert not (step.chained_mfa and step.mfa_serial)
            assert not (step.chained_mfa and signer != "session")
        case WebIdentityStep():
            assert signer == "nobody"
            assert 900 <= step.duration.total_seconds() <= 43_200
            assert (step.token_file is None) != (step.token_process is None)
        case _:
            assert signer == "nobody"


def given_by(step: Step) -> str:
    match step:
        case StoredStep():
            return "key pair"
        case PlaintextStep():
            return "session" if step.credentials.session_token else "key pair"
        case SourceStep():
            return "unknown"
        case _ if step.op == "credential_process" or getattr(step, "condition", None):
            return "unknown"
        case _:
            return "session"


@settings(max_examples=80)
@given(world=worlds())
def test_no_plan_asks_for_what_aws_refuses(world: World) -> None:
    assert_sound(world)


@pytest.mark.slow
@settings(max_examples=5000)
@given(world=worlds())
def test_no_plan_asks_for_what_aws_refuses_in_thousands_of_worlds(world: World) -> None:
    assert_sound(world)


def assert_sound(world: World) -> None:
    plan = planned(world)
    if plan is None:
        return
    signer = "nobody"
    for step in plan.steps:
        assert_allowed(step, signer)
        assert step.why
        signer = given_by(step)
    assert plan.exposes_long_term_credentials is {"key pair": True, "unknown": None}.get(signer, False)
    if world.options.no_session:
        assert not any(isinstance(step, SessionTokenStep) for step in plan.steps)
    first = plan.steps[0]
    if isinstance(first, StoredStep):
        assert first.profile in world.stored


@settings(max_examples=40)
@given(world=worlds())
def test_a_plan_is_the_same_every_time_and_its_keys_differ_by_step(world: World) -> None:
    plan = planned(world)
    assert planned(world) == plan
    if plan is None:
        return
    keys: list[str] = []
    parent = ""
    for step in plan.steps:
        parent = session_key(step, parent)
        keys.append(parent)
    assert len(set(keys)) == len(keys)


@settings(max_examples=40)
@given(world=worlds(), other=worlds())
def test_two_plans_share_a_key_only_if_they_ask_for_the_same(world: World, other: World) -> None:
    one, two = planned(world), planned(other)
    if one is None or two is None:
        return
    for mine in one.steps:
        for theirs in two.steps:
            same = session_key(mine, "x") == session_key(theirs, "x")
            if same and isinstance(mine, AssumeRoleStep):
                assert isinstance(theirs, AssumeRoleStep)
                assert (mine.role_arn, mine.duration, mine.session_tags) == (
                    theirs.role_arn,
                    theirs.duration,
                    theirs.session_tags,
                )
                assert (mine.mfa_serial, mine.external_id, mine.client.endpoints.sts) == (
                    theirs.mfa_serial,
                    theirs.external_id,
                    theirs.client.endpoints.sts,
                )


@settings(max_examples=40)
@given(world=worlds())
def test_explain_always_has_an_answer(world: World) -> None:
    profile = inspect_profile(config_of(world.text), None, world.name, world.environ, world.flags, stored=world.stored)
    outcome: Plan | PyvaultError
    try:
        outcome = make_plan(profile, stored=world.stored, options=world.options)
    except PyvaultError as error:
        outcome = error
    shown = explain.as_json(outcome, profile, lambda _: "unknown")
    parsed: Any = json.loads(json.dumps(shown))
    assert parsed == shown
    assert all(set(step) == set(explain.STEP_KEYS) for step in parsed["steps"])
    drawn = draw(outcome, profile, lambda _: "unknown")
    assert not any(ord(char) < 32 and char != "\n" for char in drawn)


@given(data=st.binary(max_size=200))
def test_any_bytes_are_a_config_or_an_error_of_ours(data: bytes) -> None:
    path = config_of("").path
    for text in (data, b"[profile p1]\n" + data):
        try:
            config = ConfigFile.parse(text, path)
        except PyvaultError:
            continue
        assert config.data == text
        for name in (*config.profiles(), "p1"):
            inspect_profile(config, config, name, {})
