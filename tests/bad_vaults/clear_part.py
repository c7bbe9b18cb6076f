"""What is wrong in the clear: magic, version, bounds, lengths, slots, and the HMAC over them."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from bad_vaults.build import MAGIC, Plan, Slot, by_passphrase, made_up
from bad_vaults.row import BY_KEY, WITH_KEY, WITHOUT_KEY, Row, refused

HEADER = "4, HEADER"
RULE = "4, RULE"
SLOT = "4, SLOT"
HMAC = "4, HMAC"


def rows() -> Iterator[Row]:
    yield from _kind_of_file()
    yield from _bounds()
    yield from _lengths()
    yield from _slots()
    yield from _modified()


def _kind_of_file() -> Iterator[Row]:
    def bad(name: str, what: str, kind: str, content: bytes | Plan) -> Row:
        return refused(name, what, kind, WITHOUT_KEY, HEADER, content)

    yield bad("empty", "no byte at all", "not-a-vault", b"")
    yield bad("magic-other", "the last byte of the magic is 00", "not-a-vault", Plan(magic=MAGIC[:-1] + b"\0"))
    text = Plan(records=()).build("magic-text-mode").replace(b"\r\n", b"\n")
    yield bad("magic-text-mode", "CR LF became LF everywhere, as a transfer in text mode does", "not-a-vault", text)
    yield bad("magic-only", "the magic and nothing behind it", "wrong-length", MAGIC)
    yield bad("version-0", "format_version is 0", "unsupported", Plan(version=0))
    yield bad("version-2", "format_version is 2, everything else is as in version 1", "unsupported", Plan(version=2))
    yield bad("suite-2", "suite is 2", "unsupported", Plan(suite=2))
    yield bad("critical-flag", "the highest of the critical flags is set", "unsupported", Plan(critical=1 << 31))
    yield bad("reserved-not-0", "the reserved field at offset 66 is 1", "unsupported", Plan(reserved=1))


def _bounds() -> Iterator[Row]:
    def bad(name: str, what: str, plan: Plan) -> Row:
        return refused(name, what, "damaged-header", WITHOUT_KEY, HEADER, plan)

    yield bad("generation-0", "generation is 0; the first is 1", Plan(generation=0))
    yield bad("epoch-0", "key_epoch is 0; the first is 1", Plan(epoch=0))
    yield bad("slots-none", "slot_count is 0 and slots_len is 0", Plan(slots=()))
    many = tuple(Slot(kind=99, slot_id=made_up(f"slot {number}", 8), damage=lambda _: b"") for number in range(32))
    yield bad(
        "slots-33", "slot_count is 33, one more than there may be; all fit their area", Plan(slots=(Slot(), *many))
    )
    yield bad("slots-too-long", "slots_len is 65537", Plan(slots_len=65537))
    yield bad("index-too-long", "index_len is 64 MiB + 1", Plan(index_len=(64 << 20) + 1))
    yield bad(
        "index-absurd", "index_len is 2^64 - 1, so that a sum of lengths overflows", Plan(index_len=(1 << 64) - 1)
    )
    yield bad("records-too-long", "records_len is 512 MiB + 1", Plan(records_len=(512 << 20) + 1))


def _lengths() -> Iterator[Row]:
    def bad(name: str, what: str, content: bytes | Plan) -> Row:
        return refused(name, what, "wrong-length", WITHOUT_KEY, RULE, content)

    whole = Plan().build("cut")
    yield bad("cut-in-header", "the first 83 bytes of a good file", whole[:83])
    yield bad("cut-behind-header", "the first 84 bytes of a good file: the slots are missing", whole[:84])
    yield bad("cut-in-slot", "cut in the middle of the slot", whole[:140])
    yield bad("cut-in-hmac", "cut in the middle of the HMAC", whole[: 84 + 120 + 16])
    yield bad("cut-by-one", "the last byte is missing", whole[:-1])
    yield bad("extended-by-one", "one byte 00 behind the end", whole + b"\0")
    yield bad("records-len-short", "records_len is 1 and there is no record area", Plan(records_len=1))


def _slots() -> Iterator[Row]:
    def bad(name: str, what: str, plan: Plan) -> Row:
        return refused(name, what, "damaged-header", WITHOUT_KEY, SLOT, plan)

    other = Slot(slot_id=made_up("second slot id", 8))
    yield bad(
        "slot-count-low", "slot_count is 1 and the area holds two slots", Plan(slots=(Slot(), other), slot_count=1)
    )
    yield bad("slot-count-high", "slot_count is 2 and the area holds one slot", Plan(slot_count=2))
    yield bad(
        "slot-len-0",
        "slot_len is 0: who adds it up never comes to an end",
        Plan(slot_area=lambda area: b"\0\0" + area[2:]),
    )
    yield bad(
        "slot-len-high", "slot_len is one more than the area has", Plan(slot_area=lambda area: _put(area, 0, 121))
    )
    yield bad("slot-len-low", "slot_len is one less than the slot has", Plan(slot_area=lambda area: _put(area, 0, 119)))
    yield bad(
        "slot-params-high",
        "params_len is 65535 and reaches behind the slot",
        Plan(slot_area=lambda area: _put(area, 12, 0xFFFF)),
    )
    yield bad(
        "slot-wrap-short", "wrap_len is 103 and 104 bytes follow", Plan(slot_area=lambda area: _put(area, 14, 103))
    )
    yield bad("slot-ids-equal", "two slots have one slot_id", Plan(slots=(Slot(), by_passphrase(), by_passphrase())))


def _modified() -> Iterator[Row]:
    def bad(name: str, what: str, content: bytes | Plan) -> Row:
        return refused(name, what, "damaged-header", WITH_KEY, HMAC, content)

    def changed(name: str, offset: int, new: bytes) -> bytes:
        content = Plan().build(name)
        return content[:offset] + new + content[offset + len(new) :]

    yield bad("hmac-flipped", "one bit of the HMAC is flipped", changed("hmac-flipped", 84 + 120, b"\x85"))
    yield bad("hmac-zero", "the HMAC is all zeros", changed("hmac-zero", 84 + 120, bytes(32)))
    yield bad("hmac-other-key", "the HMAC is made with K_index", Plan(mac_purpose="index"))
    yield bad("txid-changed", "txid was changed after the HMAC was made", changed("txid-changed", 32, bytes(16)))
    newer = (1 << 40).to_bytes(8, "big")
    yield bad(
        "generation-raised", "generation was raised after the HMAC was made", changed("generation-raised", 48, newer)
    )
    yield bad("epoch-raised", "key_epoch was raised after the HMAC was made", changed("epoch-raised", 56, b"\0\0\0\2"))
    two = Plan(slots=(Slot(), by_passphrase()))
    made = two.build("slots-exchanged")
    key, passphrase = made[84 : 84 + 120], made[84 + 120 : 84 + 120 + 148]
    exchanged = made[:84] + passphrase + key + made[84 + 268 :]
    yield bad("slots-exchanged", "two slots changed places after the HMAC was made", exchanged)
    added = Plan(slots=(Slot(), Slot(kind=99, slot_id=bytes(8))), data_key=made_up("another data key", 32))
    yield bad("slot-added", "a slot was added by somebody without the data key, who made the HMAC with another", added)
    yield refused(
        "vault-id-changed",
        "vault_id was changed: every slot is bound to it",
        "wrong-key",
        BY_KEY,
        SLOT,
        changed("vault-id-changed", 16, bytes(16)),
    )


def _put(area: bytes, offset: int, number: int) -> bytes:
    return area[:offset] + struct.pack(">H", number) + area[offset + 2 :]
