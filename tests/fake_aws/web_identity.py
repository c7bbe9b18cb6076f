"""AssumeRoleWithWebIdentity: no signature, only the token of an outside provider.

Source: STS API reference, AssumeRoleWithWebIdentity.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from .assume_role import DEFAULT_ROLE_S, MAX_ROLE_S, MIN_ROLE_S, check_duration
from .constraints import NAME_PATTERN, Constraints, integer, required
from .errors import AwsError, access_denied
from .issued import credentials_xml, role_user_xml
from .model import Operation, Role, WebIdentity
from .principals import role_session_principal
from .session_policy import check_policy
from .world import World
from .xml_text import Xml


def assume_role_with_web_identity(world: World, form: Mapping[str, str]) -> Mapping[str, Xml]:
    """Hand out a role's credentials for a web identity token.

    Raises:
        AwsError: a bound is broken, the token is no good, or the role doesn't trust it.
    """
    checks = Constraints()
    role_arn, name = required(form, "RoleArn"), required(form, "RoleSessionName")
    token = required(form, "WebIdentityToken")
    checks.length("roleSessionName", name, 2, 64)
    checks.pattern("roleSessionName", name, NAME_PATTERN)
    checks.length("webIdentityToken", token, 4, 20_000)
    seconds = integer(form, "DurationSeconds", DEFAULT_ROLE_S)
    checks.between("durationSeconds", seconds, MIN_ROLE_S, MAX_ROLE_S)
    check_policy(form, (), checks)
    checks.raise_failures()
    identity = _valid_identity(world, token)
    role = _trusting_role(world, role_arn, name, identity)
    check_duration(role, seconds, chained=False)
    principal = role_session_principal(role, name)
    session = world.new_session(principal, Operation.WEB_IDENTITY, timedelta(seconds=seconds), source_key_id=None)
    return {
        "Credentials": credentials_xml(session),
        "SubjectFromWebIdentityToken": identity.subject,
        "AssumedRoleUser": role_user_xml(principal),
        "Provider": _provider_arn(world, role.account, identity),
        "Audience": identity.audience,
    }


def _valid_identity(world: World, token: str) -> WebIdentity:
    # Looked up as it came: a token with the newline of its file is another token, as at AWS.
    identity = world.web_identities.get(token)
    if identity is None:
        raise AwsError(
            "InvalidIdentityToken",
            "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)",
        )
    now = world.now()
    if now >= identity.expires:
        raise AwsError(
            "ExpiredTokenException",
            f"Token expired: current date/time {int(now.timestamp())} must be before "
            f"the expiration date/time {int(identity.expires.timestamp())}",
        )
    return identity


def _trusting_role(world: World, role_arn: str, session_name: str, identity: WebIdentity) -> Role:
    role = world.find_role(role_arn)
    refusal = access_denied("Not authorized to perform sts:AssumeRoleWithWebIdentity")
    if role is None:
        raise refusal
    if identity.provider not in world.accounts[role.account].providers:
        raise AwsError(
            "InvalidIdentityToken",
            f"No OpenIDConnect provider found in your account for https://{identity.provider}",
        )
    context = {
        f"{identity.provider}:sub": [identity.subject],
        f"{identity.provider}:aud": [identity.audience],
        "sts:RoleSessionName": [session_name],
    }
    trusted_as = frozenset({_provider_arn(world, role.account, identity)})
    if not role.trust.allows("sts:AssumeRoleWithWebIdentity", trusted_as, context):
        raise refusal
    return role


def _provider_arn(world: World, account: str, identity: WebIdentity) -> str:
    return f"arn:{world.partition}:iam::{account}:oidc-provider/{identity.provider}"
