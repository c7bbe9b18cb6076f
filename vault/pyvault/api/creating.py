"""Making a vault file with what a program has to open it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from pyvault.runtime import Runtime
    from pyvault.secret import Secret
    from pyvault.vaultfile.file_options import VaultSettings
    from pyvault.vaultfile.unlock.new_slot import NewSlot


def make_vault(runtime: Runtime, *, keyfile: Path | None, passphrase: Secret[str] | None) -> None:
    """Make the vault file that the options of a runtime name.

    Args:
        runtime: of the file backend; asked for what opens it where nothing was given.
        keyfile: opens it; made if it is missing.
        passphrase: opens it, too.

    Raises:
        VaultFileError: it can't be made.
    """
    from pyvault.errors import VaultExistsError
    from pyvault.paths import counting
    from pyvault.vaultfile.file_options import VaultSettings
    from pyvault.vaultfile.state.trust_store import TrustStore
    from pyvault.vaultfile.vault import Vault

    with counting(runtime.environ):
        settings = VaultSettings.parse(runtime.options_of("file"))
        settings.place.on_warning(runtime.warn)
        settings.place.prepare(settings.options)  # before a key file is made for nothing
        try:
            settings.place.check_free()
        except VaultExistsError as there:
            there.hint = "pyvault.open_vault opens it"
            raise
        slots = _slots(settings, keyfile=settings.keyfile if keyfile else None, passphrase=passphrase)
        trust = TrustStore(runtime.paths.trust, warn=runtime.warn, checks=settings.options.checks)
        Vault.create(
            settings.place,
            new_slots=slots or settings.new_slots(runtime.answers),
            trust=trust,
            options=settings.options,
        ).close()


def _slots(settings: VaultSettings, *, keyfile: Path | None, passphrase: Secret[str] | None) -> list[NewSlot]:
    from pyvault.vaultfile.format.kdf import choose_cost
    from pyvault.vaultfile.unlock.key_file import create_key_file, read_key_file
    from pyvault.vaultfile.unlock.new_slot import KeyFileSlot, PassphraseSlot
    from pyvault.vaultfile.unlock.passphrase import check_new_passphrase

    slots: list[NewSlot] = []
    if passphrase is not None:  # first: one that is refused leaves no key file behind
        if not settings.weak_passphrase:
            check_new_passphrase(passphrase)
        slots.append(PassphraseSlot(passphrase=passphrase, cost=choose_cost(settings.kdf)))
    if keyfile is not None:
        key = read_key_file(keyfile) if keyfile.exists() else create_key_file(keyfile)
        slots.append(KeyFileSlot(key=key, label=str(keyfile)))
    return slots
