"""The vault file as the ``vault`` commands work with it: place, keys, memory.

These commands look into the file itself, below the backend that keeps
credentials in it: they need its slots, its backups and its trust.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from pyvault.errors import InvalidSettingError
from pyvault.record import replace
from pyvault_cli.terminal import output

if TYPE_CHECKING:
    from pyvault.vaultfile.file_options import VaultSettings
    from pyvault.vaultfile.format.kdf import KdfPolicy
    from pyvault.vaultfile.place import Place
    from pyvault.vaultfile.state.trust_store import TrustStore
    from pyvault.vaultfile.unlock.key_sources import UnlockSources
    from pyvault.vaultfile.vault import Vault
    from pyvault.vaultfile.vault_options import VaultOptions
    from pyvault_cli.context import Context


class VaultAccess:
    """One vault file, by the options of the ``file`` backend."""

    def __init__(self, context: Context) -> None:
        self._context = context

    @cached_property
    def settings(self) -> VaultSettings:
        """The options, checked."""
        from pyvault.vaultfile.file_options import VaultSettings

        settings = VaultSettings.parse(self._context.options_of("file"), self._context.environ)
        settings.place.on_warning(output.warn)
        return settings

    @property
    def place(self) -> Place:
        """Where the vault file is, or would be."""
        return self.settings.place

    @property
    def options(self) -> VaultOptions:
        """How the file is worked with."""
        return self.settings.options

    @cached_property
    def trust(self) -> TrustStore:
        """What vaults looked like when they were last seen."""
        from pyvault.vaultfile.state.trust_store import TrustStore

        return TrustStore(self._context.paths.trust, warn=output.warn, checks=self.options.checks)

    def sources(self, *, ask_human: bool = True) -> UnlockSources:
        """Return what may open the vault.

        Args:
            ask_human: False leaves the human out, where all keys at hand are wanted and not just one.
        """
        from pyvault.vaultfile.unlock.store_key import kept_key

        context, store = self._context, self.settings.unlock_store
        find = kept_key(lambda: context.open_store_keys(store), warn=context.warn) if store else None
        sources = self.settings.sources(context.ask, wrapping_key=find, cache=lambda: context.unlock_cache)
        return sources if ask_human else replace(sources, passphrase_prompt=None, passphrase_again=None)

    def open(self) -> Vault:
        """Open the vault; may ask the human. A vault that is cheap to guess comes with a hint."""
        from pyvault.vaultfile.vault import Vault

        vault = Vault.open(self.place, self.sources(), trust=self.trust, options=self.options)
        if vault.needs_renewal:
            output.hint(f"'{self.place}' uses a weak KDF setting; 'pyvault vault passwd' upgrades it")
        return vault

    def forget_unlocked(self, vault_id: bytes) -> None:
        """Drop the data key of a vault from the unlock cache, whether this command would use it or not."""
        from pyvault.vaultfile.unlock.unlock_cache import PURPOSE

        if (keys := self._context.kept_keys(PURPOSE)) is not None:
            keys.drop(vault_id.hex())

    def check_not_lost(self) -> None:
        """Tell a vault that is gone from one that was never made, for what looks at the file without the memory.

        Raises:
            VaultGoneError: it was here before, or one is expected.
        """
        from pyvault.vaultfile.lost_vault import refuse_lost

        if not self.place.exists():
            refuse_lost(self.place.settled(self.options.checks), self.trust.known_states(), self.options)

    def policy(self, kdf: str | None) -> KdfPolicy:
        """Return the cost of a new passphrase slot; for the beginning of a command, before anybody is asked.

        Args:
            kdf: of ``--kdf``; else the setting ``kdf`` (PYVAULT_KDF), else ``default``.

        Raises:
            InvalidSettingError: no such policy.
        """
        from pyvault.vaultfile.format.kdf import KdfPolicy

        try:
            return KdfPolicy(kdf) if kdf is not None else self.settings.kdf
        except ValueError:
            raise InvalidSettingError(f"there is no KDF policy '{kdf}'", hint="use min, default or high") from None
