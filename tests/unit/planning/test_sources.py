"""A profile's own source is never mixed with an inherited one: the whole matrix, and what goes beyond it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aws_profiles import brief, plan_of, profile_of
from pyvault.errors import InvalidSettingError, PyvaultError
from pyvault.planning.plan import PlanOptions
from pyvault.planning.steps import (
    AssumeRoleStep,
    LoginSessionStep,
    Plan,
    ProcessStep,
    SessionTokenStep,
    SourceStep,
    SsoStep,
    Step,
    StoredStep,
    WebIdentityStep,
)
from source_matrix import ROWS, Row, expected


def told(plan: Plan) -> list[str]:
    """Tell the steps in the words of the matrix; a session on top of stored keys changes nobody."""
    return [words for step in plan.steps if (words := told_step(step))]


def told_step(step: Step) -> str:  # noqa: PLR0911 - one for each kind of step
    match step:
        case StoredStep():
            return f"stored {step.profile}"
        case SsoStep():
            return f"sso {step.start_url.removeprefix('https://').split('.', maxsplit=1)[0]} for {step.role_name}"
        case WebIdentityStep():
            token = step.token_file or step.token_process or ""
            return f"web identity {'own' if 'own' in token else 'inh'} role {step.role_arn.rpartition('/')[2]}"
        case LoginSessionStep():
            return f"login {step.session.rpartition('/')[2]}"
        case ProcessStep():
            return f"process {'own' if 'AKIAOWN' in step.command else 'inh'}"
        case SourceStep():
            return f"surroundings {'own' if step.source == 'EcsContainer' else 'inh'}"
        case AssumeRoleStep():
            return f"role {step.role_arn.rpartition('/')[2]}"
        case _:
            return ""


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.own}-{row.inherited}-{row.layer}")
def test_the_matrix(row: Row) -> None:
    wanted = expected(row)
    if isinstance(wanted, str):
        with pytest.raises(PyvaultError, match=wanted):
            plan_of(row.text, "p", stored=row.stored)
        return
    assert told(plan_of(row.text, "p", stored=row.stored)) == wanted


CORP = "[sso-session corp]\nsso_start_url = https://corp.example/start\nsso_region = us-east-1\n"
OTHER = "[sso-session other]\nsso_start_url = https://other.example/start\nsso_region = eu-west-1\n"


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        # A role's name that [default] has is a template, whatever the account.
        ("[default]\nsso_role_name = Dev\n[profile t]\nsso_session = corp\nsso_account_id = 1\n", "sso corp for Dev"),
        (
            "[default]\nsso_session = corp\nsso_role_name = Dev\n[profile t]\nsso_account_id = 1\n",
            "sso corp for Dev",
        ),
        # One that goes with another sign-in is not.
        (
            "[default]\nsso_session = corp\nsso_account_id = 1\nsso_role_name = Dev\n[profile t]\nsso_session = other\n",
            "has no sso_account_id",
        ),
        (
            (
                "[default]\nsso_start_url = https://corp.example/start\nsso_region = us-east-1\n"
                "[profile t]\nsso_start_url = https://other.example/start\nsso_account_id = 1\nsso_role_name = Dev\n"
            ),
            "has no sso_region",
        ),
        (
            (
                "[default]\nsso_session = corp\n[profile c]\nsso_session = other\n"
                "[profile t]\ninclude_profile = c\nsso_account_id = 1\nsso_role_name = Dev\n"
            ),
            "sso other for Dev",
        ),
        # Only a layer that has nothing else takes a farther sign-in.
        (
            "[default]\nsso_session = corp\n[profile t]\ncredential_process = AKIAOWN\nsso_account_id = 1\n",
            "process own",
        ),
    ],
)
def test_the_parts_of_sso(text: str, outcome: str) -> None:
    if outcome.startswith("has no"):
        with pytest.raises(InvalidSettingError, match=outcome):
            plan_of(f"{text}{CORP}{OTHER}")
    else:
        assert told(plan_of(f"{text}{CORP}{OTHER}")) == [outcome]


def test_sources_are_passed_over_by_name() -> None:
    text = (
        "[default]\ncredential_process = x\nrole_arn = arn:aws:iam::1:role/d\n"
        f"{CORP}[profile c]\nsso_session = corp\n[profile t]\ninclude_profile = c\nlogin_session = arn:aws:iam::1:user/me\n"
        "credential_source = Environment\n"
    )
    passed = profile_of(text).passed_over
    assert [(one.setting, one.origin) for one in passed] == [
        ("credential_source", "profile t"),
        ("sso_session", "include c"),
        ("credential_process", "[default]"),
        ("role_arn", "[default]"),
    ]
    assert "it has lower precedence than login_session" in passed[0].why
    assert "profile 't' has its own source: login_session" in passed[1].why
    assert passed[2].label == '"/home/me/.aws/config", line 2: credential_process of [default]'
    assert "only to the source of [default]" in passed[3].why


def test_nothing_is_passed_over_where_nothing_is_in_the_way() -> None:
    text = "[default]\nrole_arn = arn:aws:iam::1:role/d\nsource_profile = s\n[profile s]\n[profile t]\n"
    assert profile_of(text, stored=("s",)).passed_over == ()


def test_a_default_that_includes_hands_on_both() -> None:
    text = (
        "[default]\ninclude_profile = common\nrole_arn = arn:aws:iam::1:role/d\n"
        "[profile common]\nsource_profile = s\n[profile s]\n[profile t]\n"
    )
    assert told(plan_of(text, stored=("s",))) == ["stored s", "role d"]


def test_a_role_of_default_alone_makes_no_role_of_a_token_of_the_environment() -> None:
    text = "[default]\nrole_arn = arn:aws:iam::1:role/d\n[profile t]\n"
    assert told(plan_of(text, environ=POD)) == ["web identity inh role runner"]


def test_half_a_pair_of_keys_is_no_reason_to_take_what_default_has() -> None:
    text = "[default]\ncredential_process = x\n[profile t]\naws_access_key_id = AKIA1\n"
    with pytest.raises(InvalidSettingError, match="line 4: aws_access_key_id of profile 't': the other half"):
        plan_of(text)


@pytest.mark.parametrize("setting", ["endpoint_url = http://x", "services = v"])
def test_endpoints_of_default_are_its_own(setting: str) -> None:
    services = "[services v]\nsts =\n  endpoint_url = http://x\n"
    for text, has in (
        (f"{services}[default]\n{setting}\n[profile t]\n", False),
        (f"{services}[profile c]\n{setting}\n[profile t]\ninclude_profile = c\n", True),
        (f"{services}[default]\n{setting}\n[profile t]\ninclude_profile = default\n", True),
    ):
        assert (profile_of(text).endpoints.sts is not None) is has
    assert profile_of(f"{services}[default]\n{setting}\n", "default").endpoints.sts == "http://x"


M = "mfa_serial = arn:aws:iam::1:mfa/me\n"
ROLE = "role_arn = arn:aws:iam::1:role/t\n"


@pytest.mark.parametrize("source", ["credential_process = x\n", "credential_source = Environment\n"])
def test_keys_of_unknown_kind_get_a_session_on_a_condition(source: str) -> None:
    first = source.split(maxsplit=1)[0]
    step = plan_of(f"[profile t]\n{source}{M}").steps[1]
    assert isinstance(step, SessionTokenStep)
    assert (step.condition, step.mfa_serial) == ("if the keys are long-term", "arn:aws:iam::1:mfa/me")
    for text, steps in (
        (f"[profile t]\n{source}", [f"{first} t"]),
        (f"[default]\n{M}[profile t]\n{source}", [f"{first} t"]),  # a device of other keys
        (f"[profile c]\n{M}[profile t]\ninclude_profile = c\n{source}", [f"{first} t", "GetSessionToken t 3600 mfa"]),
        (f"[default]\n{M}{source}[profile t]\n", [f"{first} t"]),
        (f"[profile s]\n{source}{M}[profile t]\nsource_profile = s\n", [f"{first} s", "GetSessionToken s 28800 mfa"]),
        (f"[profile s]\n{source}[profile t]\nsource_profile = s\n{M}", [f"{first} s", "GetSessionToken t 3600 mfa"]),
        (f"[profile t]\n{source}{M}{ROLE}", [f"{first} t", "AssumeRole t 3600 mfa"]),
        (f"[default]\n{M}[profile t]\n{source}{ROLE}", [f"{first} t", "AssumeRole t 3600"]),
        (
            f"[profile s]\n{source}{M}[profile t]\nsource_profile = s\n{ROLE}{M}",
            [f"{first} s", "AssumeRole t 3600 mfa"],
        ),
    ):
        assert brief(plan_of(text)) == steps, text
    assert brief(plan_of(f"[default]\n{source}{M}", "default"))[1:] == ["GetSessionToken default 3600 mfa"]
    assert len(plan_of(f"[profile t]\n{source}{M}", options=PlanOptions(no_session=True)).steps) == 1


def test_the_device_of_a_variable_is_for_whom_it_was_before() -> None:
    environ = {"AWS_MFA_SERIAL": "arn:aws:iam::1:mfa/env"}
    process = "credential_process = x\n"
    assert brief(plan_of(f"[profile t]\n{process}", environ=environ)) == ["credential_process t"]
    assert brief(plan_of(f"[profile t]\n{process}{ROLE}", environ=environ))[1] == "AssumeRole t 3600 mfa"
    step = plan_of(f"[profile t]\n{process}{M}", environ=environ).steps[1]
    assert isinstance(step, SessionTokenStep)
    assert step.mfa_serial == "arn:aws:iam::1:mfa/env"


POD = {
    "AWS_ROLE_ARN": "arn:aws:iam::9:role/runner",
    "AWS_ROLE_SESSION_NAME": "runner-name",
    "AWS_WEB_IDENTITY_TOKEN_FILE": "/inh/token",
}
SOURCES = {
    "stored": "",
    "source_profile": "source_profile = s\n",
    "sso": "sso_session = corp\nsso_account_id = 1\nsso_role_name = Dev\n",
    "token": "web_identity_token_file = /own/token\n",
    "login": "login_session = arn:aws:iam::1:user/me\n",
    "process": "credential_process = AKIAOWN\n",
    "surroundings": "credential_source = EcsContainer\n",
}


def pod_plan(source: str, role: str, environ: dict[str, str]) -> Plan:
    stored = ("s", "t") if source == "stored" else ("s",)
    return plan_of(f"{CORP}[profile s]\n[profile t]\n{SOURCES[source]}{role}", stored=stored, environ=environ)


@pytest.mark.parametrize("role", ["", ROLE], ids=["no role", "role"])
@pytest.mark.parametrize("source", SOURCES)
def test_the_environment_of_a_pod_changes_nothing_about_a_source(source: str, role: str) -> None:
    if source == "token" and not role:  # the role of the pod is not for the profile's own token
        with pytest.raises(InvalidSettingError, match="a web identity token but no role_arn"):
            pod_plan(source, role, POD)
        return
    plan = pod_plan(source, role, POD)
    assert plan.steps == pod_plan(source, role, {}).steps
    assert [skip.op for skip in plan.skips][:1] == ["sts.AssumeRoleWithWebIdentity"]
    assert "AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN" in plan.skips[0].why


def test_the_environment_of_a_pod_serves_a_profile_without_source_and_role() -> None:
    step = plan_of("[profile t]\n", environ=POD).steps[0]
    assert isinstance(step, WebIdentityStep)
    assert (step.token_file, step.role_arn, step.role_session_name) == (
        "/inh/token",
        "arn:aws:iam::9:role/runner",
        "runner-name",
    )


@pytest.mark.parametrize("text", [f"[profile t]\n{ROLE}", f"[profile c]\n{ROLE}[profile t]\ninclude_profile = c\n"])
def test_a_role_without_a_source_does_not_take_the_token_of_a_pod(text: str) -> None:
    with pytest.raises(
        InvalidSettingError, match=r"line 2: role_arn of profile '.': profile 't' has no source"
    ) as caught:
        plan_of(text, environ=POD)
    assert "web_identity_token_file" in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("source", "replaces"),
    [
        *[("stored", True), ("source_profile", True), ("token", True), ("sso", False), ("login", False)],
        *[("process", False), ("surroundings", False)],
    ],
)
@pytest.mark.parametrize("role", ["", ROLE], ids=["no role", "role"])
def test_a_role_of_the_environment_without_a_token(source: str, role: str, replaces: bool) -> None:
    environ = {"AWS_ROLE_ARN": "arn:aws:iam::9:role/mine", "AWS_ROLE_SESSION_NAME": "me"}
    plan = pod_plan(source, role, environ)
    if replaces:
        last = plan.steps[-1]
        assert isinstance(last, AssumeRoleStep | WebIdentityStep)
        assert (last.role_arn, last.role_session_name) == ("arn:aws:iam::9:role/mine", "me")
        return
    assert plan.steps == pod_plan(source, role, {}).steps
    assert [(skip.op, skip.profile) for skip in plan.skips] == [("sts.AssumeRole", "t")]
    assert "AWS_ROLE_ARN" in plan.skips[0].why


def test_the_credentials_file_is_a_layer_of_every_profile_and_wins_key_by_key() -> None:
    config = "[default]\nregion = us-west-2\n[profile t]\nregion = us-east-1\nmfa_serial = arn:aws:iam::1:mfa/me\n"
    credentials = "[default]\nexternal_id = e-1\n[t]\nregion = eu-west-1\nmfa_serial =\n"
    profile = profile_of(config, credentials=credentials)
    assert (profile.region, profile.external_id) == ("eu-west-1", "e-1")
    assert profile.mfa_serial == "arn:aws:iam::1:mfa/me"  # an empty one says nothing
    assert profile.labels["region"] == "\"/home/me/.aws/credentials\", line 4: region of profile 't'"
    assert profile.labels["mfa_serial"] == "\"/home/me/.aws/config\", line 5: mfa_serial of profile 't'"
    assert profile.origins["external_id"] == "[default]"


def test_a_mistake_in_the_credentials_file_is_told_with_its_place() -> None:
    with pytest.raises(
        InvalidSettingError, match=r"/home/me/\.aws/credentials\", line 2: duration_seconds of profile 't'"
    ):
        plan_of("", stored=("t",), credentials="[t]\nduration_seconds = soon\n")


@pytest.mark.parametrize(
    ("config", "credentials", "expected"),
    [
        ("", "[t]\nsource_profile = s\nrole_arn = arn:aws:iam::1:role/t\n[s]\n", ["stored s", "role t"]),
        ("[profile t]\ncredential_process = AKIAINH\n", "[t]\ncredential_process = AKIAOWN\n", ["process own"]),
        ("[default]\ncredential_process = AKIAINH\n[profile t]\n", "[t]\nsource_profile = s\n[s]\n", ["stored s"]),
        ("[profile t]\ninclude_profile = c\n", "[c]\ncredential_process = AKIAOWN\n", ["process own"]),
        ("[profile t]\n", "[t]\ninclude_profile = c\n[c]\ncredential_process = AKIAOWN\n", ["process own"]),
    ],
)
def test_sources_of_the_credentials_file(config: str, credentials: str, expected: list[str]) -> None:
    assert told(plan_of(config, stored=("s",), credentials=credentials)) == expected


def test_a_login_session_ranks_before_a_process_and_behind_a_token() -> None:
    login = "[profile t]\nlogin_session = arn:aws:iam::1:user/me\n"
    assert told(plan_of(f"{login}credential_process = AKIAOWN\n")) == ["login me"]
    assert told(plan_of(f"{login}{ROLE}web_identity_token_file = /own/token\n")) == ["web identity own role t"]


def test_a_login_session_names_the_partition() -> None:
    text = "[profile s]\nlogin_session = arn:aws-cn:iam::1:user/me\n[profile t]\nsource_profile = s\nrole_session_name = x1\n"
    assert any("cn-northwest-1" in note for note in plan_of(text).notes)


#: Each says whose it is, so that the plan shows from which layer it came.
TAGGED = {
    "source_profile": "source_profile = {}base\n",
    "sso": "sso_start_url = https://{}.example\nsso_region = us-east-1\nsso_account_id = 1\nsso_role_name = {}\n",
    "token": "web_identity_token_file = /{}/token\n",
    "login": "login_session = arn:aws:iam::1:user/{}\n",
    "process": "credential_process = {}\n",
}
LAYER = st.tuples(st.frozensets(st.sampled_from(sorted(TAGGED)), max_size=3), st.booleans())


def section(whose: str, layer: tuple[frozenset[str], bool]) -> str:
    sources, has_role = layer
    role = f"role_arn = arn:aws:iam::1:role/{whose}\n" if has_role else ""
    return role + "".join(TAGGED[source].replace("{}", whose) for source in sorted(sources))


@settings(max_examples=150)
@given(
    own=LAYER, common=LAYER, default=LAYER, in_credentials_file=st.sets(st.sampled_from(["own", "common", "default"]))
)
def test_whatever_stands_in_three_layers_only_one_gives_the_source(
    own: tuple[frozenset[str], bool],
    common: tuple[frozenset[str], bool],
    default: tuple[frozenset[str], bool],
    in_credentials_file: set[str],
) -> None:
    texts = {"own": section("own", own), "common": section("common", common), "default": section("default", default)}
    heads = {"own": "t", "common": "c", "default": "default"}
    config = "[profile t]\ninclude_profile = c\n[profile ownbase]\n[profile commonbase]\n[profile defaultbase]\n"
    credentials = ""
    for whose, text in texts.items():
        if whose in in_credentials_file:
            credentials += f"[{heads[whose]}]\n{text}"
        else:
            config += f"[{'' if whose == 'default' else 'profile '}{heads[whose]}]\n{text}"
    winner = next(
        (whose for whose, layer in (("own", own), ("common", common), ("default", default)) if layer[0]), None
    )
    try:
        plan = plan_of(config, stored=("ownbase", "commonbase", "defaultbase"), credentials=credentials)
    except PyvaultError as error:
        assert winner is None or "a web identity token but no role_arn" in error.message  # noqa: PT017 - either may be
        return
    assert winner is not None
    roles = [
        step.role_arn.rpartition("/")[2] for step in plan.steps if isinstance(step, AssumeRoleStep | WebIdentityStep)
    ]
    assert len(roles) <= 1
    assert "default" not in roles or winner == "default"
    first = plan.steps[0]
    said = [getattr(first, name, None) or "" for name in ("profile", "start_url", "token_file", "session", "command")]
    assert [whose for whose in heads if any(whose in text for text in said)] == [winner]
