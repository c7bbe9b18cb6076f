"""A session key changes with every parameter of the request, and with nothing else."""

from datetime import timedelta
from typing import Any

import pytest

from pyvault.config.clients import ClientSettings, Endpoints
from pyvault.config.sources import CredentialSource
from pyvault.model import Credentials
from pyvault.planning.cache_keys import UNCACHED_STEPS, plan_keys, session_key, unshared_key
from pyvault.planning.steps import (
    AssumeRoleStep,
    FederationStep,
    LoginSessionStep,
    PlaintextStep,
    Plan,
    ProcessStep,
    SessionTokenStep,
    SourceStep,
    SsoStep,
    Step,
    StoredStep,
    WebIdentityStep,
)
from pyvault.record import replace
from pyvault.secret import Secret

CLIENT = ClientSettings(region="eu-west-1")
KEYS = Credentials(access_key_id="AKIA1", secret_access_key=Secret("s"))
STEPS: list[Step] = [
    StoredStep(profile="p", why=""),
    PlaintextStep(profile="p", credentials=KEYS, why=""),
    SourceStep(profile="p", source=CredentialSource.ENVIRONMENT, why=""),
    ProcessStep(profile="p", command="c", why=""),
    SsoStep(
        profile="p",
        session="s",
        start_url="https://x",
        sso_region="eu-west-1",
        account_id="1",
        role_name="r",
        registration_scopes=("a",),
        client=CLIENT,
        why="",
    ),
    WebIdentityStep(
        profile="p",
        role_arn="arn",
        role_session_name="n",
        token_file="/t",
        token_process=None,
        duration=timedelta(hours=1),
        client=CLIENT,
        why="",
    ),
    SessionTokenStep(profile="p", mfa_serial="m", duration=timedelta(hours=1), client=CLIENT, why=""),
    AssumeRoleStep(
        profile="p",
        role_arn="arn",
        role_session_name="n",
        external_id="e",
        mfa_serial="m",
        chained_mfa=False,
        duration=timedelta(hours=1),
        capped=False,
        source_identity="i",
        client=CLIENT,
        why="",
    ),
    FederationStep(profile="p", name="n", duration=timedelta(hours=1), policy="{}", client=CLIENT, why=""),
    LoginSessionStep(profile="p", session="arn", client=CLIENT, why=""),
]

#: What leaves the answer of AWS as it is.
NO_PARAMETER = {"why", "profile", "mfa_process", "chained_mfa", "capped", "condition", "client"}
PROFILE_COUNTS = (StoredStep, ProcessStep)
NO_CLIENT_PARAMETER = {"region_is_default", "ca_bundle", "retry_mode", "max_attempts", "endpoints"}


def another(value: Any) -> Any:
    match value:
        case CredentialSource():
            changed: Any = CredentialSource.ECS_CONTAINER
        case bool():
            changed = not value
        case str():
            changed = value + "x"
        case timedelta():
            changed = value + timedelta(seconds=1)
        case tuple():
            changed = (*value, "x")
        case Credentials():
            changed = replace(value, access_key_id="AKIA2")
        case None:
            changed = "x"
        case _:
            raise AssertionError(value)
    return changed


def changes() -> list[Any]:
    return [
        pytest.param(step, field, id=f"{type(step).__name__}.{field}")
        for step in STEPS
        for field in step.field_names()
        if field not in NO_PARAMETER or (field == "profile" and isinstance(step, PROFILE_COUNTS))
        if (type(step), field) != (SessionTokenStep, "duration")  # one code serves them all
    ]


@pytest.mark.parametrize(("step", "field"), changes())
def test_every_parameter_counts(step: Step, field: str) -> None:
    value: Any = (("k", "v"),) if field == "session_tags" else another(getattr(step, field))
    changed = replace(step, **{field: value})
    assert session_key(changed, "parent") != session_key(step, "parent")


def test_a_session_is_shared_whatever_its_duration_but_for_handing_it_out() -> None:
    hour = SessionTokenStep(profile="p", mfa_serial="m", duration=timedelta(hours=1), client=CLIENT, why="")
    day = replace(hour, duration=timedelta(hours=24))
    key = session_key(hour, "p")
    assert session_key(day, "p") == key
    assert len({key, unshared_key(hour, key), unshared_key(day, key), unshared_key(hour, session_key(hour, "q"))}) == 4


@pytest.mark.parametrize("step", STEPS, ids=lambda step: type(step).__name__)
def test_the_parent_and_the_kind_count(step: Step) -> None:
    assert session_key(step, "parent") != session_key(step, "parent2")
    others = {session_key(other, "parent") for other in STEPS}
    assert len(others) == len(STEPS)


WITH_CLIENT = [step for step in STEPS if hasattr(step, "client")]


@pytest.mark.parametrize("step", WITH_CLIENT, ids=lambda step: type(step).__name__)
def test_where_the_call_goes_counts(step: Any) -> None:
    for field in ClientSettings.field_names():
        client = replace(CLIENT, **{field: another(getattr(CLIENT, field))}) if field != "endpoints" else CLIENT
        same = session_key(replace(step, client=client), "p") == session_key(step, "p")
        assert same is (field in NO_CLIENT_PARAMETER), field
    service = {SsoStep: "sso", LoginSessionStep: "signin"}.get(type(step), "sts")
    for name in ("sts", "iam", "sso", "sso_oidc", "signin"):
        client = replace(CLIENT, endpoints=replace(Endpoints(), **{name: "http://x"}))
        same = session_key(replace(step, client=client), "p") == session_key(step, "p")
        assert same is (name != service), name


def test_who_a_plan_begins_with_is_in_every_key() -> None:
    above: list[Step] = [STEPS[6], STEPS[7]]
    for first in STEPS[:6]:
        plan = Plan(profile="p", steps=(first, *above))
        one, other = plan_keys(plan, "one"), plan_keys(plan, "other")
        assert not set(one) & set(other)
        assert (one[0] == "one") is isinstance(first, UNCACHED_STEPS)
        assert one[1:] == [session_key(above[0], one[0]), session_key(above[1], one[1])]


def test_a_session_of_an_older_way_to_make_keys_is_never_found() -> None:
    first_way = "d5e8f26e0f7b3f1458a54695a960fbd9c6c50d59b64ffbbd334a5a2a545a13ff"  # where no sign-in counted
    assert session_key(STEPS[6], "AKIA1") != first_way


def test_reasons_and_profiles_that_ask_for_the_same_share_a_session() -> None:
    for step in STEPS:
        assert session_key(replace(step, why="another"), "p") == session_key(step, "p")
        if not isinstance(step, PROFILE_COUNTS):
            assert session_key(replace(step, profile="q"), "p") == session_key(step, "p")


def test_no_two_requests_read_the_same() -> None:
    role: Any = STEPS[7]
    pairs = [
        (replace(role, session_tags=(("a", "b"), ("c", "d"))), replace(role, session_tags=(("a", "bc"), ("", "d")))),
        (replace(role, session_tags=(("a", "b"),)), replace(role, transitive_tags=("a", "b"))),
        (replace(role, external_id="x", source_identity=None), replace(role, external_id=None, source_identity="x")),
        (replace(role, external_id=None), replace(role, external_id="")),
        (replace(role, transitive_tags=("ab", "c")), replace(role, transitive_tags=("a", "bc"))),
        (StoredStep(profile="Environment", why=""), STEPS[2]),
    ]
    for one, other in pairs:
        assert session_key(one, "p") != session_key(other, "p")


def test_a_key_is_stable() -> None:
    """Changing how keys are made drops every session of everybody: change DOMAIN, and this, on purpose."""
    key = session_key(STEPS[6], "AKIA1")
    assert key == session_key(STEPS[6], "AKIA1")
    assert len(key) == 64
    assert set(key) <= set("0123456789abcdef")


def test_any_text_of_the_system_can_be_hashed() -> None:
    assert session_key(ProcessStep(profile="p", command="\udcff", why=""), "")
