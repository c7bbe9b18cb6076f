"""``pyvault vault cat``: one raw payload, for recovery by hand."""

from __future__ import annotations

from typing import Annotated

import typer

from pyvault.names import item_name
from pyvault_cli import console
from pyvault_cli.context import context_of
from pyvault_cli.options import YesOption
from pyvault_cli.vault_access import VaultAccess


def vault_cat(
    ctx: typer.Context,
    kind: Annotated[str, typer.Argument(help="credential, session, sso-token, ...", show_default=False)],
    name: Annotated[str, typer.Argument(help="the entry's name", show_default=False)],
    yes: YesOption = False,
) -> None:
    """Write the payload of one entry to stdout, as it is: a secret."""
    context = context_of(ctx)
    item = item_name(kind, name)
    if not yes:
        context.ask.confirm(f"Write the secret of '{item}' to stdout?", option="--yes")
    with VaultAccess(context).open() as vault:
        console.data_bytes(vault.get(item).reveal())
