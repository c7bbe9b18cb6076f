"""Whether credentials belong to the account that a profile names. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.config.account import account_of
from pyvault.errors import CredentialsError, InvalidSettingError
from pyvault.planning.steps import AssumeRoleStep, LoginSessionStep, SsoStep, WebIdentityStep
from pyvault.record import replace

if TYPE_CHECKING:
    from pyvault.config.account import ClaimedAccount
    from pyvault.model import Credentials
    from pyvault.planning.steps import Step


def check_step(claim: ClaimedAccount, step: Step) -> None:
    """Check a claim against the account that a step will ask for, if it names one.

    Raises:
        InvalidSettingError: they name different ones.
    """
    match step:
        case SsoStep():
            account_id: str | None = step.account_id
        case LoginSessionStep():
            account_id = account_of(step.session)
        case AssumeRoleStep() | WebIdentityStep():
            account_id = account_of(step.role_arn)
        case _:
            account_id = None
    if account_id is not None and account_id != claim.account_id:
        raise InvalidSettingError(f"{claim.label}: is {claim.account_id!r}, but the credentials are for {account_id!r}")


def confirmed(claim: ClaimedAccount, credentials: Credentials) -> Credentials:
    """Return credentials with the claimed account.

    Raises:
        CredentialsError: they belong to another one and must not be handed out.
    """
    if credentials.account_id is None:
        return replace(credentials, account_id=claim.account_id)
    if credentials.account_id != claim.account_id:
        raise CredentialsError(
            f"{claim.label}: is {claim.account_id!r}, but the credentials received are for {credentials.account_id!r}",
            hint="the source returned another identity than the one the profile is meant for",
        )
    return credentials
