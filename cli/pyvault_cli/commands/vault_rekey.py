"""``pyvault vault rekey``: a new data key, which locks out every old secret and copy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from pyvault.sessions.session_cache import session_files
from pyvault.sessions.session_vault import delete_session_file
from pyvault.vaultfile.entries import SlotInfo
from pyvault_cli import console
from pyvault_cli.context import context_of
from pyvault_cli.slot_table import slot_as_text
from pyvault_cli.vault_access import VaultAccess


def vault_rekey(
    ctx: typer.Context,
    drop_slots: Annotated[bool, typer.Option("--drop-slots", help="lose slots whose secret is not at hand")] = False,
) -> None:
    """Seal everything anew under a new key; delete the sessions and the backups."""
    context = context_of(ctx)
    access = VaultAccess(context)

    def may_drop(lost: Sequence[SlotInfo]) -> bool:
        console.note("These slots can't be kept, their secret is not at hand:")
        for slot in lost:
            console.note(f"  {slot_as_text(slot)}")
        if not drop_slots:
            context.ask.confirm("Lose them?", option="--drop-slots")
        return True

    with access.open() as vault:
        vault.rekey(access.sources(ask_human=context.ask.can_ask()), drop_slots=may_drop)
        fingerprint = vault.fingerprint.hex()
    for path in session_files(context.paths):
        if path.name.startswith("sessions-file-"):
            delete_session_file(path)
    console.note("The vault has a new key. The backups and the cached sessions are deleted.")
    console.note(f"Its fingerprint is {fingerprint}.")
