"""``pyvault vault info``: what can be known of a vault file without opening it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.clock import from_epoch, to_rfc3339
from pyvault.errors import PyvaultError
from pyvault.vaultfile.disk.vault_reader import VaultReader
from pyvault.vaultfile.format.header import FORMAT_VERSION, SUITE
from pyvault.vaultfile.state.entries import SlotInfo
from pyvault_cli.commandline.shared_options import JsonOption
from pyvault_cli.context import Context
from pyvault_cli.terminal import output
from pyvault_cli.vaults.slot_options import slot_as_json, slot_as_text
from pyvault_cli.vaults.unlocked import unlocked_state
from pyvault_cli.vaults.vault_access import VaultAccess

if TYPE_CHECKING:
    from pyvault.vaultfile.format.header import Header
    from pyvault.vaultfile.state.vault_state import VaultState


def vault_info(context: Context, json: JsonOption = False) -> None:
    """Show the clear part of the vault file; nothing of it is verified without a key."""
    access = VaultAccess(context)
    access.check_not_lost()
    with VaultReader(access.place, access.options.checks) as reader:
        header, content = reader.header, reader.content
        size, modified = content.size, content.modified
    slots = [SlotInfo.of(slot) for slot in header.slots]
    seen = _sighting(access, header)
    fingerprint = None if seen is None or seen.epoch != header.key_epoch else seen.fingerprint.hex()
    _warn_of_other_states(access, header, seen)
    unlocked = unlocked_state(context, header)
    known: dict[str, str | int] = {
        "path": str(access.place),
        "format_version": FORMAT_VERSION,
        "suite": SUITE,
        "vault_id": header.vault_id.hex(),
        "txid": header.txid.hex(),
        "generation": header.generation,
        "key_epoch": header.key_epoch,
        "size": size,
        "modified": to_rfc3339(from_epoch(modified)),
        "backups": len(access.place.backups(access.options.checks)),
    }
    if json:
        from json import dumps

        document = {
            "v": 1,
            **known,
            "fingerprint": fingerprint,
            "verified": False,
            "unlocked": unlocked,
            "slots": [slot_as_json(slot) for slot in slots],
        }
        output.data(dumps(document, indent=2) + "\n")
        return
    for name, value in known.items():
        output.out(f"{name.replace('_', ' ')}: {value}")
    output.out(f"fingerprint: {fingerprint or 'unknown, never opened here with its current data key'}")
    output.out(f"unlocked: until {unlocked['until']}, by the {unlocked['by']}" if unlocked else "unlocked: no")
    for slot in slots:
        output.out(f"slot: {slot_as_text(slot)}")


def _sighting(access: VaultAccess, header: Header) -> VaultState | None:
    """Return what was seen when this vault was last opened here; the file itself tells no fingerprint."""
    try:
        return access.trust.known_states().get(header.vault_id)
    except PyvaultError as problem:
        output.warn(problem.message)
        return None


def _warn_of_other_states(access: VaultAccess, header: Header, seen: VaultState | None) -> None:
    """Tell of copies that other machines wrote, and of a file that is not what was seen here.

    Whether a newer one descends from that is known only to who opens it.
    """
    import shlex

    if seen is not None and header.generation <= seen.generation and (header.generation, header.txid) != seen.step:
        output.warn(f"the vault is not in the state last seen here, which is generation {seen.generation}")
        output.hint("'pyvault vault verify' opens it, and explains what to do")
    for copy in access.place.other_states(header.vault_id):
        output.warn(f"'{copy.path}' is another state of the vault, generation {copy.generation}")
        output.hint(f"pyvault vault import {shlex.quote(str(copy.path))} merges it; then remove it")
