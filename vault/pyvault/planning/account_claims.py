"""Whether credentials belong to the account that a profile says. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.config.account import account_of
from pyvault.errors import CredentialsError, InvalidSettingError
from pyvault.planning.steps import AssumeRoleStep, SsoStep, WebIdentityStep
from pyvault.record import replace

if TYPE_CHECKING:
    from pyvault.config.account import ClaimedAccount
    from pyvault.model import Credentials
    from pyvault.planning.steps import Step


def check_foreseen(claim: ClaimedAccount, step: Step) -> None:
    """Check a claim against what a step will ask for, where that names an account.

    Raises:
        InvalidSettingError: they name different ones.
    """
    match step:
        case SsoStep():
            account_id: str | None = step.account_id
        case AssumeRoleStep() | WebIdentityStep():
            account_id = account_of(step.role_arn)
        case _:
            account_id = None
    if account_id is not None and account_id != claim.account_id:
        raise InvalidSettingError(f"{claim.label}: is {claim.account_id!r}, but the credentials are of {account_id!r}")


def confirmed(claim: ClaimedAccount, credentials: Credentials) -> Credentials:
    """Return credentials with the account that they are said to belong to.

    Raises:
        CredentialsError: they belong to another one; nobody gets them.
    """
    if credentials.account_id is None:
        return replace(credentials, account_id=claim.account_id)
    if credentials.account_id != claim.account_id:
        raise CredentialsError(
            f"{claim.label}: is {claim.account_id!r}, but the credentials that came are of {credentials.account_id!r}",
            hint="the source gives another identity than the profile is meant for",
        )
    return credentials
