"""The options of the ``file`` backend, checked, and what follows from them.

Passphrases are not options. They are asked for, and the ``Ask`` knows
whether a descriptor, a variable or a person answers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.backend import Question
from pyvault.errors import ConfigError, InputRequiredError, InvalidSettingError, UsageError
from pyvault.files.file_checks import FileChecks
from pyvault.paths import current_environment, expand_user, find_paths
from pyvault.record import Record, replace
from pyvault.storage.backend_options import check_options, flag_option, seconds_option
from pyvault.vaultfile.disk.local_place import LocalPlace
from pyvault.vaultfile.disk.secret_file import refuse_key_as_path
from pyvault.vaultfile.format.header import ID_SIZE
from pyvault.vaultfile.format.kdf import GIB, MIB, KdfLimits, KdfPolicy, choose_cost
from pyvault.vaultfile.format.sealed_record import FINGERPRINT_SIZE
from pyvault.vaultfile.unlock.key_file import how_to_make, read_key_file, without_a_person
from pyvault.vaultfile.unlock.key_sources import UnlockSources
from pyvault.vaultfile.unlock.passphrase_sources import (
    KEY,
    NEW_PASSPHRASE_SOURCES,
    PASSPHRASE_SOURCES,
    asks_a_person,
    is_typed_new,
    key_of,
    origins_of,
    undisturbed_of,
)
from pyvault.vaultfile.vault_options import LOCK_SECONDS, VaultOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from pyvault.backend import Ask, Options
    from pyvault.secret import Secret
    from pyvault.vaultfile.format.header import Header
    from pyvault.vaultfile.place import Place
    from pyvault.vaultfile.unlock.external_keys import ExternalKeys, KmsCalls
    from pyvault.vaultfile.unlock.key_sources import Unlocked
    from pyvault.vaultfile.unlock.new_slot import NewSlot
    from pyvault.vaultfile.unlock.unlock_cache import UnlockCache

BACKEND = "file"
#: Of a vault in a bucket.
S3_OPTIONS = (
    "region",
    "endpoint_url",
    "expected_bucket_owner",
    "aws_profile",
    "connect_timeout",
    "read_timeout",
    "max_stale",
)
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
        *S3_OPTIONS,
        "kms_key",
        "kms_keys",
    }
)
S3_SCHEME = "s3:"
STORE_PREFIX = "unlock_store."
MOST_DIGITS = 20  # of a number: a generation has up to 64 bits
HIGHEST_MEMORY_LIMIT = 4 * GIB  # KiB; docs/vault-format.md, section 6


class VaultSettings(Record, unshown=("environ",), uncompared=("environ",)):  # it may hold secrets
    """Where a vault file is, and how it is opened and made.

    Attributes:
        keyfile: a key file; with it a new vault gets no passphrase.
        passphrase_file: read before the user is asked.
        kdf: how expensive a new passphrase slot is.
        weak_passphrase: a new one may be short or well known; the cheapest KDF implies it.
        unlock_store: the backend that keeps the keys of slots of type 4.
        unlock_store_options: its options, passed as ``unlock_store.KEY``.
        kms_keys: patterns of the ARNs of KMS keys that may be asked to open slots of type 7.
        aws_profile: whose credentials reach KMS; None for the machine's own.
        environ: has those.
        options: limits and expectations.
    """

    place: Place
    keyfile: Path | None
    passphrase_file: Path | None
    kdf: KdfPolicy
    weak_passphrase: bool
    unlock_store: str | None
    unlock_store_options: Options
    kms_keys: tuple[str, ...] = ()
    aws_profile: str | None = None
    environ: Mapping[str, str]
    options: VaultOptions

    @classmethod
    def parse(cls, options: Options, environ: Mapping[str, str] | None = None) -> VaultSettings:
        """Return the settings that the options make.

        Args:
            options: of the backend.
            environ: where files are, and what gives this machine its own credentials; the one that counts by default.

        Raises:
            ConfigError: an unknown option, or an invalid value.
        """
        check_options(BACKEND, {key: options[key] for key in options if not key.startswith(STORE_PREFIX)}, known=KNOWN)
        kdf = _policy(options)
        environ = current_environment() if environ is None else environ
        return cls(
            place=_place(options, environ),
            keyfile=_path(options, "keyfile"),
            passphrase_file=_path(options, "passphrase_file"),
            kdf=kdf,
            weak_passphrase=flag_option(BACKEND, options, "weak_passphrase") or kdf is KdfPolicy.MIN,
            unlock_store=options.get("unlock_store"),
            unlock_store_options={
                key.removeprefix(STORE_PREFIX): value for key, value in options.items() if key.startswith(STORE_PREFIX)
            },
            kms_keys=_kms_keys(options),
            aws_profile=options.get("aws_profile") or None,
            environ=environ,
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
        self,
        ask: Ask,
        *,
        wrapping_key: Callable[[bytes, bytes], Secret[bytes] | None] | None = None,
        cache: Callable[[], UnlockCache | None] = lambda: None,
    ) -> UnlockSources:
        """Return what opens the vault; :class:`UnlockSources` has the order.

        Args:
            ask: answers with the passphrase, and may know its origin.
            wrapping_key: looks into the store of ``unlock_store``, if there is one.
            cache: returns what has the data key if somebody typed the passphrase before; called when no
                earlier source opens the vault.
        """
        question = Question(key="passphrase", prompt=f"passphrase for '{self.place}'", sources=PASSPHRASE_SOURCES)
        file = self.passphrase_file
        sources = UnlockSources(
            keyfile=self.keyfile,
            key=self.key_from_ask(ask),
            passphrase_from_environment=None if file is None else lambda: _passphrase_in(file),
            cached_data_key=lambda header: found.find(header) if (found := cache()) else None,
            wrapping_key=wrapping_key,
            external=self.external_keys(cache) if self.kms_keys else None,
            passphrase_prompt=lambda: ask(question),
        )
        origins = origins_of(ask)
        if origins is None:
            return sources
        kept = cache if asks_a_person(ask) else lambda: None

        def prompt() -> Secret[str]:
            if (found := kept()) is not None:
                found.prepare()
            return origins.passphrase_from_prompt(question)

        def keep(header: Header, unlocked: Unlocked) -> None:
            if (found := cache() if unlocked.external else kept()) is not None:
                found.keep(header, unlocked)

        return replace(
            sources,
            keep_data_key=keep,
            passphrase=origins.passphrase_from_flag(),
            passphrase_from_environment=sources.passphrase_from_environment or origins.passphrase_from_environment(),
            passphrase_prompt=prompt,
            passphrase_again=lambda: origins.passphrase_from_prompt(question, wrong=True),
            undisturbed=undisturbed_of(ask),
        )

    def external_keys(self, cache: Callable[[], UnlockCache | None] = lambda: None) -> ExternalKeys:
        """Return what opens slots of type 7; nothing is imported or called yet.

        Args:
            cache: returns what may keep the data key that one of them opens; called before the provider is.
        """
        from pyvault.vaultfile.unlock.external_keys import ExternalKeys

        def calls() -> KmsCalls:
            if (found := cache()) is not None and found.external is not None:
                found.prepare()
            return self._kms()

        return ExternalKeys(allowed=self.kms_keys, calls=calls)

    def _kms(self) -> KmsCalls:
        from pyvault.aws.kms import BotoKms

        return BotoKms(self.environ, self.aws_profile)

    def key_from_ask(self, ask: Ask) -> Secret[bytes] | None:
        """Return the key of a key file that came without the file; None if there is none.

        Raises:
            UsageError: there is a key file too.
            InvalidSettingError: it isn't the text of a key file.
        """
        key = key_of(ask)
        if key is not None and self.keyfile is not None:
            raise UsageError(f"can't use {KEY} together with the key file '{self.keyfile}'", hint="use one of the two")
        return key

    def new_slots(self, ask: Ask, *, cache: Callable[[], UnlockCache | None] = lambda: None) -> list[NewSlot]:
        """Return the slots of a new vault: the key file or its key if there is one, else a passphrase.

        Args:
            ask: answers with a new passphrase.
            cache: returns what keeps the data key if a person types it.

        Raises:
            ConfigError: the key file is not there.
            InputRequiredError: nobody can be asked for a passphrase, or the passphrase is weak.
        """
        from pyvault.vaultfile.unlock.new_slot import KeyFileSlot, PassphraseSlot
        from pyvault.vaultfile.unlock.passphrase import check_new_passphrase, read_passphrase_file

        if (key := self.key_from_ask(ask)) is not None:
            return [KeyFileSlot(key=key, label=KEY)]
        if self.keyfile is not None:
            key = read_key_file(self.keyfile, missing_hint=how_to_make(self.keyfile))
            return [KeyFileSlot(key=key, label=str(self.keyfile))]
        kept = None
        if self.passphrase_file is not None:
            passphrase = read_passphrase_file(self.passphrase_file)
        else:
            question = Question(
                key="new-passphrase",
                prompt=f"new passphrase for '{self.place}'",
                sources=NEW_PASSPHRASE_SOURCES + PASSPHRASE_SOURCES,
            )
            if (kept := cache()) is not None:
                kept.prepare()
            try:
                passphrase = ask(question)
            except InputRequiredError as exc:
                exc.hint = exc.hint or without_a_person()
                raise
        if not self.weak_passphrase:
            check_new_passphrase(passphrase)
        keep = kept.keep if kept is not None and is_typed_new(ask) else None
        return [PassphraseSlot(passphrase=passphrase, cost=choose_cost(self.kdf), keep_data_key=keep)]


def _passphrase_in(file: Path) -> Secret[str]:
    from pyvault.vaultfile.unlock.passphrase import read_passphrase_file

    return read_passphrase_file(file)


def _place(options: Options, environ: Mapping[str, str]) -> Place:
    path = options.get("path")
    if path and path[: len(S3_SCHEME)].lower() == S3_SCHEME:
        from pyvault.vaultfile.s3.s3_options import parse_s3_place

        return parse_s3_place(BACKEND, options, environ)
    return LocalPlace(expand_user(path) if path else find_paths(environ).vault)


def _path(options: Options, key: str) -> Path | None:
    if key == "keyfile":
        refuse_key_as_path(options.get(key, ""), "PYVAULT_KEYFILE, or the option 'keyfile',")
    return expand_user(options[key]) if options.get(key) else None


def _kms_keys(options: Options) -> tuple[str, ...]:
    named = ",".join(options.get(key, "") for key in ("kms_key", "kms_keys")).strip(",")
    if not named:
        return ()
    from pyvault.vaultfile.unlock.external_keys import parse_patterns

    return parse_patterns(named)


def _policy(options: Options) -> KdfPolicy:
    try:
        return KdfPolicy(options.get("kdf", KdfPolicy.DEFAULT))
    except ValueError:
        raise InvalidSettingError(
            f"the option 'kdf' is {options['kdf']!r}", hint=f"use one of {', '.join(KdfPolicy)}"
        ) from None


def _vault_id(options: Options) -> bytes | None:
    text = options.get("expect_vault_id")
    return None if text is None else _parse_hex(text, ID_SIZE, "the expected vault id")


def _fingerprints(options: Options) -> frozenset[bytes]:
    text = options.get("expect_fingerprint")
    if text is None:
        return frozenset()
    hint = "'pyvault vault verify' shows the vault's; separate several with commas"
    parts = (part.strip() for part in text.split(","))
    return frozenset(_parse_hex(part, FINGERPRINT_SIZE, "the expected fingerprint", hint) for part in parts)


def _parse_hex(text: str, size: int, what: str, hint: str | None = None) -> bytes:
    try:
        parsed = bytes.fromhex(text)
    except ValueError:
        parsed = b""
    if len(parsed) != size:
        raise InvalidSettingError(f"{what} {text!r} is not {2 * size} hex digits", hint=hint)
    return parsed


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
