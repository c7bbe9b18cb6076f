"""The unlock cache: the data key of a vault whose passphrase a person typed, or that a KMS key opened, for a while.

A command that found no other key asks at the terminal, and the next ones don't. It is
filled by a terminal prompt alone: a variable, a file or a descriptor answers the next
command too, and a key file is as quick. Nothing that is fast to compute from a
passphrase is kept. What a KMS key opened is kept only if the user has set for how
long, and so long whether it is used or not: until then, nobody asks whether the grant
is still there.

What is kept belongs to one key slot. Where that slot is gone, by a new passphrase or a
rekey on any machine, it opens nothing.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from pyvault import clock
from pyvault.errors import InvalidSettingError
from pyvault.files import witness
from pyvault.interruptions import suppressing
from pyvault.login.kept_keys import KeptKey
from pyvault.login.lifetime import Lifetime
from pyvault.secret import Secret
from pyvault.vaultfile.format.slots import SLOT_ID_SIZE, SlotType

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from pyvault.clock import Moment
    from pyvault.login.kept_keys import KeptKeys
    from pyvault.vaultfile.format.header import Header
    from pyvault.vaultfile.format.slots import Slot
    from pyvault.vaultfile.unlock.key_sources import Unlocked

VARIABLE, SETTING, EXTERNAL_SETTING = "PYVAULT_UNLOCK_TTL", "unlock.ttl", "unlock.external_ttl"
PURPOSE = "unlock"
DEFAULT_TTL = timedelta(hours=1)
LONGEST = timedelta(hours=12)
EPOCH_SIZE = 8
OFF = frozenset({"0", "0s"})


class UnlockCache:
    """The data keys of this login's vaults, by vault id.

    Attributes:
        idle: how long a key that is kept now lasts without a use.
        most: how long it lasts at most.
        external: how long one lasts that a KMS key opened, used or not; None if none is kept.
    """

    def __init__(
        self,
        keys: KeptKeys,
        *,
        idle: timedelta,
        external: timedelta | None = None,
        used: bool = True,
        now: Callable[[], Moment] = clock.moment,
    ) -> None:
        """Take what keeps the keys.

        Args:
            keys: of the purpose PURPOSE.
            idle: how long a key lasts without a use.
            external: see above.
            used: False for a command that always asks: it finds nothing here.
            now: the time.
        """
        self._keys = keys
        self._used = used
        self._now = now
        self._keep: Callable[[str, KeptKey], None] | None = None
        self.idle = idle
        self.most = LONGEST
        self.external = external

    def find(self, header: Header) -> Secret[bytes] | None:
        """Return the data key of a vault; None if there is none, or it doesn't belong to this state of the vault."""
        kept = self._keys.find(header.vault_id.hex()) if self._used else None
        data_key = None if kept is None else self._data_key(kept, header)
        if kept is not None and data_key is not None and witness.current is not None:
            witness.current.saw_unlocked(self._end(kept))
        return data_key

    def until(self, header: Header) -> datetime | None:
        """Return when the key of a vault ends unless it is used; None if there is none."""
        kept = self._keys.look(header.vault_id.hex())
        if kept is None or self._data_key(kept, header) is None:
            return None
        return self._end(kept)

    def _end(self, kept: KeptKey) -> datetime:
        now = self._now()
        return clock.from_epoch((now.wall + kept.lifetime.left(now)) // 1000)

    def prepare(self) -> None:
        """Get ready to keep a key, before the person is asked: a lock in the meantime counts.

        Where nothing can be kept, there is no cache.
        """
        with suppressing(OSError):
            self.require()

    def require(self) -> None:
        """Get ready to keep a key.

        Raises:
            OSError: nothing can be kept here.
        """
        self._keep = self._keys.keeper(seconds=int(LONGEST.total_seconds()))

    def keep(self, header: Header, unlocked: Unlocked) -> None:
        """Keep the data key that a person's passphrase opened, or a KMS key, if :meth:`prepare` could."""
        slot = _slot_of(header, unlocked.slot_id)
        life = None if slot is None else self._life(slot)
        if self._keep is None or slot is None or life is None:
            return
        idle, most = life
        lifetime = Lifetime.begin(self._now(), idle=idle, most=most)
        content = header.key_epoch.to_bytes(EPOCH_SIZE, "big") + slot.slot_id + unlocked.data_key.reveal()
        with suppressing(OSError):  # a full disk: the vault is open all the same
            self._keep(header.vault_id.hex(), KeptKey(lifetime=lifetime, key=Secret(content)))

    def drop(self, vault_id: bytes) -> None:
        """Forget the key of a vault."""
        self._keys.drop(vault_id.hex())

    def _life(self, slot: Slot) -> tuple[timedelta, timedelta] | None:
        """Return how long a key of this slot lasts without a use, and at most; None if it is not kept."""
        if slot.slot_type == SlotType.PASSPHRASE:
            return self.idle, self.most
        if slot.slot_type == SlotType.EXTERNAL and self.external is not None:
            return self.external, self.external
        return None

    def _data_key(self, kept: KeptKey, header: Header) -> Secret[bytes] | None:
        content = kept.key.reveal()
        epoch, slot_id = content[:EPOCH_SIZE], content[EPOCH_SIZE : EPOCH_SIZE + SLOT_ID_SIZE]
        slot = _slot_of(header, slot_id)
        if int.from_bytes(epoch, "big") != header.key_epoch or slot is None or self._life(slot) is None:
            return None
        if slot.slot_type == SlotType.EXTERNAL and witness.current is not None:
            witness.current.lose_sight()  # an answer that is kept would outlive the key
        return Secret(content[EPOCH_SIZE + SLOT_ID_SIZE :])


def find_ttl(environ: Mapping[str, str], configured: str | None) -> timedelta | None:
    """Return how long a data key is kept without a use; None if none is kept.

    Args:
        environ: ``PYVAULT_UNLOCK_TTL`` overrides the setting.
        configured: ``[unlock] ttl`` of config.toml.

    Raises:
        InvalidSettingError: it is no duration, or longer than LONGEST.
    """
    text, what = environ.get(VARIABLE), VARIABLE
    if not text:
        text, what = configured, SETTING
    if text is None:
        return DEFAULT_TTL
    return None if text in OFF else parse_ttl(text, what=what)


def find_external_ttl(configured: str | None) -> timedelta | None:
    """Return how long a data key is kept that a KMS key opened; None if none is.

    Args:
        configured: ``[unlock] external_ttl`` of config.toml.

    Raises:
        InvalidSettingError: it is no duration, or longer than LONGEST.
    """
    return None if configured is None or configured in OFF else parse_ttl(configured, what=EXTERNAL_SETTING)


def parse_ttl(text: str, *, what: str) -> timedelta:
    """Return a duration for which a data key can be kept.

    Raises:
        InvalidSettingError: it is no duration, or longer than LONGEST.
    """
    from pyvault.config.values import parse_duration

    duration = parse_duration(text, what=what)
    if duration > LONGEST:
        raise InvalidSettingError(f"{what}: {text!r} is longer than 12 hours", hint="use 12h or less")
    return duration


def _slot_of(header: Header, slot_id: bytes | None) -> Slot | None:
    return next((slot for slot in header.slots if slot.slot_id == slot_id), None)
