"""The ``sso`` member of a world's JSON."""

from __future__ import annotations

import secrets

from . import ids
from .fields import Fields, SeedError
from .model import Role
from .sso_state import AssignedAccount, Consent, SsoState
from .trust import TrustPolicy
from .world import Account, World


def sow_sso(world: World, document: object) -> None:
    """Set up the Identity Center instance anew, with roles in the accounts it is assigned to.

    Raises:
        SeedError: the document has unknown or wrong members.
    """
    with Fields(document, "sso") as fields:
        consent = fields.text("consent", "auto")
        if consent not in set(Consent):
            raise SeedError(f"consent is one of {', '.join(Consent)}")
        accounts = {number: _assigned(world, number, account) for number, account in fields.objects("accounts")}
        world.sso = SsoState(
            start_url=fields.text("start_url"),
            user=fields.text("user", "alice"),
            consent=Consent(consent),
            interval_s=fields.number("interval_s", 1),
            device_lifetime_s=fields.number("device_lifetime_s", 600),
            access_token_s=fields.number("access_token_s", 28_800),
            session_s=fields.number("session_s", 7_776_000),
            credentials_s=fields.whole("credentials_s", 3600),
            page_size=fields.whole("page_size", 20),
            accounts=accounts,
        )


def _assigned(world: World, number: str, fields: Fields) -> AssignedAccount:
    with fields:
        account = world.accounts.setdefault(number, Account(id=number, name=number))
        name = fields.text("name", account.name)
        email = fields.text("email", f"{name}@example.test")
        roles = {role: _reserved_role(world, account, role) for role in fields.texts("roles")}
        forbidden = fields.flag("forbidden")
    return AssignedAccount(id=number, name=name, email=email, forbidden=forbidden, roles=roles)


def _reserved_role(world: World, account: Account, permission_set: str) -> Role:
    """Make the role that Identity Center keeps in an account; nobody else may assume it."""
    name = f"AWSReservedSSO_{permission_set}_{secrets.token_hex(8)}"
    role = Role(
        account=account.id,
        name=name,
        arn=f"arn:{world.partition}:iam::{account.id}:role/aws-reserved/sso.amazonaws.com/{name}",
        id=ids.unique_id("AROA"),
        trust=TrustPolicy(statements=()),
        max_session_s=43_200,
    )
    account.roles[name] = role
    return role
