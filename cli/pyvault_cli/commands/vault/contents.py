"""``pyvault vault entries``, ``cat`` and ``verify``: what the vault holds, one payload of it, and all of it read."""

from __future__ import annotations

from typing import Annotated

from pyvault.clock import to_rfc3339
from pyvault.names import LaterKind, item_name
from pyvault_cli.commandline.parameters import Argument
from pyvault_cli.commandline.shared_options import JsonOption, YesOption
from pyvault_cli.context import Context
from pyvault_cli.terminal import output
from pyvault_cli.terminal.output import counted
from pyvault_cli.terminal.table import aligned
from pyvault_cli.vaults.vault_access import VaultAccess

COLUMNS = ("kind", "name", "revision", "size", "modified", "expires")


def vault_entries(context: Context, json: JsonOption = False) -> None:
    """List the entries: kind, name, revision, size as sealed, times; decrypts no payload."""
    with VaultAccess(context).open() as vault:
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

        output.data(dumps(rows, indent=2) + "\n")
        return
    cells = [["-" if row[column] is None else str(row[column]) for column in COLUMNS] for row in rows]
    output.data(aligned([COLUMNS, *cells], width=output.columns()), errors="backslashreplace")
    if any(isinstance(entry.name.kind, LaterKind) for entry in entries):
        output.hint("kinds unknown to this version come from a later one, and are kept as they are")


def vault_cat(
    context: Context,
    kind: Annotated[str, Argument(help="credential, session, sso-token, ...", show_default=False)],
    name: Annotated[str, Argument(help="the entry's name", show_default=False)],
    yes: YesOption = False,
) -> None:
    """Write the payload of one entry to stdout, as it is: a secret."""
    item = item_name(kind, name)
    if not yes:
        context.ask.confirm(f"Write the secret of '{item}' to stdout?", option="--yes")
    with VaultAccess(context).open() as vault:
        output.data_bytes(vault.get(item).reveal())


def vault_verify(context: Context, json: JsonOption = False) -> None:
    """Read and open every byte of the vault; exit code 7 and the names of what is damaged."""
    access = VaultAccess(context)
    with access.open() as vault:
        count = vault.verify()
        known: dict[str, str | int] = {
            "path": str(access.place),
            "vault_id": vault.vault_id.hex(),
            "fingerprint": vault.fingerprint.hex(),
            "generation": vault.generation,
            "key_epoch": vault.key_epoch,
            "entries": count,
        }
    if json:
        from json import dumps

        output.data(dumps({"v": 1, **known, "verified": True}, indent=2) + "\n")
        return
    output.out(f"'{access.place}' is intact: generation {known['generation']}, {counted(count, 'entry', 'entries')}")
    output.out(f"vault id {known['vault_id']}, fingerprint {known['fingerprint']}")
