"""``pyvault vault entries``: what the vault holds, without any payload."""

from __future__ import annotations

import typer

from pyvault.clock import to_rfc3339
from pyvault.names import LaterKind
from pyvault_cli import console
from pyvault_cli.context import context_of
from pyvault_cli.options import JsonOption
from pyvault_cli.table import aligned
from pyvault_cli.vault_access import VaultAccess

COLUMNS = ("kind", "name", "revision", "size", "modified", "expires")


def vault_entries(ctx: typer.Context, json: JsonOption = False) -> None:
    """List the entries: kind, name, revision, size as sealed, times; decrypts no payload."""
    with VaultAccess(context_of(ctx)).open() as vault:
        entries = vault.entries()
    rows: list[dict[str, str | int | None]] = [
        {
            "kind": str(entry.name.kind),
            "name": entry.name.name,
            "revision": entry.revision,
            "size": entry.size,
            "modified": to_rfc3339(entry.modified),
            "expires": to_rfc3339(entry.expires) if entry.expires else None,
        }
        for entry in entries
    ]
    if json:
        from json import dumps

        console.data(dumps(rows, indent=2) + "\n")
        return
    cells = [["-" if row[column] is None else str(row[column]) for column in COLUMNS] for row in rows]
    console.data(aligned([COLUMNS, *cells]), errors="backslashreplace")
    if any(isinstance(entry.name.kind, LaterKind) for entry in entries):
        console.hint("kinds that this version doesn't know are of a later one, and are kept as they are")
