"""How much work one passphrase may cause in total, whatever the slots of a file ask for.

:mod:`pyvault.vaultfile.format.kdf` bounds each slot; several together could still keep a
machine busy for a minute. Slots over the budget are not tried, and the error names them:
``--slot`` tries one alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.errors import UsageError, WrongKeyError
from pyvault.record import MutableRecord, field
from pyvault.vaultfile.format.kdf import GIB, PARAMS
from pyvault.vaultfile.format.slots import Slot, SlotType
from pyvault.vaultfile.state.entries import kind_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyvault.vaultfile.format.kdf import KdfCost

#: KiB times passes: two slots of ``--kdf high``, or eight of the most expensive default.
UNLOCK_BUDGET = 6 * GIB


class Budget(MutableRecord):
    """What is left for one passphrase.

    Attributes:
        tries: slots that may still be tried.
        work: KiB times passes that may still be spent.
        untried: slots that were over the budget.
    """

    tries: int
    work: int = UNLOCK_BUDGET
    untried: list[Slot] = field(default_factory=list[Slot])

    def affords(self, slot: Slot, cost: KdfCost) -> bool:
        """Return whether a slot may be tried, and charge it to the budget."""
        if not self.tries or cost.work > self.work:
            self.untried.append(slot)
            return False
        self.tries -= 1
        self.work -= cost.work
        return True

    def wrong_passphrase(self, path: object) -> WrongKeyError:
        """Return the error for a passphrase that opened none of the slots that were tried."""
        message = f"wrong passphrase for '{path}', or the slot was modified"
        if not self.untried:
            return WrongKeyError(message)
        from pyvault.surface import argument

        slot = argument("options", {"slot": self.untried[0].slot_id.hex()})
        named = ", ".join(f"{kind_of(slot)} {slot.slot_id.hex()}" for slot in self.untried)
        return WrongKeyError(
            f"{message}; not tried, to limit the work for one passphrase: {named}",
            hint=f"{slot} tries that one alone",
        )


def chosen_slots(slots: tuple[Slot, ...], only: str, path: object) -> tuple[Slot, ...]:
    """Return the slots to try: the one that the user named.

    Args:
        only: the slot's id, the beginning of its id, or its kind; labels are sealed until the vault is open.
        path: of the vault, for the message.

    Raises:
        UsageError: there is not exactly one.
    """
    wanted = only.lower()
    found = tuple(slot for slot in slots if kind_of(slot) == wanted)
    found = found or tuple(slot for slot in slots if slot.slot_id.hex().startswith(wanted))
    if len(found) != 1:
        raise UsageError(
            f"'{path}' has {'several slots' if found else 'no slot'} '{only}'",
            hint="'pyvault vault info' shows the ids; a label can't be used, because labels are encrypted",
        )
    return found


def check_budget(before: Iterable[Slot], after: Iterable[Slot]) -> None:
    """Refuse a change that makes it too expensive to try one passphrase on all slots.

    Raises:
        UsageError: the slots would cost too much together, and more than before.
    """
    total = _work(after)
    if total > UNLOCK_BUDGET and total > _work(before):
        raise UsageError(
            f"the passphrase slots would cost {total / GIB:.1f} GiB-passes together, over the limit of "
            f"{UNLOCK_BUDGET // GIB} for one passphrase",
            hint="use --kdf min or --kdf default, or remove a slot with pyvault vault slot remove",
        )


def _work(slots: Iterable[Slot]) -> int:
    """Return the work of all passphrase slots; those of a later version are never tried."""
    total = 0
    for slot in slots:
        if slot.slot_type == SlotType.PASSPHRASE and slot.is_known() and len(slot.params) == PARAMS.size:
            _kdf, _lanes, _reserved, passes, memory, _salt = PARAMS.unpack(slot.params)
            total += passes * memory
    return total
