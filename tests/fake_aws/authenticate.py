"""From a signed request to the one who made it, or AWS's refusal."""

from __future__ import annotations

import hmac
from datetime import datetime

from . import sigv4
from .errors import expired_token, invalid_client_token
from .message import Request
from .model import AccessKey, Caller, KeyStatus, LastUse, Principal, Session
from .principals import user_principal
from .world import World


def authenticate(world: World, request: Request, service: str) -> Caller:
    """Check who signed *request*, for *service*.

    Raises:
        AwsError: the key is unknown, inactive, expired or not yet known, its session token
            is wrong, or the signature is.
    """
    signature = sigv4.parse_authorization(request)
    token = request.header("x-amz-security-token")
    if found := world.find_key(signature.access_key_id):
        user, key = found
        if token is not None or not _opens(key, world.now()):
            raise invalid_client_token()
        sigv4.verify(request, signature, key.secret, service=service, now=world.clock.wire_now())
        key.last_use = LastUse(at=world.now(), service=service, region=signature.region)
        return _caller(signature, user_principal(user), None)
    session = world.sessions.get(signature.access_key_id)
    # Both halves of a temporary identity must be right before anything is said about its age.
    if session is None or not hmac.compare_digest((token or "").encode(), session.token.encode()):
        raise invalid_client_token()
    if not world.is_alive(session):
        raise invalid_client_token()
    sigv4.verify(request, signature, session.secret, service=service, now=world.clock.wire_now())
    if world.now() >= session.expires:
        raise expired_token()
    return _caller(signature, session.principal, session)


def _opens(key: AccessKey, now: datetime) -> bool:
    return key.status is KeyStatus.ACTIVE and now >= key.usable_from


def _caller(signature: sigv4.Signature, principal: Principal, session: Session | None) -> Caller:
    return Caller(access_key_id=signature.access_key_id, principal=principal, session=session, region=signature.region)
