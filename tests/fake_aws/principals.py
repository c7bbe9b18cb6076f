"""Who is who: the ARNs and ids that AWS shows for users, role sessions and federated users."""

from __future__ import annotations

from .model import Principal, Role, User


def user_principal(user: User) -> Principal:
    """Describe an IAM user, also behind a GetSessionToken session."""
    return Principal(
        account=user.account,
        arn=user.arn,
        user_id=user.id,
        trusted_as=frozenset({user.arn, *_account_names(user.arn)}),
        user=user,
    )


def role_session_principal(role: Role, session_name: str) -> Principal:
    """Describe a session of a role."""
    partition = role.arn.split(":")[1]
    arn = f"arn:{partition}:sts::{role.account}:assumed-role/{role.name}/{session_name}"
    return Principal(
        account=role.account,
        arn=arn,
        user_id=f"{role.id}:{session_name}",
        trusted_as=frozenset({arn, role.arn, *_account_names(role.arn)}),
        role=role,
    )


def federated_principal(user: User, name: str) -> Principal:
    """Describe what GetFederationToken makes of a user."""
    partition = user.arn.split(":")[1]
    arn = f"arn:{partition}:sts::{user.account}:federated-user/{name}"
    return Principal(
        account=user.account,
        arn=arn,
        user_id=f"{user.account}:{name}",
        trusted_as=frozenset({arn, *_account_names(user.arn)}),
    )


def _account_names(arn: str) -> tuple[str, str]:
    """Give both ways in which a trust policy names a whole account."""
    _, partition, _, _, account, _ = arn.split(":", 5)
    return account, f"arn:{partition}:iam::{account}:root"
