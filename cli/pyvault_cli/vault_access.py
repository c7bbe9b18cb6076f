"""The vault file as the ``vault`` commands work with it: place, keys, memory.

These commands look into the file itself, below the backend that keeps
credentials in it: they need its slots, its backups and its trust.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from pyvault.errors import InvalidSettingError
from pyvault_cli import console

if TYPE_CHECKING:
    from pyvault.secret import Secret
    from pyvault.vaultfile.kdf import KdfCost
    from pyvault.vaultfile.options import VaultOptions
    from pyvault.vaultfile.trust import Trust
    from pyvault.vaultfile.unlock import UnlockSources
    from pyvault.vaultfile.vault import Vault
    from pyvault_cli.context import Context

STANDING_SOURCES = ("PYVAULT_PASSPHRASE_FILE", "PYVAULT_PASSPHRASE", "AWS_VAULT_FILE_PASSPHRASE")


class VaultAccess:
    """One vault file, by the options of the ``file`` backend."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self._settings = context.options_of("file")

    @cached_property
    def path(self) -> Path:
        """Where the vault file is, or would be."""
        named = self._settings.get("path")
        return Path(named).expanduser() if named else self.context.paths.vault

    @cached_property
    def keyfile(self) -> Path | None:
        """The key file that the settings name."""
        named = self._settings.get("keyfile")
        return Path(named).expanduser() if named else None

    @cached_property
    def trust(self) -> Trust:
        """What vaults looked like when they were last seen."""
        from pyvault.vaultfile.trust import Trust

        return Trust(self.context.paths.trust, warn=console.warn)

    @cached_property
    def options(self) -> VaultOptions:
        """How the file is worked with.

        Raises:
            InvalidSettingError: a setting can't be what it has to be.
        """
        from pyvault.vaultfile.options import VaultOptions

        options = VaultOptions()
        if expected := self._settings.get("expect_vault_id"):
            options = replace(options, expect_vault_id=_vault_id(expected))
        if oldest := self._settings.get("min_generation"):
            options = replace(options, min_generation=_number(oldest, "min_generation"))
        return options

    def sources(self) -> UnlockSources:
        """Say what may open the vault, a human last."""
        from pyvault.vaultfile.unlock import UnlockSources

        ask, environ = self.context.ask, self.context.environ
        standing = any(environ.get(name) for name in STANDING_SOURCES)

        def standing_passphrase() -> Secret[str]:
            return ask.standing_passphrase() or ask.typed_passphrase(f"the passphrase of '{self.path}'")

        def given_passphrase() -> Secret[str]:
            return ask.given_passphrase() or standing_passphrase()

        return UnlockSources(
            passphrase=given_passphrase if self.context.words.last("--passphrase-fd") is not None else None,
            keyfile=self.keyfile,
            standing_passphrase=standing_passphrase if standing else None,
            passphrase_prompt=lambda: ask.typed_passphrase(f"the passphrase of '{self.path}'"),
        )

    def open(self) -> Vault:
        """Open the vault; may ask the human. A vault that is cheap to guess comes with a hint."""
        from pyvault.vaultfile.vault import Vault

        vault = Vault.open(self.path, self.sources(), trust=self.trust, options=self.options)
        if vault.needs_renewal:
            console.hint(f"'{self.path}' costs less to guess than is wise today; pyvault vault passwd renews it")
        return vault

    def cost(self, policy: str | None) -> KdfCost:
        """Choose what a new passphrase slot costs.

        Args:
            policy: of ``--kdf``; else the setting ``kdf`` (PYVAULT_KDF), else ``default``.

        Raises:
            InvalidSettingError: no such policy.
        """
        from pyvault.vaultfile.kdf import KdfPolicy, choose_cost

        named = policy or self._settings.get("kdf") or KdfPolicy.DEFAULT
        try:
            return choose_cost(KdfPolicy(named))
        except ValueError:
            raise InvalidSettingError(f"there is no KDF policy '{named}'", hint="min, default or high") from None


def _vault_id(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise InvalidSettingError(f"'{text}' is not a vault id", hint="pyvault vault info shows it") from None


def _number(text: str, setting: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise InvalidSettingError(f"'{setting}' has to be a number, not '{text}'")
    return int(text)
