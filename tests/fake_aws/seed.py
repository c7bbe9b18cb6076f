"""Worlds from JSON: what a test writes down becomes accounts, users, roles and SSO.

::

    {"accounts": {"123456789012": {
        "name": "dev", "buckets": ["b"], "providers": ["https://idp.example"],
        "users": {"demo": {"keys": 1, "mfa": true, "path": "/", "deny": ["iam:*"], "deny_without_mfa": []}},
        "roles": {"reader": {"trusted": ["user/demo", "role/r1", "root", "*", "oidc-provider/idp.example"],
                             "external_id": "x", "require_mfa": true, "subject": "repo:*", "audience": "sts.amazonaws.com",
                             "max_session_s": 3600, "deny": [], "deny_without_mfa": [],
                             "trust": {...a policy document, instead of the short forms...}}}}},
     "sso": {"start_url": "https://x.awsapps.com/start", "user": "alice", "consent": "auto|page|deny",
             "interval_s": 1, "device_lifetime_s": 600, "access_token_s": 28800, "session_s": 7776000,
             "credentials_s": 3600, "page_size": 20,
             "accounts": {"123456789012": {"name": "dev", "email": "dev@x", "roles": ["ReadOnly"]}}},
     "instance_role": "arn:aws:iam::123456789012:role/worker",
     "settings": {"key_propagation_s": 0, "mfa_drift_steps": 1, "max_lifetime_s": null}}

Sowing into a world that has things already adds to it; a name that is there is replaced.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from . import ids
from .fields import Fields, SeedError
from .model import Denials, MfaDevice, Role, Settings, User
from .sso_seed import sow_sso
from .trust import parse_policy
from .world import KEY_QUOTA, Account, World


def sow(world: World, document: object) -> None:
    """Bring a world into being, or enlarge it.

    Raises:
        SeedError: the document has unknown or wrong members.
    """
    with Fields(document, "world") as fields:
        for number, account in fields.objects("accounts"):
            _sow_account(world, number, account)
        sso, settings = fields.raw("sso"), fields.raw("settings")
        world.instance_role = fields.optional_text("instance_role") or world.instance_role
    if settings is not None:
        world.settings = _settings(settings, world.settings)
    if sso is not None:
        sow_sso(world, sso)


def _sow_account(world: World, number: str, fields: Fields) -> None:
    with fields:
        account = world.accounts.setdefault(number, Account(id=number, name=number))
        account.name = fields.text("name", account.name)
        account.buckets += fields.texts("buckets")
        account.providers |= {url.removeprefix("https://") for url in fields.texts("providers")}
        for name, user in fields.objects("users"):
            account.users[name] = _user(world, number, name, user)
        for name, role in fields.objects("roles"):
            account.roles[name] = _role(world, number, name, role)


def _user(world: World, account: str, name: str, fields: Fields) -> User:
    with fields:
        path, keys = fields.text("path", "/"), fields.whole("keys", 1)
        user = User(
            account=account,
            name=name,
            path=path,
            arn=f"arn:{world.partition}:iam::{account}:user{path}{name}",
            id=ids.unique_id("AIDA"),
            created=world.now(),
            denials=_denials(fields),
        )
        if not 0 <= keys <= KEY_QUOTA:
            raise SeedError(f"user {name!r} can't have {keys} keys")
        for _ in range(keys):
            world.new_key(user)
        if fields.flag("mfa"):
            serial = f"arn:{world.partition}:iam::{account}:mfa/{name}"
            user.devices.append(MfaDevice(serial=serial, seed=secrets.token_bytes(20)))
    return user


def _role(world: World, account: str, name: str, fields: Fields) -> Role:
    with fields:
        path = fields.text("path", "/")
        document = fields.raw("trust")
        try:
            trust = parse_policy(_short_trust(world, account, fields) if document is None else document)
        except ValueError as exc:
            raise SeedError(f"role {name!r}: {exc}") from exc
        return Role(
            account=account,
            name=name,
            arn=f"arn:{world.partition}:iam::{account}:role{path}{name}",
            id=ids.unique_id("AROA"),
            trust=trust,
            max_session_s=fields.whole("max_session_s", 3600),
            denials=_denials(fields),
        )


def _short_trust(world: World, account: str, fields: Fields) -> Mapping[str, object]:
    """Write out the policy that the short forms stand for."""
    external_id, subject = fields.optional_text("external_id"), fields.optional_text("subject")
    audience = fields.optional_text("audience")
    conditions: dict[str, dict[str, str]] = {}
    if external_id is not None:
        conditions["StringEquals"] = {"sts:ExternalId": external_id}
    if fields.flag("require_mfa"):
        conditions["Bool"] = {"aws:MultiFactorAuthPresent": "true"}
    named = fields.texts("trusted")
    providers = [name.removeprefix("oidc-provider/") for name in named if name.startswith("oidc-provider/")]
    statements: list[object] = []
    if others := [_principal(world, account, name) for name in named if not name.startswith("oidc-provider/")]:
        statements.append({
            "Effect": "Allow",
            "Principal": {"AWS": others},
            "Action": ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"],
            "Condition": conditions,
        })  # fmt: skip
    for provider in providers:
        wanted = {f"{provider}:sub": subject, f"{provider}:aud": audience}
        statements.append({
            "Effect": "Allow",
            "Principal": {"Federated": _principal(world, account, f"oidc-provider/{provider}")},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringLike": {key: value for key, value in wanted.items() if value is not None}},
        })  # fmt: skip
    return {"Statement": statements}


def _principal(world: World, account: str, name: str) -> str:
    return name if name == "*" or name.startswith("arn:") else f"arn:{world.partition}:iam::{account}:{name}"


def _denials(fields: Fields) -> Denials:
    return Denials(always=fields.texts("deny"), without_mfa=fields.texts("deny_without_mfa"))


def _settings(value: object, before: Settings) -> Settings:
    with Fields(value, "settings") as fields:
        return Settings(
            key_propagation_s=fields.number("key_propagation_s", before.key_propagation_s),
            mfa_drift_steps=fields.whole("mfa_drift_steps", before.mfa_drift_steps),
            max_lifetime_s=fields.optional_whole("max_lifetime_s"),
        )
