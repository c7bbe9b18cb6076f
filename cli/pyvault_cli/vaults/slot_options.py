"""Key slots on the command line: new ways to open a vault, and the table of those it has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault_cli.terminal import output

if TYPE_CHECKING:
    from pathlib import Path

    from pyvault.secret import Secret
    from pyvault.vaultfile.format.kdf import KdfPolicy
    from pyvault.vaultfile.state.entries import SlotInfo
    from pyvault.vaultfile.unlock.new_slot import KeyFileSlot, KmsSlot, PassphraseSlot, RecoverySlot
    from pyvault_cli.context import Context
    from pyvault_cli.vaults.vault_access import VaultAccess


def passphrase_slot(context: Context, access: VaultAccess, kdf: KdfPolicy, label: str | None = None) -> PassphraseSlot:
    """Ask for a new passphrase, and choose what guessing it costs."""
    from pyvault.vaultfile.format.kdf import choose_cost
    from pyvault.vaultfile.unlock.new_slot import PassphraseSlot
    from pyvault.vaultfile.unlock.passphrase import outer_blanks

    passphrase = context.ask.new_passphrase(f"new passphrase for '{access.place}'")
    if blanks := outer_blanks(passphrase):
        output.warn(blanks)
    return PassphraseSlot(passphrase=passphrase, cost=choose_cost(kdf), label=label)


def key_file_slot(path: Path, *, make: bool, label: str | None = None) -> KeyFileSlot:
    """Use a key file.

    Args:
        path: of the key file.
        make: make it if it is missing; never overwrites one.
        label: for the list of slots.
    """
    from pyvault.vaultfile.unlock.key_file import create_key_file, how_to_make, read_key_file
    from pyvault.vaultfile.unlock.new_slot import KeyFileSlot

    if make and not path.exists():
        key = create_key_file(path)
        output.note(f"Made the key file '{path}'. Whoever can read it can open the vault.")
    else:
        key = read_key_file(path, missing_hint=how_to_make(path))
    return KeyFileSlot(key=key, label=label)


def check_kms_key(arn: str) -> None:
    """Refuse what is not a KMS key, before anybody is asked or called.

    Raises:
        UsageError: it is not the ARN of a key.
    """
    from pyvault.errors import UsageError
    from pyvault.vaultfile.format.external_key import KMS_KEY

    if not KMS_KEY.fullmatch(arn):
        raise UsageError(
            f"{arn!r} is not the ARN of a KMS key",
            hint="arn:aws:kms:REGION:ACCOUNT:key/ID; an alias can be pointed at another key, so it is not taken",
        )


def kms_slot(access: VaultAccess, arn: str, label: str | None) -> KmsSlot:
    """Return a slot of a KMS key, which encrypts a random key for it."""
    from pyvault.vaultfile.unlock.external_keys import encryption_context
    from pyvault.vaultfile.unlock.new_slot import KmsSlot

    calls = access.settings.external_keys().calls()

    def encrypt(vault_id: bytes, slot_id: bytes, key: Secret[bytes]) -> bytes:
        return calls.encrypt(arn, encryption_context(vault_id, slot_id), key)

    return KmsSlot(reference=arn, encrypt=encrypt, label=label or arn)


def recovery_slot(kdf: KdfPolicy) -> tuple[RecoverySlot, Secret[str]]:
    """Return a slot with a new recovery code, and the code in groups as it is to be shown."""
    from pyvault.vaultfile.format.kdf import choose_cost
    from pyvault.vaultfile.unlock.new_slot import RecoverySlot, format_recovery_code, new_recovery_code

    code = new_recovery_code()
    return RecoverySlot(code=code, cost=choose_cost(kdf)), format_recovery_code(code)


def show_recovery_code(code: Secret[str]) -> None:
    """Show a recovery code: on stdout, because it was asked for."""
    output.note("This recovery code opens the vault. Write it down; it is shown only once:")
    output.data(code.reveal() + "\n")


KIB_PER_MIB = 1024


def slot_as_text(slot: SlotInfo) -> str:
    """Describe a slot in one line."""
    parts = [slot.slot_id.hex(), slot.kind]
    if slot.cost is not None:
        parts.append(f"Argon2id {slot.cost.memory // KIB_PER_MIB} MiB x {slot.cost.passes}")
    if slot.kms_key is not None and slot.label != slot.kms_key:
        parts.append(slot.kms_key)
    if slot.label:
        parts.append(f"'{slot.label}'")
    if slot.unlocked_this:
        parts.append("(in use)")
    return "  ".join(parts)


def slot_as_json(slot: SlotInfo) -> dict[str, object]:
    """Describe a slot as JSON has it; null where it does not apply."""
    return {
        "id": slot.slot_id.hex(),
        "kind": slot.kind,
        "label": slot.label,
        "memory_kib": slot.cost.memory if slot.cost else None,
        "passes": slot.cost.passes if slot.cost else None,
        "lanes": slot.cost.lanes if slot.cost else None,
        "kms_key": slot.kms_key,
    }
