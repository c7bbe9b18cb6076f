"""AWS STS: the table of its operations, and the two for IAM users' own sessions.

Source: STS API reference; IAM user guide, "Compare AWS STS credentials".
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from .assume_role import assume_role
from .constraints import NAME_PATTERN, Constraints, integer, required
from .errors import access_denied
from .issued import credentials_xml
from .mfa import read_proof, spend
from .model import Operation
from .permissions import authorize
from .principals import federated_principal, user_principal
from .query import Call, QueryApi
from .session_policy import check_policy
from .session_tags import read_marks
from .web_identity import assume_role_with_web_identity
from .xml_text import Xml

#: Seconds. Source: STS API reference, GetSessionToken and GetFederationToken.
MIN_DURATION_S, MAX_DURATION_S, DEFAULT_DURATION_S = 900, 129_600, 43_200


def get_caller_identity(call: Call) -> Mapping[str, Xml]:
    """Say who calls; needs no permission."""
    principal = call.caller.principal
    return {"Arn": principal.arn, "UserId": principal.user_id, "Account": principal.account}


def get_session_token(call: Call) -> Mapping[str, Xml]:
    """Turn a user's long-term keys, and an MFA code, into temporary credentials.

    Raises:
        AwsError: temporary credentials asked, a bound is broken, or the code is wrong.
    """
    user = call.caller.principal.user
    if call.caller.session is not None or user is None:
        raise access_denied("Cannot call GetSessionToken with session credentials")
    checks = Constraints()
    seconds = _duration(call, checks)
    proof = read_proof(call.form, checks)
    checks.raise_failures()
    if proof is not None:
        spend(call.world, call.caller, proof)
    session = call.world.new_session(
        user_principal(user),
        Operation.GET_SESSION_TOKEN,
        timedelta(seconds=seconds),
        source_key_id=call.caller.access_key_id,
        mfa=proof is not None,
    )
    return {"Credentials": credentials_xml(session)}


def get_federation_token(call: Call) -> Mapping[str, Xml]:
    """Turn a user's long-term keys into a federated user's; it takes no MFA.

    Raises:
        AwsError: temporary credentials asked, or a bound is broken.
    """
    user = call.caller.principal.user
    if call.caller.session is not None or user is None:
        raise access_denied("Cannot call GetFederationToken with session credentials")
    checks = Constraints()
    name = required(call.form, "Name")
    checks.length("name", name, 2, 32)
    checks.pattern("name", name, NAME_PATTERN)
    seconds = _duration(call, checks)
    marks = read_marks(call.form, None, checks)
    check_policy(call.form, marks.tags, checks)
    checks.raise_failures()
    if marks.sets_tags:
        authorize(call.caller, "sts:TagSession")
    principal = federated_principal(user, name)
    session = call.world.new_session(
        principal,
        Operation.FEDERATION_TOKEN,
        timedelta(seconds=seconds),
        source_key_id=call.caller.access_key_id,
        tags=marks.tags,
    )
    return {
        "Credentials": credentials_xml(session),
        "FederatedUser": {"Arn": principal.arn, "FederatedUserId": principal.user_id},
        "PackedPolicySize": 0,
    }


def _duration(call: Call, checks: Constraints) -> int:
    seconds = integer(call.form, "DurationSeconds", DEFAULT_DURATION_S)
    checks.between("durationSeconds", seconds, MIN_DURATION_S, MAX_DURATION_S)
    return seconds


STS = QueryApi(
    service="sts",
    version="2011-06-15",
    signed={
        "GetCallerIdentity": get_caller_identity,
        "GetSessionToken": get_session_token,
        "GetFederationToken": get_federation_token,
        "AssumeRole": assume_role,
    },
    unsigned={"AssumeRoleWithWebIdentity": assume_role_with_web_identity},
)
