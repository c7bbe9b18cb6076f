"""The kinds of slots that this version makes, and recovery codes."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Protocol

from pyvault.errors import InvalidSettingError
from pyvault.record import Record
from pyvault.sealing import KEY_SIZE
from pyvault.secret import Secret
from pyvault.vaultfile.format.kdf import SALT_SIZE, KdfCost, KeyDerivation
from pyvault.vaultfile.format.slots import RECOVERY_FLAG, ParentVault, Slot, SlotType, child_params, new_slot_id
from pyvault.vaultfile.unlock.passphrase import normalise

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyvault.vaultfile.format.header import Header
    from pyvault.vaultfile.unlock.key_sources import Unlocked
    from pyvault.vaultfile.vault_options import VaultOptions


class Wrapping(Record):
    """What a new slot is made of: its clear parameters, and the wrapping key."""

    slot_type: SlotType
    key: Secret[bytes]
    flags: int = 0
    params: bytes = b""
    cost: KdfCost | None = None


class NewSlot(Protocol):
    """A way to unlock that is to be added to a vault."""

    @property
    def label(self) -> str | None:
        """A name for people, stored in the encrypted index."""
        ...

    def wrapping(self, vault_id: bytes, slot_id: bytes, derive: KeyDerivation) -> Wrapping:
        """Return the wrapping key and its parameters; may take as long as a KDF."""
        ...


class PassphraseSlot(Record):
    """Opened by a passphrase.

    Attributes:
        keep_data_key: takes the data key of a vault that is made with it; None unless a person typed it.
    """

    passphrase: Secret[str]
    cost: KdfCost
    label: str | None = None
    keep_data_key: Callable[[Header, Unlocked], None] | None = None

    def wrapping(self, vault_id: bytes, slot_id: bytes, derive: KeyDerivation) -> Wrapping:
        """Derive the key with a new salt."""
        del vault_id, slot_id
        return _derived(normalise(self.passphrase), self.cost, derive, flags=0)


class RecoverySlot(Record):
    """Opened by a recovery code of :func:`new_recovery_code`."""

    code: Secret[str]
    cost: KdfCost
    label: str | None = "recovery code"

    def wrapping(self, vault_id: bytes, slot_id: bytes, derive: KeyDerivation) -> Wrapping:
        """Derive the key with a new salt."""
        del vault_id, slot_id
        return _derived(normalise(self.code), self.cost, derive, flags=RECOVERY_FLAG)


class KeyFileSlot(Record):
    """Opened by the 32 bytes of a key file."""

    key: Secret[bytes]
    label: str | None = None

    def wrapping(self, vault_id: bytes, slot_id: bytes, derive: KeyDerivation) -> Wrapping:
        """Use the key as it is."""
        del vault_id, slot_id, derive
        return Wrapping(slot_type=SlotType.KEY_FILE, key=self.key)


class StoreKeySlot(Record):
    """Opened by a random key that another store keeps.

    Attributes:
        keep: stores the key for (vault id, slot id); called under the vault's
            lock, before the file that needs the key is written.
    """

    keep: Callable[[bytes, bytes, Secret[bytes]], None]
    label: str | None = None

    def wrapping(self, vault_id: bytes, slot_id: bytes, derive: KeyDerivation) -> Wrapping:
        """Make a random key and store it."""
        del derive
        key = Secret(secrets.token_bytes(KEY_SIZE))
        self.keep(vault_id, slot_id, key)
        return Wrapping(slot_type=SlotType.STORE_KEY, key=key)


class KmsSlot(Record):
    """Opened by whoever may decrypt with a KMS key.

    Attributes:
        reference: the ARN of the key.
        encrypt: takes the ids of vault and slot and a wrapping key, returns it encrypted.
    """

    reference: str
    encrypt: Callable[[bytes, bytes, Secret[bytes]], bytes]
    label: str | None = None

    def wrapping(self, vault_id: bytes, slot_id: bytes, derive: KeyDerivation) -> Wrapping:
        """Make a random key and have it encrypted."""
        del derive
        from pyvault.vaultfile.format.external_key import ExternalKey

        key = Secret(secrets.token_bytes(KEY_SIZE))
        held = ExternalKey(reference=self.reference, ciphertext=self.encrypt(vault_id, slot_id, key))
        return Wrapping(slot_type=SlotType.EXTERNAL, key=key, params=held.encode())


class ChildSlot(Record):
    """Opened by another vault, as long as that keeps its data key."""

    parent: ParentVault
    label: str | None = None

    def wrapping(self, vault_id: bytes, slot_id: bytes, derive: KeyDerivation) -> Wrapping:
        """Have the parent derive the key."""
        del slot_id, derive
        return Wrapping(slot_type=SlotType.CHILD, params=child_params(self.parent), key=self.parent.child_key(vault_id))


def make_slot(
    new: NewSlot, vault_id: bytes, data_key: Secret[bytes], options: VaultOptions
) -> tuple[Slot, Secret[bytes]]:
    """Return the new slot and its wrapping key.

    Raises:
        InvalidSettingError: the key derivation would be below the floor, or the
            passphrase is empty.
        NotEnoughMemoryError: this machine can't run the key derivation.
    """
    slot_id = new_slot_id()
    wrapping = new.wrapping(vault_id, slot_id, options.derive)
    if wrapping.cost is not None and wrapping.cost.is_below_floor() and not options.weak_kdf_for_tests:
        raise InvalidSettingError(
            f"a KDF with {wrapping.cost.memory} KiB and {wrapping.cost.passes} passes is too weak"
        )
    bare = Slot(slot_type=wrapping.slot_type, flags=wrapping.flags, slot_id=slot_id, params=wrapping.params, wrap=b"")
    return bare.rewrap(wrapping.key, vault_id, data_key), wrapping.key


def _derived(passphrase: Secret[bytes], cost: KdfCost, derive: KeyDerivation, *, flags: int) -> Wrapping:
    salt = secrets.token_bytes(SALT_SIZE)
    return Wrapping(
        slot_type=SlotType.PASSPHRASE,
        flags=flags,
        params=cost.encode(salt),
        cost=cost,
        key=derive(passphrase, salt, cost),
    )


ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 26
GROUP = 4
LOOKALIKES = str.maketrans("ILO", "110")


def new_recovery_code() -> Secret[str]:
    """Return a random recovery code: 26 characters, ungrouped."""
    return Secret("".join(secrets.choice(ALPHABET) for _ in range(LENGTH)))


def format_recovery_code(code: Secret[str]) -> Secret[str]:
    """Return a code in groups of four, for people."""
    return Secret("-".join(code.reveal()[start : start + GROUP] for start in range(0, len(code), GROUP)))


def parse_recovery_code(typed: Secret[str]) -> Secret[str] | None:
    """Return a typed code in its plain form; None if the input doesn't look like one."""
    code = Secret("".join(typed.reveal().upper().replace("-", "").split()).translate(LOOKALIKES))
    if len(code) != LENGTH or not set(code.reveal()) <= set(ALPHABET):
        return None
    return code
