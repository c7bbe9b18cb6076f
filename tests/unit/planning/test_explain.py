"""What explain shows, to programs and to people."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from aws_profiles import inspected, plan_of, profile_of
from pyvault.config.profile import Profile
from pyvault.errors import PyvaultError
from pyvault.planning import explain
from pyvault.planning.explain_text import draw
from pyvault.planning.plan import PlanOptions, make_plan
from pyvault.planning.steps import Plan

M = "mfa_serial = arn:aws:iam::1:mfa/me\n"
TEXT = (
    "[default]\nregion = eu-west-1\n"
    f"[profile s]\n{M}"
    f"[profile t]\nsource_profile = s\nrole_arn = arn:aws:iam::1:role/t\n{M}external_id = e1\nsession_tags = a=b,c=d\n"
    "transitive_session_tags = a\nsource_identity = me-too\nrole_session_name = name\n"
)
SETTINGS = [
    "region",
    "role_arn",
    "role_session_name",
    "external_id",
    "mfa_serial",
    "mfa_process",
    "source_profile",
    "assume_role_duration_s",
    "get_session_token_duration_s",
    "chained_get_session_token_duration_s",
    "federation_token_duration_s",
    "sts_regional_endpoints",
    "endpoint_url",
    "sso_session",
    "sso_start_url",
    "sso_region",
    "sso_account_id",
    "sso_role_name",
    "sso_registration_scopes",
    "web_identity_token_file",
    "web_identity_token_process",
    "credential_process",
    "credential_source",
    "session_tags",
    "transitive_session_tags",
    "source_identity",
]
STEP = [
    "op",
    "profile",
    "role_arn",
    "mfa_serial",
    "chained_mfa",
    "duration_s",
    "capped",
    "external_id",
    "role_session_name",
    "session_tags",
    "transitive_tags",
    "source_identity",
    "policy",
    "policy_arns",
    "cached",
    "region",
    "command",
    "account_id",
    "role_name",
    "start_url",
    "sso_region",
    "condition",
    "why",
]
TOP = ["v", "profile", "settings", "places", "source_chain", "steps", "skips", "passed_over"]
TOP += ["exposes_long_term_credentials", "error"]


def as_json(outcome: Plan | PyvaultError, profile: Profile) -> dict[str, Any]:
    shown = explain.as_json(outcome, profile, lambda step: "never" if step.op == "stored" else "miss")
    parsed: dict[str, Any] = json.loads(json.dumps(shown))
    return parsed


def explained(text: str, stored: tuple[str, ...] = ("s",), options: PlanOptions | None = None) -> dict[str, Any]:
    return as_json(plan_of(text, stored=stored, options=options), profile_of(text))


def test_the_schema() -> None:
    shown = explained(TEXT)
    assert sorted(shown) == sorted(TOP)
    assert set(SETTINGS) <= set(shown["settings"])
    assert all(sorted(setting) == ["from", "value"] for setting in shown["settings"].values())
    assert all(sorted(step) == sorted(STEP) for step in shown["steps"])
    assert (shown["v"], shown["profile"], shown["source_chain"], shown["error"]) == (1, "t", ["s"], None)


def test_the_values_of_a_role() -> None:
    role = explained(TEXT)["steps"][2]
    role.pop("why")
    assert role == {
        "op": "sts.AssumeRole",
        "profile": "t",
        "role_arn": "arn:aws:iam::1:role/t",
        "mfa_serial": None,
        "chained_mfa": True,
        "duration_s": 3600,
        "capped": False,
        "external_id": "e1",
        "role_session_name": "name",
        "session_tags": {"a": "b", "c": "d"},
        "transitive_tags": ["a"],
        "source_identity": "me-too",
        "policy": None,
        "policy_arns": None,
        "cached": "miss",
        "region": "eu-west-1",
        "command": None,
        "account_id": None,
        "role_name": None,
        "start_url": None,
        "sso_region": None,
        "condition": None,
    }


def test_where_settings_come_from() -> None:
    settings = explained(TEXT)["settings"]
    assert settings["region"] == {"value": "eu-west-1", "from": "[default]"}
    assert settings["external_id"] == {"value": "e1", "from": "profile t"}
    assert settings["session_tags"]["value"] == {"a": "b", "c": "d"}
    assert settings["federation_token_duration_s"] == {"value": 3600, "from": "built-in"}
    assert settings["sso_session"] == {"value": None, "from": None}


def test_a_region_that_nothing_sets_stands_in_the_steps_only() -> None:
    shown = explained("[profile t]\n", ("t",))
    assert shown["settings"]["region"] == {"value": None, "from": None}
    assert [step["region"] for step in shown["steps"]] == [None, "us-east-1"]


SSO = (
    "[sso-session x]\nsso_start_url = https://x\nsso_region = eu-west-1\n"
    "[profile t]\nsso_session = x\nsso_account_id = 12\nsso_role_name = r\n"
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            SSO,
            {
                "op": "sso.GetRoleCredentials",
                "account_id": "12",
                "role_name": "r",
                "start_url": "https://x",
                "sso_region": "eu-west-1",
            },
        ),
        ("[profile t]\ncredential_process = a b\n", {"op": "credential_process", "command": "a b", "duration_s": None}),
        (
            "[profile t]\ncredential_source = Environment\n",
            {"op": "credential_source", "region": None, "chained_mfa": None},
        ),
        (
            "[profile t]\nrole_arn = arn:aws:iam::1:role/t\nweb_identity_token_process = a\n",
            {
                "op": "sts.AssumeRoleWithWebIdentity",
                "role_arn": "arn:aws:iam::1:role/t",
                "duration_s": 3600,
                "mfa_serial": None,
            },
        ),
    ],
)
def test_the_first_steps(text: str, expected: dict[str, Any]) -> None:
    step = explained(text, ())["steps"][0]
    assert step | expected == step


def test_an_error_comes_with_the_settings() -> None:
    text = TEXT + "duration_seconds = nonsense\n"
    profile = inspected(text)
    assert profile.problem is not None
    shown = as_json(profile.problem, profile)
    assert shown["settings"]["role_arn"]["value"] == "arn:aws:iam::1:role/t"
    assert shown["error"]["type"] == "InvalidSettingError"
    assert "duration_seconds" in shown["error"]["message"]
    assert (shown["steps"], shown["source_chain"]) == ([], ["s"])


def test_skips_have_reasons() -> None:
    shown = explained(TEXT, options=PlanOptions(no_session=True))
    assert [(skip["op"], skip["profile"]) for skip in shown["skips"]] == [("sts.GetSessionToken", "s")]
    assert "no_session=True" in shown["skips"][0]["why"]


def test_no_secret_is_shown() -> None:
    text = "[profile t]\naws_access_key_id = AKIAPLANTEDKEYID1234\naws_secret_access_key = planted-secret\n"
    options = PlanOptions(allow_plaintext_source=True)
    plan, profile = plan_of(text, options=options), profile_of(text)
    shown = json.dumps(as_json(plan, profile)) + draw(plan, profile, lambda _: "miss")
    assert "planted-secret" not in shown


def text_of(text: str, stored: tuple[str, ...] = ("s",), options: PlanOptions | None = None) -> str:
    plan, profile = plan_of(text, stored=stored, options=options), profile_of(text)
    until = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)
    return draw(plan, profile, lambda _: "hit", lambda step: until if "Session" in step.op else None)


def test_the_drawing() -> None:
    drawn = text_of(TEXT)
    assert drawn.startswith("profile t -> s\n\n 1 stored  (profile s)\n")
    for part in (
        "2 sts.GetSessionToken  (profile s)",
        "MFA arn:aws:iam::1:mfa/me, code from a prompt",
        "for 8h0m0s, in eu-west-1",
        "in the cache until 2030-01-02T03:04:05Z",
        "no MFA code: the session already has MFA",
        "tags a=b, c=d",
        "the program gets these credentials",
        "eu-west-1  ([default])",
    ):
        assert part in drawn
    assert drawn.isascii()


def test_long_lived_keys_are_called_so() -> None:
    assert "LONG-LIVED" in text_of("[profile t]\n", ("t",), PlanOptions(no_session=True))


def test_an_error_is_drawn_with_its_hint() -> None:
    profile = profile_of("[profile t]\n")
    with pytest.raises(PyvaultError) as caught:
        make_plan(profile, stored=())
    drawn = draw(caught.value, profile, lambda _: "unknown")
    assert "no credentials: profile 't': credentials missing\n  vault.put('t') stores" in drawn


def test_a_config_cannot_move_the_cursor() -> None:
    drawn = text_of("[profile t]\ncredential_process = a \u202e b\u2028c\n", ())
    assert "\\u202e" in drawn
    assert drawn.isascii()


ROLE = "role_arn = arn:aws:iam::1:role/t\n"


@pytest.mark.parametrize(
    ("text", "stored", "options", "advice"),
    [
        (f"[profile s]\n[profile t]\nsource_profile = s\n{ROLE}{M}", "s", PlanOptions(), "in profile 's' too"),
        (
            f"[profile s]\n{M}[profile t]\nsource_profile = s\n{ROLE}{M}",
            "s",
            PlanOptions(no_session=True),
            "without no_session=True",
        ),
        (
            f"[profile s]\n{M}[profile t]\nsource_profile = s\n{ROLE}{M}duration_seconds = 2h\n",
            "s",
            PlanOptions(),
            "now 2h0m0s, from profile t",
        ),
        (f"[profile t]\n{ROLE}{M}", "t", PlanOptions(), "source_profile = t"),
        (f"[profile t]\n{M}", "t", PlanOptions(), "vault.put_totp()"),
    ],
)
def test_how_to_be_asked_less(text: str, stored: str, options: PlanOptions, advice: str) -> None:
    drawn = text_of(text, (stored,), options)
    assert advice in drawn.partition("to reduce prompts")[2]


def test_no_advice_where_nobody_is_asked() -> None:
    assert "asked less" not in text_of(f"[profile t]\n{M}mfa_process = code\n", ("t",))
