"""``pyvault sso accounts``: the accounts that a sign-in opens."""

from __future__ import annotations

import typer

from pyvault_cli import console, options, sso_access
from pyvault_cli.context import context_of


def sso_accounts(
    ctx: typer.Context,
    session: sso_access.SessionArgument = None,
    json: options.JsonOption = False,
) -> None:
    """List the accounts that the person may enter."""
    context = context_of(ctx)
    portal = sso_access.portal_named(session, context)
    found = sso_access.sso_login(context).use(portal, sso_access.portal_of(portal).list_accounts)
    accounts = sorted(found, key=lambda account: (account.name.casefold(), account.account_id))
    if json:
        from json import dumps

        shown = [{"account_id": each.account_id, "name": each.name, "email": each.email} for each in accounts]
        console.data(dumps({"v": 1, "accounts": shown}, indent=2) + "\n")
        return
    from pyvault_cli.table import aligned

    rows = [(account.account_id, account.name, account.email or "") for account in accounts]
    console.data(aligned([("Account", "Name", "Email"), *rows]))
