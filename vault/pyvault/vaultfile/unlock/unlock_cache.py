"""The unlock cache: the data key of a vault whose passphrase a person typed, for a while.

A command that found no other key asks at the terminal, and the next ones don't. It is
filled by a terminal prompt alone: a variable, a file or a descriptor answers the next
command too, and a key file is as quick. Nothing that is fast to compute from a
passphrase is kept.

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
    from pyvault.vaultfile.unlock.key_sources import Unlocked

VARIABLE, SETTING = "PYVAULT_UNLOCK_TTL", "unlock.ttl"
PURPOSE = "unlock"
DEFAULT_TTL = timedelta(hours=1)
LONGEST = timedelta(hours=12)
EPOCH_SIZE = 8
OFF = frozenset({"0", "0s"})

#: The kinds of slots whose data key may be kept. One that asks a service each time, so that the
#: service can refuse, is not among them without a setting of its own.
KEPT_TYPES = frozenset({SlotType.PASSPHRASE})


class UnlockCache:
    """The data keys of this login's vaults, by vault id.

    Attributes:
        idle: how long a key that is kept now lasts without a use.
        most: how long it lasts at most.
    """

    def __init__(
        self, keys: KeptKeys, *, idle: timedelta, used: bool = True, now: Callable[[], Moment] = clock.moment
    ) -> None:
        """Take what keeps the keys.

        Args:
            keys: of the purpose PURPOSE.
            idle: how long a key lasts without a use.
            used: False for a command that always asks: it finds nothing here.
            now: the time.
        """
        self._keys = keys
        self._used = used
        self._now = now
        self._keep: Callable[[str, KeptKey], None] | None = None
        self.idle = idle
        self.most = LONGEST

    def find(self, header: Header) -> Secret[bytes] | None:
        """Return the data key of a vault; None if there is none, or it doesn't belong to this state of the vault."""
        kept = self._keys.find(header.vault_id.hex()) if self._used else None
        if kept is not None and witness.current is not None:
            witness.current.saw_unlocked(self._end(kept))
        return None if kept is None else _data_key(kept, header)

    def until(self, header: Header) -> datetime | None:
        """Return when the key of a vault ends unless it is used; None if there is none."""
        kept = self._keys.look(header.vault_id.hex())
        if kept is None or _data_key(kept, header) is None:
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
        """Keep the data key that a person's passphrase opened, if :meth:`prepare` could."""
        slot = next((slot for slot in header.slots if slot.slot_id == unlocked.slot_id), None)
        if self._keep is None or slot is None or slot.slot_type not in KEPT_TYPES:
            return
        lifetime = Lifetime.begin(self._now(), idle=self.idle, most=self.most)
        content = header.key_epoch.to_bytes(EPOCH_SIZE, "big") + slot.slot_id + unlocked.data_key.reveal()
        with suppressing(OSError):  # a full disk: the vault is open all the same
            self._keep(header.vault_id.hex(), KeptKey(lifetime=lifetime, key=Secret(content)))

    def drop(self, vault_id: bytes) -> None:
        """Forget the key of a vault."""
        self._keys.drop(vault_id.hex())


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


def _data_key(kept: KeptKey, header: Header) -> Secret[bytes] | None:
    content = kept.key.reveal()
    epoch, slot_id = content[:EPOCH_SIZE], content[EPOCH_SIZE : EPOCH_SIZE + SLOT_ID_SIZE]
    if int.from_bytes(epoch, "big") != header.key_epoch or all(slot.slot_id != slot_id for slot in header.slots):
        return None
    return Secret(content[EPOCH_SIZE + SLOT_ID_SIZE :])
