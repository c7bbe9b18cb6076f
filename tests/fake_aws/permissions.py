"""What a caller may do: everything, but for the denials of its user or role."""

from __future__ import annotations

from fnmatch import fnmatchcase

from .errors import AwsError, access_denied
from .model import Caller


def authorize(caller: Caller, action: str, resource: str = "*") -> None:
    """Let a call pass, or refuse it as IAM does.

    Args:
        caller: who asks.
        action: such as ``iam:DeleteAccessKey``.
        resource: what for, as the message shows it.

    Raises:
        AwsError: ``AccessDenied``.
    """
    owner = caller.principal.user or caller.principal.role
    if owner is None:
        return
    forbidden = owner.denials.always + (() if caller.has_mfa else owner.denials.without_mfa)
    if any(fnmatchcase(action, pattern) for pattern in forbidden):
        raise denied(caller, action, resource, " with an explicit deny in an identity-based policy")


def denied(caller: Caller, action: str, resource: str, reason: str = "") -> AwsError:
    """Word a refusal as IAM does."""
    return access_denied(
        f"User: {caller.principal.arn} is not authorized to perform: {action} on resource: {resource}{reason}"
    )
