"""``pyvault vault slot``: the ways to open the vault."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Annotated

from pyvault.errors import UsageError
from pyvault.vaultfile.unlock.new_slot import StoreKeySlot
from pyvault_cli.commandline.parameters import Argument, Option
from pyvault_cli.commandline.shared_options import JsonOption, KdfOption, YesOption, not_the_key
from pyvault_cli.context import Context
from pyvault_cli.terminal import output
from pyvault_cli.vaults.slot_options import (
    check_kms_key,
    key_file_slot,
    kms_slot,
    passphrase_slot,
    recovery_slot,
    show_recovery_code,
    slot_as_json,
    slot_as_text,
)
from pyvault_cli.vaults.vault_access import VaultAccess


def vault_slot_add(
    context: Context,
    passphrase: Annotated[bool, Option("--passphrase", help="a further passphrase")] = False,
    keyfile: Annotated[
        Path | None,
        Option("--keyfile", metavar="FILE", callback=not_the_key, help="a key file; made if it is missing"),
    ] = None,
    recovery: Annotated[bool, Option("--recovery", help="a recovery code, printed once")] = False,
    store: Annotated[str | None, Option("--store", metavar="NAME", help="a random key, kept in this backend")] = None,
    kms: Annotated[str | None, Option("--kms", metavar="ARN", help="an AWS KMS key: who may decrypt with it")] = None,
    label: Annotated[str | None, Option("--label", metavar="TEXT", help="a name for the list of slots")] = None,
    kdf: KdfOption = None,
) -> None:
    """Add a passphrase, a key file, a recovery code, a key that another backend keeps, or an AWS KMS key."""
    if sum((passphrase, keyfile is not None, recovery, store is not None, kms is not None)) != 1:
        raise UsageError("exactly one of --passphrase, --keyfile, --recovery, --store and --kms is required")
    access = VaultAccess(context)
    policy = access.policy(kdf)
    if kms is not None:
        check_kms_key(kms)
    with access.open() as vault:
        context.ask.renewing = True
        if keyfile is not None:
            slot_id = vault.add_slot(key_file_slot(keyfile, make=True, label=label))
        elif recovery:
            slot, code = recovery_slot(policy)
            slot_id = vault.add_slot(slot)
            show_recovery_code(code)
        elif kms is not None:
            slot_id = vault.add_slot(kms_slot(access, kms, label))
            output.hint(
                f"to use it, set PYVAULT_KMS_KEY={kms}, and PYVAULT_EXPECT_FINGERPRINT={vault.fingerprint.hex()} "
                "where nothing is remembered from one run to the next"
            )
        elif store is not None:
            with closing(context.open_store_keys(store)) as keys:
                slot_id = vault.add_slot(StoreKeySlot(keep=keys.keep, label=label or store))
            output.hint(f'to use it, set unlock_store = "{store}" in the section [backend.file] of config.toml')
        else:
            slot_id = vault.add_slot(passphrase_slot(context, access, policy, label))
    output.note(f"Added the slot {slot_id.hex()}.")


def vault_slot_list(context: Context, json: JsonOption = False) -> None:
    """List the key slots with their labels; ``vault info`` shows them without a key."""
    with VaultAccess(context).open() as vault:
        slots = vault.slots()
    if json:
        from json import dumps

        output.data(dumps({"v": 1, "slots": [slot_as_json(slot) for slot in slots]}, indent=2) + "\n")
        return
    for slot in slots:
        output.out(slot_as_text(slot))


def vault_slot_remove(
    context: Context,
    slot: Annotated[str, Argument(help="the slot's id, as slot list shows it", show_default=False)],
    yes: YesOption = False,
) -> None:
    """Remove a key slot, and delete the backups, which still have it."""
    try:
        slot_id = bytes.fromhex(slot)
    except ValueError:
        raise UsageError(f"'{slot}' is not the id of a slot", hint="'pyvault vault slot list' shows them") from None
    if not yes:
        context.ask.confirm(f"Remove the slot {slot_id.hex()} and all backups?", option="--yes")
    access = VaultAccess(context)
    with access.open() as vault:
        vault.remove_slot(slot_id)
        vault_id = vault.vault_id
        access.forget_unlocked(vault_id)
    if access.settings.unlock_store:
        with closing(context.open_store_keys(access.settings.unlock_store)) as keys:
            keys.drop(vault_id, slot_id)  # after the slot: a key without a slot harms nobody, the reverse locks out
    output.note("Removed the slot, and deleted the backups: it opened them.")
    output.hint(
        "anyone with its secret and an old copy can still open that copy; 'pyvault vault rekey' protects later versions"
    )
