"""The decision table: which calls, in which order, with MFA where, for how long."""

from datetime import timedelta

import pytest

from aws_profiles import brief, plan_of, profile_of
from pyvault.config.profile import duration_flags
from pyvault.planning.plan import PlanOptions, make_plan
from pyvault.record import replace

M = "mfa_serial = arn:aws:iam::1:mfa/me\n"
N = "mfa_serial = arn:aws:iam::1:mfa/other\n"
S = "[profile s]\n"
T = "[profile t]\nsource_profile = s\n"
ROLE = "role_arn = arn:aws:iam::1:role/t\n"
LONG = "duration_seconds = 7200\n"
SSO = "sso_start_url = https://x\nsso_region = us-east-1\nsso_account_id = 1\nsso_role_name = r\n"
R1 = "[profile r1]\nsource_profile = s\nrole_arn = arn:aws:iam::1:role/r1\n"
T1 = "[profile t]\nsource_profile = r1\n"
NO_SESSION = PlanOptions(no_session=True)
LOGIN = PlanOptions(federation=True, disable_sessions_for="t")

ROWS = [
    ("1", "[profile t]\n", "t", PlanOptions(), ["stored t", "GetSessionToken t 3600"]),
    ("1 mfa", "[profile t]\n" + M, "t", PlanOptions(), ["stored t", "GetSessionToken t 3600 mfa"]),
    ("2", "[profile t]\n" + M, "t", NO_SESSION, ["stored t"]),
    ("3", T + S + ROLE + LONG, "st", PlanOptions(), ["stored t", "GetSessionToken t 3600"]),
    ("3 role", S + T + ROLE + M + LONG, "st", PlanOptions(), ["stored t", "AssumeRole t 7200 mfa"]),
    ("4", S + M + T + ROLE + LONG, "s", PlanOptions(), ["stored s", "AssumeRole t 7200"]),
    ("5 none", S + T + ROLE + M, "s", PlanOptions(), ["stored s", "AssumeRole t 3600 mfa"]),
    ("5 other", S + N + T + ROLE + M, "s", PlanOptions(), ["stored s", "AssumeRole t 3600 mfa"]),
    (
        "6",
        S + M + T + ROLE + M,
        "s",
        PlanOptions(),
        ["stored s", "GetSessionToken s 28800 mfa", "AssumeRole t 3600 chained"],
    ),
    ("7", S + M + T + ROLE + M + LONG, "s", PlanOptions(), ["stored s", "AssumeRole t 7200 mfa"]),
    ("8", S + M + T + ROLE + M, "s", NO_SESSION, ["stored s", "AssumeRole t 3600 mfa"]),
    ("8 long", S + M + T + ROLE + M + LONG, "s", NO_SESSION, ["stored s", "AssumeRole t 7200 mfa"]),
    (
        "9",
        S + M + R1 + M + LONG + T1 + ROLE + M + LONG,
        "s",
        PlanOptions(),
        [
            "stored s",
            "GetSessionToken s 28800 mfa",
            "AssumeRole r1 3600 chained capped",
            "AssumeRole t 3600 chained capped",
        ],
    ),
    (
        "10",
        S + R1 + LONG + T1 + ROLE + LONG,
        "s",
        PlanOptions(),
        ["stored s", "AssumeRole r1 7200", "AssumeRole t 3600 capped"],
    ),
    ("11", S + M + T, "s", PlanOptions(), ["stored s", "GetSessionToken t 3600"]),
    ("11 mfa", S + T + M, "s", PlanOptions(), ["stored s", "GetSessionToken t 3600 mfa"]),
    ("12", S + M + T + M, "s", PlanOptions(), ["stored s", "GetSessionToken s 28800 mfa"]),
    ("13", "[profile s]\n" + ROLE + M + LONG + T, "s", PlanOptions(), ["stored s", "AssumeRole s 7200 mfa"]),
    ("14 sso", S + SSO + T + ROLE + M, "", PlanOptions(), ["sso.GetRoleCredentials s", "AssumeRole t 3600 mfa"]),
    (
        "14 process",
        S + "credential_process = x\n" + T + ROLE + LONG,
        "",
        PlanOptions(),
        ["credential_process s", "AssumeRole t 3600 capped"],
    ),
    (
        "14 web identity",
        S + "role_arn = arn:aws:iam::1:role/w\nweb_identity_token_file = /x\n" + T + ROLE + LONG,
        "",
        PlanOptions(),
        ["AssumeRoleWithWebIdentity s 3600", "AssumeRole t 3600 capped"],
    ),
    ("15", "[profile t]\n" + M, "t", LOGIN, ["stored t", "GetFederationToken t 3600"]),
    (
        "15 no session",
        "[profile t]\n",
        "t",
        replace(LOGIN, no_session=True),
        ["stored t", "GetFederationToken t 3600"],
    ),
    ("15 alias", S + M + T + M, "s", LOGIN, ["stored s", "GetFederationToken t 3600"]),
    (
        "15 role",
        S + M + T + ROLE + M,
        "s",
        LOGIN,
        ["stored s", "GetSessionToken s 28800 mfa", "AssumeRole t 3600 chained"],
    ),
]


@pytest.mark.parametrize(
    ("text", "stored", "options", "expected"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS]
)
def test_row(text: str, stored: str, options: PlanOptions, expected: list[str]) -> None:
    assert brief(plan_of(text, stored=tuple(stored), options=options)) == expected


def test_only_a_key_pair_that_reaches_the_program_is_exposed() -> None:
    assert plan_of("[profile t]\n", stored=("t",), options=NO_SESSION).exposes_long_term_credentials
    assert not plan_of("[profile t]\n", stored=("t",)).exposes_long_term_credentials
    assert not plan_of("[profile t]\n", stored=("t",), options=LOGIN).exposes_long_term_credentials
    assert plan_of("[profile t]\ncredential_process = x\n").exposes_long_term_credentials is None  # nobody knows yet


def test_the_duration_of_the_command_line_is_that_of_the_shared_session() -> None:
    flags = duration_flags(timedelta(minutes=15))
    plan = plan_of(S + M + T + ROLE + M, stored=("s",), flags=flags)
    assert brief(plan) == ["stored s", "GetSessionToken s 900 mfa", "AssumeRole t 900 chained"]


def test_the_code_of_a_shared_session_comes_from_the_source_or_who_needs_it() -> None:
    process = "mfa_process = code\n"
    for text in (S + M + process + T + ROLE + M, S + M + T + ROLE + M + process):
        plan = plan_of(text, stored=("s",))
        assert [getattr(step, "mfa_process", None) for step in plan.steps] == [None, "code", None]
        assert plan.mfa_process == "code"


def test_a_chain_of_a_thousand_profiles_is_planned() -> None:
    text = "[profile p0]\n" + "".join(
        f"[profile p{number}]\nsource_profile = p{number - 1}\nrole_arn = arn:aws:iam::1:role/r{number}\n"
        for number in range(1, 2000)
    )
    plan = make_plan(profile_of(text, "p1999"), stored=("p0",))
    assert len(plan.steps) == 2000
    assert brief(plan)[:3] == ["stored p0", "AssumeRole p1 3600", "AssumeRole p2 3600"]


def test_every_step_and_skip_has_a_reason() -> None:
    for _, text, stored, options, _ in ROWS:
        plan = plan_of(text, stored=tuple(stored), options=options)
        assert all(part.why for part in (*plan.steps, *plan.skips))


def test_the_reason_of_a_role_that_a_session_would_shorten() -> None:
    step = plan_of(S + M + T + ROLE + M + LONG, stored=("s",)).steps[-1]
    assert "longer than the hour" in step.why
