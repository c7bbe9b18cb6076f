"""List what a sign-in opens: accounts, and the roles in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyvault.aws.calls import SsoAccount, SsoPortal
    from pyvault.secret import Secret

PARALLEL_CALLS = 8  # an organisation has hundreds of accounts and the portal answers one at a time


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRole:
    """A role that a person may take in an account."""

    account: SsoAccount
    role: str


def list_roles(portal: SsoPortal, access_token: Secret[str], accounts: Sequence[SsoAccount]) -> list[AccountRole]:
    """List the roles of some accounts, in order of account and role.

    Raises:
        AwsError: AWS refused one of the calls.
        AwsUnreachableError: AWS gave no answer.
    """
    from concurrent.futures import ThreadPoolExecutor

    def names_in(account: SsoAccount) -> list[str]:
        return portal.list_account_roles(access_token, account.account_id)

    with ThreadPoolExecutor(PARALLEL_CALLS) as pool:
        names = pool.map(names_in, accounts)
        found = [
            AccountRole(account=account, role=role)
            for account, roles in zip(accounts, names, strict=True)
            for role in roles
        ]
    return sorted(found, key=lambda entry: (entry.account.name.casefold(), entry.account.account_id, entry.role))


def list_all_roles(portal: SsoPortal, access_token: Secret[str]) -> list[AccountRole]:
    """List the roles of all accounts; errors as :func:`list_roles`."""
    return list_roles(portal, access_token, portal.list_accounts(access_token))
