"""The roles that a sign-in opens, asked for at AWS's rate while a person sees how far it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.sso.accounts import Listing, list_roles
from pyvault.sso.populate import select, select_accounts
from pyvault_cli.credentials import sso_portals
from pyvault_cli.terminal import output
from pyvault_cli.terminal.output import counted
from pyvault_cli.terminal.progress import Line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyvault.secret import Secret
    from pyvault.sso.accounts import AccountRole
    from pyvault.sso.populate import Filter
    from pyvault.sso.session import SsoSession
    from pyvault_cli.context import Context

FEW = 20  # accounts that are asked about in a second, of which nobody needs to be told


def roles_opened(portal: SsoSession, filters: Sequence[Filter], context: Context) -> list[AccountRole]:
    """Return the roles that match, account by account; what AWS refuses to list is warned of.

    Raises:
        InputRequiredError: a person has to sign in, and nobody may be asked.
        AwsError: AWS refused more than single accounts.
        AwsUnreachableError: AWS gave no answer.
    """
    calls = sso_portals.portal_of(portal)

    def ask(token: Secret[str]) -> Listing:
        accounts = select_accounts(calls.list_accounts(token), filters)
        line = Line(f"asking AWS for the roles in {counted(len(accounts), 'account')}")

        def progress(done: int) -> None:
            if len(accounts) > FEW:
                line.show(f"{done} done")

        with line:
            return list_roles(calls, token, accounts, progress=progress)

    listing = sso_portals.sso_login(context).use(portal, ask)
    for account, code in listing.forbidden:
        whose = f"account '{account.name}' ({account.account_id})"
        output.warn(f"{whose} is skipped: AWS refuses to list its roles ({code})")
    return select(listing.roles, filters)
