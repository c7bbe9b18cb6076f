"""Keys of slots of type 7, which a provider opens for who is allowed to: AWS KMS.

An ARN in a file is an address and no more: anybody can write one there. It is used only
if the user has named it. A provider that refuses, or that can't be reached, opens
nothing and ends nothing: another slot may open the vault.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Protocol

from pyvault.errors import CredentialsError, InvalidSettingError
from pyvault.files import witness
from pyvault.record import Record
from pyvault.sealing import BrokenSealError
from pyvault.trace import trace
from pyvault.vaultfile.format.external_key import parse_external
from pyvault.vaultfile.unlock.key_sources import Unlocked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pyvault.secret import Secret
    from pyvault.vaultfile.format.slots import Slot

VARIABLE, SETTING = "PYVAULT_KMS_KEY", "kms_keys in the section [unlock]"
PATTERN = re.compile(r"[A-Za-z0-9:/*_-]+")


class KmsCalls(Protocol):
    """The two calls of AWS KMS. Both raise CredentialsError with what AWS said, or AwsUnreachableError."""

    def encrypt(self, key: str, context: Mapping[str, str], plain: Secret[bytes]) -> bytes:
        """Return *plain* encrypted by the key with this ARN."""
        ...

    def decrypt(self, key: str, context: Mapping[str, str], ciphertext: bytes) -> Secret[bytes]:
        """Return what :meth:`encrypt` encrypted by this key and no other."""
        ...


class ExternalKeys(Record):
    """The KMS keys that may be used, and what calls them.

    Attributes:
        allowed: patterns of ARNs; ``*`` stands for any characters.
        calls: makes the client, when the first call is made.
    """

    allowed: tuple[str, ...]
    calls: Callable[[], KmsCalls]

    def allow(self, reference: str) -> bool:
        """Return whether the user named this key."""
        return any(_matches(pattern, reference) for pattern in self.allowed)


def encryption_context(vault_id: bytes, slot_id: bytes) -> dict[str, str]:
    """Return what KMS binds a wrapping key to, and writes into CloudTrail."""
    return {"pyvault:vault": vault_id.hex(), "pyvault:slot": slot_id.hex()}


def parse_patterns(text: str) -> tuple[str, ...]:
    """Return comma-separated patterns of ARNs.

    Raises:
        InvalidSettingError: one has other characters than an ARN and ``*``.
    """
    patterns = tuple(part.strip() for part in text.split(",") if part.strip())
    for pattern in patterns:
        if not PATTERN.fullmatch(pattern) or not pattern.startswith("arn:"):
            raise InvalidSettingError(
                f"{pattern!r} is not the ARN of a KMS key",
                hint=f"{VARIABLE} and {SETTING} have ARNs of keys, and * for any characters",
            )
    return patterns


class ExternalSlots(Record):
    """The slots of type 7 of one vault.

    Attributes:
        skipped: takes why a slot does not open it, for the error if nothing else does.
    """

    vault_id: bytes
    keys: ExternalKeys | None
    skipped: list[str]

    def opened(self, slots: Sequence[Slot]) -> Iterator[Unlocked]:
        """Yield the data key for each slot that its provider opens, one call after the other."""
        for slot in slots:
            held = parse_external(slot.params)
            if held is None:
                continue
            named = f"the slot {slot.slot_id.hex()} of the KMS key '{held.reference}' was skipped"
            if self.keys is None or not self.keys.allow(held.reference):
                self._skip(f"{named}: neither {VARIABLE} nor {SETTING} names that key")
                continue
            if witness.current is not None:
                witness.current.lose_sight()  # each command asks, so that a grant that is withdrawn counts
            try:
                context = encryption_context(self.vault_id, slot.slot_id)
                key = self.keys.calls().decrypt(held.reference, context, held.ciphertext)
                data_key = slot.open(key, self.vault_id)
            except CredentialsError as problem:  # refused, unreachable, or there is nobody to be
                self._skip(f"{named}: {problem.message}" + (f" ({problem.hint})" if problem.hint else ""))
            except BrokenSealError:
                self._skip(f"{named}: it was modified")
            else:
                yield Unlocked(data_key=data_key, slot_id=slot.slot_id, wrapping_key=key, external=True)

    def _skip(self, why: str) -> None:
        trace(__name__, "%s", why)
        self.skipped.append(why)


def _matches(pattern: str, text: str) -> bool:
    return re.fullmatch(".*".join(re.escape(part) for part in pattern.split("*")), text) is not None
