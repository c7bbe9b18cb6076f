"""The text of ``pyvault explain``: the steps as a drawn chain, and where each setting comes from.

Plain ASCII, one fact a line, so that it reads the same in a log. Control characters
from config files are escaped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.clock import to_rfc3339
from pyvault.config.values import format_duration
from pyvault.planning.reasons import find_advice
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
from pyvault.printable import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from pyvault.config.profile import Profile
    from pyvault.errors import PyvaultError
    from pyvault.planning.steps import Step

CACHED = {
    "hit": "in the cache",
    "miss": "not in the cache: the call will be made",
    "never": "never cached",
    "unknown": "not known until it runs",
}


def draw(
    outcome: Plan | PyvaultError,
    profile: Profile,
    cached: Callable[[Step], str],
    expires: Callable[[Step], datetime | None] = lambda _: None,
) -> str:
    """Return a drawing of the plan, or why there is none, and the settings.

    Args:
        outcome: the plan, or why there is none; the settings are shown either way.
        profile: as resolved, with its problem if it has one.
        cached: returns for a step ``hit``, ``miss``, ``never`` or ``unknown``.
        expires: returns when the session of a step expires; None if there is none.
    """
    chain = " -> ".join(printable(member.name) for member in profile.chain())
    lines = [f"profile {chain}", ""]
    if isinstance(outcome, Plan):
        lines += _plan_lines(outcome, profile, cached, expires)
    else:
        lines += [f"no credentials: {printable(outcome.message)}"]
        lines += [f"  {outcome.hint}"] if outcome.hint else []
    lines += _listed(
        "not used",
        list(
            dict.fromkeys(
                f"{passed.label}: {passed.why}" for member in profile.chain() for passed in member.passed_over
            )
        ),
    )
    lines += ["", "settings", *_settings_lines(profile)]
    return "\n".join(lines) + "\n"


def _plan_lines(
    plan: Plan,
    profile: Profile,
    cached: Callable[[Step], str],
    expires: Callable[[Step], datetime | None],
) -> Iterator[str]:
    for number, step in enumerate(plan.steps, start=1):
        if number > 1:
            yield "   |"
        yield f"{number:2} {step.op}  (profile {printable(step.profile)})"
        until = expires(step)
        state = CACHED.get(cached(step), CACHED["unknown"])
        facts = [*_facts(step), f"{state} until {to_rfc3339(until)}" if until else state, f"why: {step.why}"]
        for fact in facts:
            yield f"   |   {printable(fact)}"
    yield "   v"
    if plan.exposes_long_term_credentials:
        yield "   the program gets LONG-LIVED keys, which stay valid until they are deleted"
    elif plan.exposes_long_term_credentials is None and isinstance(plan.steps[-1], SessionTokenStep):
        yield "   the program gets these credentials"
    elif plan.exposes_long_term_credentials is None:
        yield "   the program gets these credentials, which may be long-lived keys"
    elif plan.narrowing is not None and plan.narrowing.has_policy and plan.steps[-1] != plan.unnarrowed[-1]:
        yield "   the program gets these credentials, narrowed for this run"
    else:
        yield "   the program gets these credentials"
    yield from _listed("left out", [f"{skip.op} of {skip.profile}: {skip.why}" for skip in plan.skips])
    yield from _listed("to reduce prompts", find_advice(plan, profile))
    yield from _listed("notes", plan.notes)


def _listed(title: str, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield from ("", title, *(f"   {printable(line)}" for line in lines))


def _facts(step: Step) -> Iterator[str]:  # noqa: C901 - one case per kind of step
    match step:
        case StoredStep():
            yield "a key pair from the vault"
        case PlaintextStep():
            yield "a key pair in plain text from a config file"
        case SourceStep():
            yield f"from {step.source}"
        case ProcessStep():
            yield f"runs each time: {step.command}"
        case LoginSessionStep():
            yield f"console sign-in of {step.session} in {step.client.region}"
            yield "a browser opens when the sign-in has expired"
        case SsoStep():
            yield f"role {step.role_name!r} of account {step.account_id} at {step.start_url} ({step.sso_region})"
            yield "a browser opens when the sign-in has expired"
        case WebIdentityStep():
            yield f"role {step.role_arn}"
            yield (
                f"token from {step.token_file}"
                if step.token_file
                else f"token from a command, run each time: {step.token_process}"
            )
            yield f"for {format_duration(step.duration)}, in {step.client.region_of_sts}"
            yield from _policies(step)
        case SessionTokenStep():
            if step.condition is not None:
                yield f"only {step.condition}"
            yield _mfa(step.mfa_serial, step.mfa_process)
            yield f"for {format_duration(step.duration)}, in {step.client.region_of_sts}"
        case AssumeRoleStep():
            yield from _role_facts(step)
        case FederationStep():
            yield "no MFA: AWS doesn't accept it here; no calls of IAM, and none of STS but GetCallerIdentity"
            yield f"for {format_duration(step.duration)}, in {step.client.region_of_sts}"
            if step.session_tags:
                yield "tags " + ", ".join(f"{key}={value}" for key, value in step.session_tags)
            yield from _policies(step)


def _role_facts(step: AssumeRoleStep) -> Iterator[str]:
    yield f"role {step.role_arn}"
    yield "no MFA code: the session already has MFA" if step.chained_mfa else _mfa(step.mfa_serial, step.mfa_process)
    capped = " (reduced to what AWS allows)" if step.capped else ""
    yield f"for {format_duration(step.duration)}{capped}, in {step.client.region_of_sts}"
    if step.external_id:
        yield f"external id {step.external_id}"
    if step.session_tags:
        yield "tags " + ", ".join(f"{key}={value}" for key, value in step.session_tags)
    if step.transitive_tags:
        yield "transitive tags " + ", ".join(step.transitive_tags)
    if step.source_identity:
        yield f"source identity {step.source_identity}"
    yield from _policies(step)


def _policies(step: AssumeRoleStep | WebIdentityStep | FederationStep) -> Iterator[str]:
    """Yield what restricts the session to less than its role or user may do."""
    from pyvault.planning.plan import FULL_POLICY

    if step.policy == FULL_POLICY:
        yield "session policy: everything that the user may do"
    elif step.policy:
        yield f"session policy {step.policy}"
    for arn in step.policy_arns:
        yield f"session policy {arn}"


def _mfa(serial: str | None, process: str | None) -> str:
    if serial is None:
        return "no MFA"
    how = f"code from: {process}" if process else "code from a prompt"
    return f"MFA {serial}, {how}"


def _settings_lines(profile: Profile) -> Iterator[str]:
    from pyvault.planning.explain import SETTINGS, settings_as_json

    settings = {name: setting for name, setting in settings_as_json(profile).items() if setting["value"] is not None}
    width = max(map(len, settings), default=0)
    for name, setting in settings.items():
        place = profile.places.get(SETTINGS.get(name, name))
        where = f', "{place[0]}", line {place[1]}' if place else ""
        yield printable(f"   {name:{width}}  {setting['value']}  ({setting['from']}){where}")
