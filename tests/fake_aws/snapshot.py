"""The world as JSON, for tests: what exists, with the secrets that its owners would know."""

from __future__ import annotations

import base64

from .clock import rfc3339
from .model import AccessKey, Role, Session, User
from .sso_state import SsoState
from .world import World


def snapshot(world: World) -> dict[str, object]:
    """Describe everything."""
    return {
        "now": rfc3339(world.now()),
        "partition": world.partition,
        "accounts": {account.id: account.name for account in world.accounts.values()},
        "users": {u.name: _user(u) for a in world.accounts.values() for u in a.users.values()},
        "roles": {r.name: _role(r) for a in world.accounts.values() for r in a.roles.values()},
        "sessions": [_session(session) for session in world.sessions.values()],
        "container_token": world.container_token,
        "sso": _sso(world.sso) if world.sso else None,
    }


def _user(user: User) -> dict[str, object]:
    device = user.devices[0] if user.devices else None
    return {
        "account": user.account,
        "arn": user.arn,
        "user_id": user.id,
        "keys": [_key(key) for key in user.keys.values()],
        "mfa_serial": device.serial if device else None,
        "totp_secret": base64.b32encode(device.seed).decode() if device else None,
    }


def _key(key: AccessKey) -> dict[str, object]:
    return {
        "access_key_id": key.id,
        "secret_access_key": key.secret,
        "status": key.status.value,
        "created": rfc3339(key.created),
        "usable_from": rfc3339(key.usable_from),
    }


def _role(role: Role) -> dict[str, object]:
    return {"account": role.account, "arn": role.arn, "role_id": role.id, "max_session_s": role.max_session_s}


def _session(session: Session) -> dict[str, object]:
    return {
        "access_key_id": session.access_key_id,
        "made_by": session.made_by.value,
        "arn": session.principal.arn,
        "source_key_id": session.source_key_id,
        "expires": rfc3339(session.expires),
        "chained": session.chained,
        "mfa": session.mfa,
        "tags": dict(session.tags),
        "transitive": list(session.transitive),
        "source_identity": session.source_identity,
    }


def _sso(sso: SsoState) -> dict[str, object]:
    return {
        "start_url": sso.start_url,
        "user": sso.user,
        "consent": sso.consent.value,
        "clients": [{"client_id": c.id, "scopes": list(c.scopes)} for c in sso.clients.values()],
        "devices": [{"user_code": d.user_code, "decision": d.decision.value} for d in sso.devices.values()],
        "logins": [
            {"expires": rfc3339(login.expires), "refreshable": login.refresh_token is not None}
            for login in sso.logins.values()
        ],
    }
