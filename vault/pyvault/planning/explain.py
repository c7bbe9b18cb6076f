"""The JSON of ``pyvault explain``, version 1.

No call, no prompt, no secret: it shows a profile, its plan or the error instead of one,
and what the caller knows of the cache.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pyvault.config.setting_reader import BUILT_IN
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
    StoredStep,
    WebIdentityStep,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta

    from pyvault.config.profile import Profile
    from pyvault.config.sources import PassedOver, Skip
    from pyvault.errors import PyvaultError
    from pyvault.planning.steps import Step

VERSION: Final = 1

_ATTRIBUTES: Final = """
    region role_arn role_session_name external_id mfa_serial mfa_process source_profile assume_role_duration
    get_session_token_duration chained_get_session_token_duration federation_token_duration sts_region
    sts_regional_endpoints endpoint_url sso_session sso_start_url sso_region sso_account_id sso_role_name
    sso_registration_scopes web_identity_token_file web_identity_token_process login_session credential_process
    credential_source session_tags transitive_session_tags source_identity policy policy_arns read_only_profile
    ca_bundle use_fips_endpoint use_dualstack_endpoint retry_mode max_attempts
"""
#: Shown name -> attribute of a profile.
SETTINGS: Final = {f"{name}_s" if name.endswith("_duration") else name: name for name in _ATTRIBUTES.split()}

_STEP_KEYS: Final = """
    op profile role_arn mfa_serial chained_mfa duration_s capped external_id role_session_name session_tags
    transitive_tags source_identity policy policy_arns cached region command account_id role_name start_url
    sso_region condition why
"""
#: Every key of a step; those that do not apply are null.
STEP_KEYS: Final = tuple(_STEP_KEYS.split())

Json = str | int | bool | None | list["Json"] | dict[str, "Json"]
Cached = str  # "hit" | "miss" | "never" | "unknown"


def as_json(
    outcome: Plan | PyvaultError,
    profile: Profile,
    cached: Callable[[Step], Cached],
) -> dict[str, Json]:
    """Return the whole explanation.

    Args:
        outcome: the plan, or why there is none; the settings are shown either way.
        profile: as resolved, with its problem if it has one.
        cached: returns for a step ``hit``, ``miss``, ``never`` or ``unknown``.
    """
    plan = outcome if isinstance(outcome, Plan) else None
    error = None if isinstance(outcome, Plan) else outcome
    return {
        "v": VERSION,
        "profile": profile.name,
        "settings": {**settings_as_json(profile)},
        "places": {**places_as_json(profile)},
        "source_chain": _source_chain(profile),
        "steps": [] if plan is None else [step_as_json(step, cached(step)) for step in plan.steps],
        "skips": [] if plan is None else [_skip_as_json(skip) for skip in plan.skips],
        "passed_over": [_passed_as_json(passed) for member in profile.chain() for passed in member.passed_over],
        "exposes_long_term_credentials": plan is not None and _exposes(plan),
        "error": None if error is None else {"type": type(error).__name__, "message": error.message},
    }


def _source_chain(profile: Profile) -> list[Json]:
    return [member.name for member in profile.chain() if member is not profile]


def settings_as_json(profile: Profile) -> dict[str, dict[str, Json]]:
    """Return every setting as ``{"value": ..., "from": ...}``."""
    values = setting_values(profile)
    shown: dict[str, dict[str, Json]] = {
        name: {"value": values[name], "from": profile.origins.get(attribute)} for name, attribute in SETTINGS.items()
    }
    return _client_settings(profile) | shown


def _client_settings(profile: Profile) -> dict[str, dict[str, Json]]:
    """Return the client settings of a program, the user's own variables among them."""
    claim = profile.claimed_account
    shown: dict[str, dict[str, Json]] = {
        variable.name.removeprefix("AWS_").lower(): {"value": variable.value, "from": variable.origin}
        for variable in profile.client.given
    }
    for each in profile.client.covered:
        if each.service:
            shown[each.variable.removeprefix("AWS_").lower()] = {"value": "AWS's own", "from": BUILT_IN}
    if claim is not None:
        shown["aws_account_id"] = {"value": claim.account_id, "from": profile.origins.get("aws_account_id")}
    return shown


def places_as_json(profile: Profile) -> dict[str, dict[str, Json]]:
    """Return the file and line of every setting that comes from a file."""
    return {
        name: {"file": str(place[0]), "line": place[1]}
        for name, attribute in SETTINGS.items()
        if (place := profile.places.get(attribute)) is not None
    }


def setting_values(profile: Profile) -> dict[str, Json]:
    """Return the JSON value of every setting; None if nothing sets it."""
    from datetime import timedelta

    values: dict[str, Json] = {}
    for name, attribute in SETTINGS.items():
        value = getattr(profile, attribute)
        if attribute not in profile.origins:
            values[name] = None
        elif isinstance(value, timedelta):
            values[name] = _seconds(value)
        elif attribute == "session_tags":
            values[name] = dict[str, Json](profile.session_tags)
        elif attribute == "sso_registration_scopes":
            values[name] = ",".join(profile.sso_registration_scopes)
        elif attribute in {"transitive_session_tags", "policy_arns"}:
            values[name] = [*value]
        else:
            values[name] = value
    return values


def step_as_json(step: Step, cached: Cached) -> dict[str, Json]:
    """Return one step; what does not apply to it is null."""
    values: dict[str, Json] = {key: getattr(step, key, None) for key in STEP_KEYS}
    values["cached"] = cached
    match step:
        case SessionTokenStep() | AssumeRoleStep() | WebIdentityStep() | FederationStep():
            values["duration_s"] = _seconds(step.duration)
            values["region"] = step.client.region_of_sts
            values["chained_mfa"] = isinstance(step, AssumeRoleStep) and step.chained_mfa
            values["capped"] = isinstance(step, AssumeRoleStep) and step.capped
        case SsoStep() | LoginSessionStep():
            values["region"] = step.client.region
        case StoredStep() | PlaintextStep() | ProcessStep() | SourceStep():
            pass
    if isinstance(step, AssumeRoleStep | WebIdentityStep | FederationStep):
        values["policy_arns"] = [*step.policy_arns] or None
    if isinstance(step, AssumeRoleStep | FederationStep):
        values["session_tags"] = dict[str, Json](step.session_tags) or None
    if isinstance(step, AssumeRoleStep):
        values["transitive_tags"] = [*step.transitive_tags] or None
    elif isinstance(step, WebIdentityStep):
        values["command"] = step.token_process
    return values


def _skip_as_json(skip: Skip) -> dict[str, Json]:
    return {"op": skip.op, "profile": skip.profile, "why": skip.why}


def _passed_as_json(passed: PassedOver) -> dict[str, Json]:
    return {"profile": passed.profile, "setting": passed.setting, "from": passed.origin, "why": passed.why}


def _exposes(plan: Plan) -> Json:
    return "unknown" if plan.exposes_long_term_credentials is None else plan.exposes_long_term_credentials


def _seconds(duration: timedelta) -> int:
    return int(duration.total_seconds())
