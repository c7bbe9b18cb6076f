"""The options of the ``file`` backend, checked, and what follows from them.

Passphrases are no options. They are asked for, and whoever is asked knows
whether a descriptor, a variable or a human gives the answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.backend import Question
from pyvault.errors import ConfigError, InputRequiredError, InvalidSettingError, UsageError
from pyvault.files.file_checks import FileChecks
from pyvault.paths import expand_user, find_paths
from pyvault.record import Record
from pyvault.storage.backend_options import check_options, flag_option, seconds_option
from pyvault.vaultfile.disk.secret_file import refuse_key_as_path
from pyvault.vaultfile.format.header import ID_SIZE
from pyvault.vaultfile.format.kdf import GIB, MIB, KdfLimits, KdfPolicy, choose_cost
from pyvault.vaultfile.format.sealed_record import FINGERPRINT_SIZE
from pyvault.vaultfile.unlock.key_file import how_to_make, read_key_file
from pyvault.vaultfile.unlock.key_sources import UnlockSources
from pyvault.vaultfile.unlock.passphrase import read_passphrase_file
from pyvault.vaultfile.unlock.passphrase_sources import (
    KEY,
    NEW_PASSPHRASE_SOURCES,
    PASSPHRASE_SOURCES,
    key_of,
    origins_of,
    undisturbed_of,
)
from pyvault.vaultfile.vault_options import LOCK_SECONDS, VaultOptions

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pyvault.backend import Ask, Options
    from pyvault.secret import Secret
    from pyvault.vaultfile.unlock.new_slot import NewSlot

BACKEND = "file"
KNOWN = frozenset(
    {
        "path",
        "keyfile",
        "passphrase_file",
        "insecure_directory",
        "kdf",
        "kdf_memory_limit",
        "weak_passphrase",
        "expect_fingerprint",
        "expect_vault_id",
        "min_generation",
        "slot",
        "unlock_store",
        "lock_timeout",
    }
)
STORE_PREFIX = "unlock_store."
MOST_DIGITS = 20  # of a number: a generation has up to 64 bits
HIGHEST_MEMORY_LIMIT = 4 * GIB  # KiB; docs/vault-format.md, section 6


class VaultSettings(Record):
    """Where a vault file is, and how it is opened and made.

    Attributes:
        keyfile: a key file; with it a new vault gets no passphrase.
        passphrase_file: asked before the human is.
        kdf: how dear a new passphrase slot is.
        weak_passphrase: a new one may be short or well known; the cheapest KDF says so too.
        unlock_store: the backend that keeps the keys of slots of type 4.
        unlock_store_options: its options, which are given as ``unlock_store.KEY``.
        options: limits and expectations.
    """

    path: Path
    keyfile: Path | None
    passphrase_file: Path | None
    kdf: KdfPolicy
    weak_passphrase: bool
    unlock_store: str | None
    unlock_store_options: Options
    options: VaultOptions

    @classmethod
    def parse(cls, options: Options) -> VaultSettings:
        """Check the options.

        Raises:
            ConfigError: an unknown one, or a value that can't be.
        """
        own = {key: value for key, value in options.items() if not key.startswith(STORE_PREFIX)}
        check_options(BACKEND, own, known=KNOWN)
        path = options.get("path")
        kdf = _policy(options)
        return cls(
            path=expand_user(path) if path else find_paths({}).vault,
            keyfile=_path(options, "keyfile"),
            passphrase_file=_path(options, "passphrase_file"),
            kdf=kdf,
            weak_passphrase=flag_option(BACKEND, options, "weak_passphrase") or kdf is KdfPolicy.MIN,
            unlock_store=options.get("unlock_store"),
            unlock_store_options={
                key.removeprefix(STORE_PREFIX): value for key, value in options.items() if key.startswith(STORE_PREFIX)
            },
            options=VaultOptions(
                checks=FileChecks(modes=False) if flag_option(BACKEND, options, "insecure_directory") else FileChecks(),
                limits=KdfLimits(memory=_memory_limit(options)),
                lock_timeout=seconds_option(BACKEND, options, "lock_timeout", LOCK_SECONDS),
                expect_vault_id=_vault_id(options),
                expect_fingerprints=_fingerprints(options),
                min_generation=_number(options, "min_generation"),
                slot=options.get("slot") or None,
            ),
        )

    def sources(
        self, ask: Ask, *, wrapping_key: Callable[[bytes, bytes], Secret[bytes] | None] | None = None
    ) -> UnlockSources:
        """Say what opens the vault; :class:`UnlockSources` has the order.

        Args:
            ask: gives the passphrase, and where it can, says whose it is.
            wrapping_key: the store of ``unlock_store``, if there is one.
        """
        question = Question(key="passphrase", prompt=f"passphrase for '{self.path}'", sources=PASSPHRASE_SOURCES)
        file = self.passphrase_file
        standing = None if file is None else lambda: read_passphrase_file(file)
        origins = origins_of(ask)
        if origins is None:
            return UnlockSources(
                keyfile=self.keyfile,
                key=self.key_from_ask(ask),
                passphrase_from_environment=standing,
                wrapping_key=wrapping_key,
                passphrase_prompt=lambda: ask(question),
            )
        return UnlockSources(
            passphrase=origins.passphrase_from_flag(),
            keyfile=self.keyfile,
            key=self.key_from_ask(ask),
            passphrase_from_environment=standing or origins.passphrase_from_environment(),
            wrapping_key=wrapping_key,
            passphrase_prompt=lambda: origins.passphrase_from_prompt(question),
            passphrase_again=lambda: origins.passphrase_from_prompt(question, wrong=True),
            undisturbed=undisturbed_of(ask),
        )

    def key_from_ask(self, ask: Ask) -> Secret[bytes] | None:
        """Return what is in a key file, given without the file; None if it isn't.

        Raises:
            UsageError: there is a key file too.
            InvalidSettingError: it isn't the text of a key file.
        """
        key = key_of(ask)
        if key is not None and self.keyfile is not None:
            raise UsageError(f"Can't use {KEY} with a key file, and '{self.keyfile}' is one")
        return key

    def new_slots(self, ask: Ask) -> list[NewSlot]:
        """Say what shall open a new vault: the key file or its key if there is one, else a passphrase.

        Raises:
            ConfigError: the key file is not there.
            InputRequiredError: nobody can give a passphrase, or the one given is weak.
        """
        from pyvault.vaultfile.unlock.new_slot import KeyFileSlot, PassphraseSlot
        from pyvault.vaultfile.unlock.passphrase import check_new_passphrase

        if (key := self.key_from_ask(ask)) is not None:
            return [KeyFileSlot(key=key, label=KEY)]
        if self.keyfile is not None:
            key = read_key_file(self.keyfile, missing_hint=how_to_make(self.keyfile))
            return [KeyFileSlot(key=key, label=str(self.keyfile))]
        if self.passphrase_file is not None:
            passphrase = read_passphrase_file(self.passphrase_file)
        else:
            question = Question(
                key="new-passphrase",
                prompt=f"new passphrase for '{self.path}'",
                sources=NEW_PASSPHRASE_SOURCES + PASSPHRASE_SOURCES,
            )
            try:
                passphrase = ask(question)
            except InputRequiredError as exc:
                exc.hint = exc.hint or "with PYVAULT_BACKEND=memory no vault is made, and nothing is kept"
                raise
        if not self.weak_passphrase:
            check_new_passphrase(passphrase)
        return [PassphraseSlot(passphrase=passphrase, cost=choose_cost(self.kdf))]


def _path(options: Options, key: str) -> Path | None:
    if key == "keyfile":
        refuse_key_as_path(options.get(key, ""), "PYVAULT_KEYFILE, or the option 'keyfile',")
    return expand_user(options[key]) if options.get(key) else None


def _policy(options: Options) -> KdfPolicy:
    try:
        return KdfPolicy(options.get("kdf", KdfPolicy.DEFAULT))
    except ValueError:
        raise InvalidSettingError(f"the kdf is {options['kdf']!r}", hint=f"one of {', '.join(KdfPolicy)}") from None


def _vault_id(options: Options) -> bytes | None:
    text = options.get("expect_vault_id")
    if text is None:
        return None
    try:
        vault_id = bytes.fromhex(text)
    except ValueError:
        vault_id = b""
    if len(vault_id) != ID_SIZE:
        raise InvalidSettingError(f"the expected vault id {text!r} is not {2 * ID_SIZE} hex digits")
    return vault_id


def _fingerprints(options: Options) -> frozenset[bytes]:
    text = options.get("expect_fingerprint")
    if text is None:
        return frozenset()
    return frozenset(_parse_fingerprint(part.strip()) for part in text.split(","))


def _parse_fingerprint(text: str) -> bytes:
    try:
        fingerprint = bytes.fromhex(text)
    except ValueError:
        fingerprint = b""
    if len(fingerprint) != FINGERPRINT_SIZE:
        raise InvalidSettingError(
            f"the expected fingerprint {text!r} is not {2 * FINGERPRINT_SIZE} hex digits",
            hint="pyvault vault verify shows the vault's; several stand with commas between",
        )
    return fingerprint


def _number(options: Options, key: str) -> int | None:
    text = options.get(key)
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS):
        raise ConfigError(f"the option '{key}' of '{BACKEND}' is {text!r}, not a number")
    return int(text)


def _memory_limit(options: Options) -> int:
    mebibytes = _number(options, "kdf_memory_limit")
    limit = KdfLimits().memory if mebibytes is None else mebibytes * MIB
    if limit > HIGHEST_MEMORY_LIMIT:
        raise InvalidSettingError(f"the option 'kdf_memory_limit' is over {HIGHEST_MEMORY_LIMIT // MIB} MiB")
    return limit
