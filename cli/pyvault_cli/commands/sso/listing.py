"""``pyvault sso accounts`` and ``roles``: what a sign-in opens."""

from __future__ import annotations

from typing import Annotated

from pyvault.sso.populate import parse_filter
from pyvault_cli.commandline import shared_options
from pyvault_cli.commandline.parameters import Option
from pyvault_cli.context import Context
from pyvault_cli.credentials import sso_portals
from pyvault_cli.credentials.sso_listing import roles_opened
from pyvault_cli.terminal import output


def sso_accounts(
    context: Context,
    session: sso_portals.SessionArgument = None,
    json: shared_options.JsonOption = False,
) -> None:
    """List the accounts that the person may enter."""
    portal = sso_portals.portal_named(session, context)
    found = sso_portals.sso_login(context).use(portal, sso_portals.portal_of(portal).list_accounts)
    accounts = sorted(found, key=lambda account: (account.name.casefold(), account.account_id))
    if json:
        from json import dumps

        shown = [{"account_id": each.account_id, "name": each.name, "email": each.email} for each in accounts]
        output.data(dumps({"v": 1, "accounts": shown}, indent=2) + "\n")
        return
    from pyvault_cli.terminal.table import aligned

    rows = [(account.account_id, account.name, account.email or "") for account in accounts]
    table = aligned([("Account", "Name", "Email"), *rows], width=output.columns())
    output.page(table, heading=lambda line: line.startswith("Account "))


FilterOption = Annotated[
    list[str] | None,
    Option(
        "--filter",
        metavar="KEY=PATTERN",
        help="only roles that match: account=prod-*, account-id=1234*, role=Admin*; may be repeated",
    ),
]


def sso_roles(
    context: Context,
    session: sso_portals.SessionArgument = None,
    filter: FilterOption = None,
    json: shared_options.JsonOption = False,
) -> None:
    """List the roles that the person may take, account by account."""
    filters = [parse_filter(text) for text in filter or ()]
    portal = sso_portals.portal_named(session, context)
    roles = roles_opened(portal, filters, context)
    if json:
        from json import dumps

        shown = [
            {"account_id": each.account.account_id, "account_name": each.account.name, "role_name": each.role}
            for each in roles
        ]
        output.data(dumps({"v": 1, "roles": shown}, indent=2) + "\n")
        return
    from pyvault_cli.terminal.table import aligned

    rows = [(each.account.account_id, each.account.name, each.role) for each in roles]
    table = aligned([("Account", "Name", "Role"), *rows], width=output.columns())
    output.page(table, heading=lambda line: line.startswith("Account "))
