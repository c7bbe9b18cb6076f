"""The neutral cases of the pure kinds: settings, plans, sections, tags, times."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from cases import Case, cases_of
from pyvault import clock
from pyvault.config.config_file import ConfigFile
from pyvault.config.load import load_profile
from pyvault.config.profile import Flags, Profile, duration_flags
from pyvault.config.values import parse_list, parse_session_tags
from pyvault.errors import ConfigError, InvalidSettingError, PyvaultError
from pyvault.planning.explain import setting_values
from pyvault.planning.plan import PlanOptions, make_plan
from pyvault.planning.steps import ProcessStep, Step

PATH = Path("/home/me/.aws/config")


def config_of(case: Case) -> ConfigFile:
    return ConfigFile.parse(case.config.encode(), PATH)


def flags_of(options: dict[str, Any]) -> Flags:
    login = options.get("command") == "login"
    seconds = options.get("duration_s")
    flags = duration_flags(
        None if seconds is None else timedelta(seconds=seconds), region=options.get("region"), login=login
    )
    role, chained = options.get("assume_role_duration_s"), options.get("chained_get_session_token_duration_s")
    return Flags(
        region=flags.region,
        assume_role_duration=flags.assume_role_duration if role is None else timedelta(seconds=role),
        get_session_token_duration=flags.get_session_token_duration,
        chained_get_session_token_duration=(
            flags.chained_get_session_token_duration if chained is None else timedelta(seconds=chained)
        ),
        federation_token_duration=flags.federation_token_duration,
    )


def loaded(case: Case) -> Profile:
    named = load_profile(
        config_of(case), None, case.active_profile, case.env, flags_of(case.options), stored=case.stored
    )
    return next(profile for profile in named.chain() if profile.name == case.profile)


@cases_of("resolve")
def test_resolve(case: Case) -> None:
    profile = loaded(case)
    settings = setting_values(profile)
    expected = dict(case.expect)
    assert expected.pop("error") is None
    assert [member.name for member in profile.chain()][1:] == expected.pop("source_chain")
    for key, value in expected.pop("sso").items():
        assert settings[f"sso_{key}"] == value, key
    assert {key: settings[key] for key in expected} == expected


def options_of(options: dict[str, Any]) -> PlanOptions:
    return PlanOptions(
        no_session=options.get("no_session", False),
        disable_sessions_for=options.get("disable_sessions_for_profile"),
    )


def step_field(step: Step, field: str) -> object:
    if field == "duration_s":
        return getattr(step, "duration").total_seconds()  # noqa: B009 - not every kind of step has one
    value = getattr(step, field)
    if field == "session_tags":
        return dict(value) or None
    return (list(value) or None) if field == "transitive_tags" else value


@cases_of("plan")
def test_plan(case: Case) -> None:
    if case.expect["error"] is not None:
        with pytest.raises(PyvaultError):
            make_plan(loaded(case), stored=case.stored, options=options_of(case.options))
        return
    plan = make_plan(loaded(case), stored=case.stored, options=options_of(case.options))
    assert [step.op for step in plan.steps] == [step["op"] for step in case.expect["steps"]]
    for step, expected in zip(plan.steps, case.expect["steps"], strict=True):
        assert {field: step_field(step, field) for field in expected} == expected
    skips = [{"op": skip.op, "profile": skip.profile} for skip in plan.skips]
    assert skips == [{"op": skip["op"], "profile": skip["profile"]} for skip in case.expect["skips"]]
    if isinstance(plan.steps[-1], ProcessStep):  # only the command knows
        assert plan.exposes_long_term_credentials is None
    else:
        assert plan.exposes_long_term_credentials is case.expect["exposes_long_term_credentials"]
    assert all(step.why for step in plan.steps)
    assert all(skip.why for skip in plan.skips)


def fields_of(config: ConfigFile, name: str) -> dict[str, object]:
    entries = config.find_profile(name)
    assert entries is not None
    return {key: int(entry.value) if key == "duration_seconds" else entry.value for key, entry in entries.items()}


@cases_of("section")
def test_section(case: Case) -> None:
    if "error" in case.expect:
        with pytest.raises(ConfigError, match=r'"/home/me/.aws/config", line 2: key-value delimiter not found'):
            config_of(case)
        return
    fields = fields_of(config_of(case), case.profile)
    assert fields | case.expect["fields"] == fields


def assert_profiles(config: ConfigFile, expected: list[dict[str, Any]]) -> None:
    assert config.profiles() == [profile["name"] for profile in expected]
    for profile in expected:
        fields = {"name": profile["name"], **fields_of(config, profile["name"])}
        assert fields | profile == fields


@cases_of("list_profiles")
def test_list_profiles(case: Case) -> None:
    assert_profiles(config_of(case), case.expect["profiles"])


@cases_of("session_tags_parse")
def test_session_tags(case: Case) -> None:
    if case.expect["error"]:
        with pytest.raises(InvalidSettingError, match="AWS_SESSION_TAGS"):
            parse_session_tags(case.options["value"], what="AWS_SESSION_TAGS")
    else:
        assert dict(parse_session_tags(case.options["value"], what="x")) == case.expect["tags"]


@cases_of("transitive_tags_parse")
def test_transitive_tags(case: Case) -> None:
    assert (list(parse_list(case.options["value"])) or None) == case.expect["keys"]


@cases_of("sso_start_url_precedence")
def test_sso_start_url_precedence(case: Case) -> None:
    text = (
        f"[profile p]\nsso_start_url = {case.options['inline']}\nsso_session = s\n"
        f"[sso-session s]\nsso_start_url = {case.options['sso_session']}\n"
    )
    profile = load_profile(ConfigFile.parse(text.encode(), PATH), None, "p", {})
    assert (profile.sso_start_url or "") == case.expect["start_url"]


@cases_of("iso8601")
def test_iso8601(case: Case) -> None:
    assert clock.to_rfc3339(clock.parse_rfc3339(case.options["time"])) == case.expect["text"]
