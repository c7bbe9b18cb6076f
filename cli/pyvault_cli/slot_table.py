"""Key slots, for people and for programs. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyvault.vaultfile.entries import SlotInfo

KIB_PER_MIB = 1024


def slot_as_text(slot: SlotInfo) -> str:
    """Describe a slot in one line."""
    parts = [slot.slot_id.hex(), slot.kind]
    if slot.cost is not None:
        parts.append(f"Argon2id {slot.cost.memory // KIB_PER_MIB} MiB x {slot.cost.passes}")
    if slot.label:
        parts.append(f"'{slot.label}'")
    if slot.unlocked_this:
        parts.append("(in use)")
    return "  ".join(parts)


def slot_as_json(slot: SlotInfo) -> dict[str, object]:
    """Describe a slot as JSON has it; null where it does not apply."""
    return {
        "id": slot.slot_id.hex(),
        "kind": slot.kind,
        "label": slot.label,
        "memory_kib": slot.cost.memory if slot.cost else None,
        "passes": slot.cost.passes if slot.cost else None,
        "lanes": slot.cost.lanes if slot.cost else None,
    }
