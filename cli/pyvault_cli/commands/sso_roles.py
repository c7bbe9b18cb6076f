"""``pyvault sso roles``: the roles that a sign-in opens."""

from __future__ import annotations

from typing import Annotated

import typer

from pyvault.sso.populate import parse_filter
from pyvault_cli import console, options, sso_access
from pyvault_cli.context import context_of
from pyvault_cli.sso_listing import roles_opened

FilterOption = Annotated[
    list[str] | None,
    typer.Option(
        "--filter",
        metavar="KEY=PATTERN",
        help="only roles that match: account=prod-*, account-id=1234*, role=Admin*; may be repeated",
    ),
]


def sso_roles(
    ctx: typer.Context,
    session: sso_access.SessionArgument = None,
    filter: FilterOption = None,
    json: options.JsonOption = False,
) -> None:
    """List the roles that the person may take, account by account."""
    context = context_of(ctx)
    wanted = [parse_filter(text) for text in filter or ()]
    portal = sso_access.portal_named(session, context)
    roles = roles_opened(portal, wanted, context)
    if json:
        from json import dumps

        shown = [
            {"account_id": each.account.account_id, "account_name": each.account.name, "role_name": each.role}
            for each in roles
        ]
        console.data(dumps({"v": 1, "roles": shown}, indent=2) + "\n")
        return
    from pyvault_cli.table import aligned

    rows = [(each.account.account_id, each.account.name, each.role) for each in roles]
    console.data(aligned([("Account", "Name", "Role"), *rows]))
