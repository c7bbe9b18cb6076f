"""What is wrong with a slot or a key: costs, wraps, and slots that this version must not open."""

from __future__ import annotations

import codecs
from collections.abc import Iterator

from bad_vaults.build import KEY_FILE, Kdf, Plan, Slot, by_passphrase, made_up
from bad_vaults.good import GOOD
from bad_vaults.row import (
    BY_KEY,
    BY_PASSPHRASE,
    BY_RECOVERY_CODE,
    KEY_TEXT,
    WITHOUT_KEY,
    Row,
    key_file_bytes,
    refused,
)

SLOT = "4, SLOT"
SEAL = "3"
POLICY = "6"
GIB = 1 << 20  # in KiB


def rows() -> Iterator[Row]:
    yield from _costs()
    yield from _wraps()
    yield from _budget()
    yield from _key_files()


def _costs() -> Iterator[Row]:
    def bad(name: str, what: str, kdf: Kdf, kind: str = "kdf-limits") -> Row:
        # The key file would open it: the costs are checked all the same, before anything is tried.
        plan = Plan(slots=(Slot(), by_passphrase(kdf, right=False)))
        return refused(name, what, kind, WITHOUT_KEY, POLICY, plan)

    yield bad("kdf-memory-low", "31 KiB with 4 lanes, less than 8 KiB each", Kdf(memory=31))
    yield bad("kdf-memory-high", "1 GiB + 1 KiB of memory", Kdf(memory=GIB + 1))
    yield bad("kdf-memory-absurd", "memory_KiB is 2^32 - 1", Kdf(memory=(1 << 32) - 1))
    yield bad("kdf-passes-0", "no pass", Kdf(passes=0))
    yield bad("kdf-passes-65", "65 passes", Kdf(passes=65))
    yield bad("kdf-lanes-0", "no lane", Kdf(lanes=0))
    yield bad("kdf-lanes-17", "17 lanes, with memory enough for them", Kdf(lanes=17, memory=136))
    yield bad("kdf-work-high", "1 GiB and 5 passes: each is allowed, the product is not", Kdf(memory=GIB, passes=5))
    yield bad("kdf-unknown", "kdf is 2", Kdf(kdf=2), "unsupported")
    yield bad("kdf-reserved", "the reserved field of the parameters is 1", Kdf(reserved=1), "unsupported")
    short = Slot(kind=1, slot_id=made_up("passphrase slot 1", 8), params=Kdf().params()[:-1])
    yield refused(
        "kdf-params-short",
        "27 bytes of parameters: the salt lacks one",
        "unsupported",
        WITHOUT_KEY,
        POLICY,
        Plan(slots=(Slot(), short)),
    )


def _wraps() -> Iterator[Row]:
    def bad(name: str, what: str, *slots: Slot, section: str = SLOT, key: dict[str, str] | None = None) -> Row:
        more = {} if key is None else {"key": key}
        return refused(name, what, "wrong-key", BY_KEY, section, Plan(slots=slots), **more)

    yield bad("wrap-other-key", "the slot is wrapped under another key", Slot(key=made_up("other key file", 32)))
    yield bad("wrap-31-bytes", "the wrap opens to 31 bytes, which is no data key", Slot(data_key=bytes(31)))
    yield bad("wrap-empty", "the wrap has no bytes", Slot(damage=lambda _: b""))
    yield bad(
        "wrap-commitment",
        "one bit of the commitment is flipped",
        Slot(damage=lambda wrap: _flip(wrap, 24)),
        section=SEAL,
    )
    yield bad("wrap-tag", "one bit of the tag is flipped", Slot(damage=lambda wrap: _flip(wrap, -1)), section=SEAL)
    yield bad("wrap-other-vault", "the wrap is bound to another vault_id", Slot(bound_to=made_up("other vault", 16)))
    yield bad("slot-unknown-type", "the only slot is of type 99: skipped, so nothing opens it", Slot(kind=99))
    yield bad("slot-unknown-flags", "the only slot has flag bit 1: skipped, so nothing opens it", Slot(flags=2))
    yield bad("slot-recovery-key-file", "a key file slot is marked as a recovery code: unknown flags", Slot(flags=1))
    yield bad(
        "slot-key-file-params",
        "a key file slot has parameters, which version 1 does not have",
        Slot(params=b"\1\2\3\4"),
    )
    parent = made_up("parent", 16) + (1).to_bytes(4, "big")
    yield bad(
        "slot-child", "the only slot belongs to another vault: a key file does not open it", Slot(kind=8, params=parent)
    )
    yield bad(
        "recovery-wrong",
        "the recovery slot is wrapped under another key",
        by_passphrase(flags=1, right=False),
        key=BY_RECOVERY_CODE,
    )
    yield bad(
        "recovery-by-passphrase",
        "the only slot is a recovery code and the input has not its shape: it is not tried, at any cost",
        by_passphrase(flags=1),
        key=BY_PASSPHRASE,
    )


def _budget() -> Iterator[Row]:
    lost = [by_passphrase(number=number, right=False) for number in range(1, 5)]
    yield refused(
        "slots-over-tries",
        "five passphrase slots, and only the fifth is of this passphrase: at most four are tried, cheapest first",
        "wrong-key",
        BY_KEY,
        POLICY,
        Plan(slots=(*lost, by_passphrase(Kdf(memory=33), number=5))),
        key=BY_PASSPHRASE,
    )
    dear = Kdf(memory=GIB, passes=4)
    yield refused(
        "slots-over-budget",
        "four passphrase slots of 1 GiB and 4 passes: each is allowed, and one passphrase must not cost 16 GiB-passes; "
        "pyvault spends at most 6",
        "wrong-key",
        BY_KEY,
        POLICY,
        Plan(slots=tuple(by_passphrase(dear, number=number, right=False) for number in range(1, 5))),
        key=BY_PASSPHRASE,
    )


def _key_files() -> Iterator[Row]:
    def bad(name: str, what: str, content: bytes) -> Row:
        return refused(name, what, "unusable-key", BY_KEY, "4, type 2", GOOD, key=key_file_bytes(content), of="good")

    yield bad(
        "key-file-utf-16",
        "the vault is good, its key file is UTF-16",
        codecs.BOM_UTF16_LE + KEY_TEXT.encode("utf-16-le"),
    )
    yield bad("key-file-raw", "the vault is good, its key file is the 32 bytes without prefix and base64", KEY_FILE)
    short = KEY_TEXT.replace("Hh8=", "Hg==").encode()
    yield bad("key-file-31-bytes", "the vault is good, its key file holds 31 bytes", short)


def _flip(data: bytes, at: int) -> bytes:
    changed = bytearray(data)
    changed[at] ^= 1
    return bytes(changed)
