"""The cache key of a step: a hash over everything that its request is made from; and the keys of a plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, assert_never

from pyvault.planning.steps import (
    AssumeRoleStep,
    FederationStep,
    LoginSessionStep,
    PlaintextStep,
    ProcessStep,
    SessionTokenStep,
    SourceStep,
    SsoStep,
    StoredStep,
    WebIdentityStep,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from pyvault.config.clients import ClientSettings
    from pyvault.model import Credentials
    from pyvault.planning.steps import Plan, Step

#: Changes when the meaning of a field does, so that old sessions are never taken for new ones.
DOMAIN: Final = "pyvault session key 3"

Field = str | int | None | tuple["Field", ...]


def session_key(step: Step, parent: str) -> str:
    """Return the cache key of a step as 64 hex digits.

    Args:
        step: what will be requested.
        parent: the key of the step before. If that step is not cached, the access key
            id it returned; if there is none, the holder of this step's token or sign-in.
    """
    return _digest((DOMAIN, step.op, parent, *_request(step)))


def unshared_key(step: SessionTokenStep, key: str) -> str:
    """Return the key of a session that is handed out, where the shared one of *key* lives too long for that."""
    return _digest((DOMAIN, "unshared", key, _seconds(step)))


def lives_no_longer(step: SessionTokenStep, session: Credentials, now: datetime) -> bool:
    """Return whether a session has at most the life left that a step would ask for."""
    return session.expires is not None and session.expires - now <= step.duration


def _digest(field: Field) -> str:
    import hashlib

    digest = hashlib.sha256()
    for piece in _encoded(field):
        digest.update(piece)
    return digest.hexdigest()


def _request(step: Step) -> tuple[Field, ...]:  # noqa: C901, PLR0911 - one for each kind of step
    """Return the fields of the request, each always in the same place."""
    match step:
        case StoredStep():
            return (step.profile,)
        case PlaintextStep():
            return (step.credentials.access_key_id,)
        case LoginSessionStep():
            return (step.session, _client(step.client, step.client.endpoints.signin))
        case SourceStep():
            return (step.source,)
        case ProcessStep():
            return (step.profile, step.command)
        case SsoStep():
            from pyvault.config.values import portal_url

            sso = (step.session, portal_url(step.start_url), step.sso_region, step.account_id, step.role_name)
            return (*sso, step.registration_scopes, _client(step.client, step.client.endpoints.sso))
        case WebIdentityStep():
            token = (step.token_file, step.token_process)
            role = (step.role_arn, step.role_session_name, _seconds(step), step.policy, step.policy_arns)
            return (*token, *role, _client(step.client, step.client.endpoints.sts))
        case SessionTokenStep():
            # One code serves all that is made with it, whatever duration each would ask for; see unshared_key().
            return (step.mfa_serial, _client(step.client, step.client.endpoints.sts))
        case AssumeRoleStep():
            role = (step.role_arn, step.role_session_name, _seconds(step), step.policy, step.policy_arns)
            tags = (step.session_tags, step.transitive_tags, step.source_identity)
            # A role assumed by an MFA session differs by its parent's key already.
            return (*role, *tags, step.external_id, step.mfa_serial, _client(step.client, step.client.endpoints.sts))
        case FederationStep():
            policies = (step.policy, step.policy_arns, step.session_tags)
            return (step.name, _seconds(step), *policies, _client(step.client, step.client.endpoints.sts))
        case _:
            assert_never(step)


def _seconds(step: WebIdentityStep | SessionTokenStep | AssumeRoleStep | FederationStep) -> int:
    return int(step.duration.total_seconds())


def _client(client: ClientSettings, endpoint: str | None) -> tuple[Field, ...]:
    where = (client.region, client.sts_region, endpoint)
    return (*where, client.sts_regional, int(client.use_fips), int(client.use_dualstack))


def _encoded(field: Field) -> Iterable[bytes]:
    """Write a field with its type and length, so that no two requests read the same."""
    match field:
        case None:
            yield b"n"
        case int():
            yield b"i%d;" % field
        case str():
            # surrogatepass: a variable of the environment may hold any bytes.
            data = field.encode("utf-8", "surrogatepass")
            yield b"s%d:" % len(data)
            yield data
        case tuple():
            yield b"(%d:" % len(field)
            for inner in field:
                yield from _encoded(inner)


#: Steps whose answer is never cached. A copy of a secret that is at hand would only be one more
#: place to steal it from; a command or a credential source may return another identity next time.
UNCACHED_STEPS = (StoredStep, PlaintextStep, SourceStep, ProcessStep)


def plan_keys(plan: Plan, identity: str) -> list[str]:
    """Return the key of every step: over its request, all before it, and the identity of the first.

    Args:
        plan: what will be requested.
        identity: the access key id that the first step returned, if it is one of
            :data:`UNCACHED_STEPS`, and is its key; else the holder of its token or
            sign-in.
    """
    keys: list[str] = []
    for step in plan.steps:
        before = keys[-1] if keys else identity
        keys.append(identity if isinstance(step, UNCACHED_STEPS) else session_key(step, before))
    return keys
