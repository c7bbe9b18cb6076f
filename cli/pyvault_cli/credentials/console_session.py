"""What a console session is made from: the credentials, the partition, how long."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.planning.steps import AssumeRoleStep, FederationStep, PlaintextStep, Plan, WebIdentityStep
from pyvault.record import Record, replace
from pyvault_cli.credentials.credential_request import CredentialRequest, fetcher

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pyvault.config.partition import Partition
    from pyvault.config.profile import Profile
    from pyvault.model import Credentials
    from pyvault_cli.context import Context

#: Stands for the credentials of the environment where messages name a profile.
AMBIENT = "the environment"

FEDERATED_NOTE = (
    "the stored keys of an IAM user sign in without MFA, because a federated session can't use it; "
    "prefer a role with MFA"
)


class ConsoleSession(Record):
    """Where and with what to sign in.

    Attributes:
        region: of the console; None for its own choice.
        duration_s: of the console session; None where AWS does not take one.
        credentials: fetches them; may ask a human and call AWS.
        notes: advice for the person.
    """

    partition: Partition
    region: str | None
    duration_s: int | None
    ca_bundle: str | None
    credentials: Callable[[], Credentials]
    notes: tuple[str, ...] = ()


def ambient_credentials(environ: Mapping[str, str]) -> Credentials | None:
    """Return the credentials of the environment; None if it has none, or names a profile, which comes first."""
    from pyvault.config.profile import find_profile_name
    from pyvault.model import Credentials
    from pyvault.secret import Secret

    key_id, key = environ.get("AWS_ACCESS_KEY_ID"), environ.get("AWS_SECRET_ACCESS_KEY")
    if find_profile_name(environ) or not key_id or not key:
        return None
    token = environ.get("AWS_SESSION_TOKEN")
    return Credentials(
        access_key_id=key_id, secret_access_key=Secret(key), session_token=Secret(token) if token else None
    )


def console_session(request: CredentialRequest, context: Context, ambient: Credentials | None) -> ConsoleSession:
    """Decide how to sign in; nothing is fetched yet.

    Args:
        ambient: sign in with these instead of a profile's.

    Raises:
        ConfigError: the profile can't be planned.
    """
    from pyvault.config.client_settings import home_partition

    if ambient is None:
        profile, plan = request.planned(context)
    else:
        profile = request.load(context, ())
        plan = _ambient_plan(ambient, profile, request)
        request = replace(request, no_cache=True, refresh=False)
    federated = isinstance(plan.steps[-1], FederationStep)
    return ConsoleSession(
        partition=home_partition(profile.chain()),
        region=plan.region,
        duration_s=session_duration(plan),
        ca_bundle=profile.ca_bundle,
        credentials=fetcher(request, plan, context),
        notes=(*((FEDERATED_NOTE,) if federated else ()), *duration_notes(plan, request.duration)),
    )


def duration_notes(plan: Plan, asked: str | None) -> tuple[str, ...]:
    """Return what has to be said about ``--duration``: nothing where the session lasts as long as was asked for."""
    from pyvault.config.values import format_duration, parse_duration

    if asked is None:
        return ()
    last = plan.steps[-1]
    if not isinstance(last, AssumeRoleStep | WebIdentityStep | FederationStep):
        return (f"--duration {asked} has no effect here: the console session ends with the credentials it is made of",)
    if last.duration == parse_duration(asked, what="--duration"):
        return ()
    lasts = format_duration(last.duration)
    return (f"--duration {asked} has no effect here: AWS gives these credentials {lasts}, and the console no more",)


def session_duration(plan: Plan) -> int | None:
    """Return how many seconds the console session may last; None unless an un-chained AssumeRole is its source.

    Source: IAM User Guide, "Enable custom identity broker access", SessionDuration.
    """
    last = plan.steps[-1]
    if isinstance(last, WebIdentityStep) or (isinstance(last, AssumeRoleStep) and not last.capped and _is_first(plan)):
        return int(last.duration.total_seconds())
    return None


def _is_first(plan: Plan) -> bool:
    """Return whether the last step is signed by a long-lived pair."""
    return all(step.op == "stored" for step in plan.steps[:-1])


def _ambient_plan(ambient: Credentials, profile: Profile, request: CredentialRequest) -> Plan:
    from pyvault.config.client_settings import client_of, home_partition
    from pyvault.planning.plan import FULL_POLICY

    why = "the environment holds credentials and no profile was named"
    source = PlaintextStep(profile=AMBIENT, credentials=ambient, why=why)
    steps: tuple[PlaintextStep | FederationStep, ...] = (source,)
    if ambient.session_token is None:
        federation = FederationStep(
            profile=AMBIENT,
            name=None,
            duration=profile.federation_token_duration,
            policy=FULL_POLICY,
            client=client_of(profile, home_partition(profile.chain())),
            why="the console takes no long-lived keys",
        )
        steps = (source, federation)
    plan = Plan(profile=AMBIENT, steps=steps, region=profile.region)
    if request.narrowing is None:
        return plan
    from pyvault.planning.narrowing import narrow

    return narrow(plan, request.narrowing)
