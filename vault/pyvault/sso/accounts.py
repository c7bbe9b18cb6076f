"""List what a sign-in opens: accounts, and the roles in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.errors import AwsError
from pyvault.record import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pyvault.aws.calls import SsoAccount, SsoPortal
    from pyvault.secret import Secret
    from pyvault.sso.rate import Pace

PARALLEL_CALLS = 8  # an organisation has hundreds of accounts and the portal answers one at a time

#: AWS's ways to say that an account or its roles are not for this person (any more).
FORBIDDEN = frozenset({"ForbiddenException", "AccessDeniedException", "ResourceNotFoundException"})


class AccountRole(Record):
    """A role that a person may take in an account."""

    account: SsoAccount
    role: str


class Listing(Record):
    """The roles of some accounts.

    Attributes:
        roles: in order of account and role.
        forbidden: the accounts that AWS listed and whose roles it refused to list, with its code.
    """

    roles: tuple[AccountRole, ...]
    forbidden: tuple[tuple[SsoAccount, str], ...] = ()


def list_roles(
    portal: SsoPortal,
    access_token: Secret[str],
    accounts: Sequence[SsoAccount],
    *,
    pace: Pace | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> Listing:
    """List the roles of some accounts, several at a time and within AWS's rate.

    Args:
        portal: to ask.
        access_token: of the person.
        accounts: whose roles are wanted.
        pace: what keeps the rate; None for AWS's.
        progress: called with the number of accounts that are done.

    Raises:
        AwsError: AWS refused one of the calls for another reason than the account, or refused every account.
        AwsUnreachableError: AWS gave no answer.
    """
    from concurrent.futures import ThreadPoolExecutor

    if pace is None:
        from pyvault.sso.rate import Pace

        pace = Pace()

    def names_in(account: SsoAccount) -> list[str] | AwsError:
        try:
            return pace.call(lambda: portal.list_account_roles(access_token, account.account_id))
        except AwsError as refusal:
            if refusal.code not in FORBIDDEN:
                raise
            return refusal

    found: list[AccountRole] = []
    refusals: list[tuple[SsoAccount, AwsError]] = []
    pool = ThreadPoolExecutor(PARALLEL_CALLS)
    try:
        for done, (account, names) in enumerate(zip(accounts, pool.map(names_in, accounts), strict=True), start=1):
            if isinstance(names, AwsError):
                refusals.append((account, names))
            else:
                found += [AccountRole(account=account, role=name) for name in names]
            progress(done)
    finally:  # after Ctrl-C, or the first call that failed, nobody waits for hundreds of others
        pool.shutdown(cancel_futures=True)
    if refusals and len(refusals) == len(accounts):
        raise refusals[0][1]
    found.sort(key=lambda entry: (entry.account.name.casefold(), entry.account.account_id, entry.role))
    return Listing(roles=tuple(found), forbidden=tuple((account, refusal.code) for account, refusal in refusals))
