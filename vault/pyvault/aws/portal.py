"""The SSO portal through botocore. Source: IAM Identity Center Portal API Reference, 2019-06-10."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.aws.answers import read
from pyvault.aws.calls import SsoAccount
from pyvault.aws.error_answers import translated
from pyvault.model import Credentials
from pyvault.secret import Secret

if TYPE_CHECKING:
    from mypy_boto3_sso.client import SSOClient

    from pyvault.planning.steps import SsoStep


class BotoSsoPortal:
    """The portal with one client; see :class:`pyvault.aws.calls.SsoPortal`.

    Every request carries a bearer token, so AWS's messages are not shown.
    """

    def __init__(self, client: SSOClient) -> None:
        self._client = client

    def get_role_credentials(self, step: SsoStep, token: Secret[str]) -> Credentials:
        """Get the credentials of the step's role."""
        what = f"sso:GetRoleCredentials of {step.role_name!r} in account {step.account_id!r}"
        with translated(what, show_message=False, hidden=(token,)):
            answer = self._client.get_role_credentials(
                accountId=step.account_id, roleName=step.role_name, accessToken=token.reveal()
            )
            keys = read(answer).fields("roleCredentials")
            return Credentials(
                access_key_id=keys.text("accessKeyId"),
                secret_access_key=Secret(keys.text("secretAccessKey")),
                session_token=Secret(keys.text("sessionToken")),
                expires=keys.epoch("expiration", per_second=1000),
                account_id=step.account_id,
            )

    def list_accounts(self, token: Secret[str]) -> list[SsoAccount]:
        """List the user's accounts, all pages."""
        with translated("sso:ListAccounts", show_message=False, hidden=(token,)):
            pages = self._client.get_paginator("list_accounts").paginate(accessToken=token.reveal())
            return [
                SsoAccount(
                    account_id=account.text("accountId"),
                    name=account.optional_text("accountName") or "",
                    email=account.optional_text("emailAddress"),
                )
                for page in pages
                for account in read(page).many("accountList")
            ]

    def list_account_roles(self, token: Secret[str], account_id: str) -> list[str]:
        """List the user's role names in an account, all pages."""
        with translated(f"sso:ListAccountRoles of {account_id!r}", show_message=False, hidden=(token,)):
            paginator = self._client.get_paginator("list_account_roles")
            pages = paginator.paginate(accessToken=token.reveal(), accountId=account_id)
            return [role.text("roleName") for page in pages for role in read(page).many("roleList")]

    def logout(self, token: Secret[str]) -> None:
        """Revoke the token."""
        with translated("sso:Logout", show_message=False, hidden=(token,)):
            self._client.logout(accessToken=token.reveal())
