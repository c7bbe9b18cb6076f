"""The good vault beside the bad ones, and odd ones that are good too."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from typing import Any

from bad_vaults.build import FINGERPRINT, Plan, Record, Slot, by_passphrase, made_up, txid
from bad_vaults.row import BY_PASSPHRASE, BY_RECOVERY_CODE, KEY_TEXT, Row, accepted, key_file_bytes

INDEX = "4, INDEX_BOX"
SLOT = "4, SLOT"
UNKNOWN = Slot(kind=99, slot_id=made_up("unknown slot", 8), params=b"of a later version")
TWO = (Record(), Record(name="test", revision=7, payload=b"x" * 1500))
GOOD = Plan(slots=(Slot(), by_passphrase(), by_passphrase(number=2, flags=1)), records=TWO)
NAMES = ("credential/prod", "credential/test")


def descent(*states: tuple[int, str], **more: Any) -> dict[str, Any]:
    """Tell of the states that led to one, as newer writers do."""
    steps = [[generation, txid(state).hex()] for generation, state in states]
    return {"steps": steps, "floor": 0, "writers": {}, "writers_floor": 0, **more}


def rows() -> Iterator[Row]:
    yield from _good()
    yield from _odd_content()
    yield from _odd_descent()


def _good() -> Iterator[Row]:
    for name, what, key in (
        ("good", "a good vault, opened by its key file", None),
        ("good-passphrase", "the same by its passphrase; the cost is below the floor for writing", BY_PASSPHRASE),
        ("good-passphrase-nfd", "the same, the passphrase in NFD", {"passphrase": "Cafe\u0301 correct horse"}),
        ("good-recovery-code", "the same by its recovery code", BY_RECOVERY_CODE),
        (
            "good-recovery-typed",
            "the same code as a person types it",
            {"passphrase": "oi23-4567 89ab-cdef ghjk-mnpq-rs"},
        ),
        (
            "good-key-file-bom",
            "the same, the key file with a byte order mark",
            key_file_bytes(codecs.BOM_UTF8 + KEY_TEXT.encode()),
        ),
        (
            "good-key-file-crlf",
            "the same, the key file with CR LF",
            key_file_bytes(KEY_TEXT.replace("\n", "\r\n").encode()),
        ),
    ):
        more = {} if key is None else {"key": key}
        yield accepted(name, what, "4", GOOD, entries=NAMES, of="good", **more)
    yield accepted("good-empty", "no entry, no record area", "4", Plan())


def _odd_content() -> Iterator[Row]:
    slots = (UNKNOWN, Slot(flags=0x80, slot_id=bytes(8)), Slot())
    yield accepted(
        "slots-of-a-later-version",
        "a slot of an unknown type and one with unknown flags: skipped, kept",
        SLOT,
        Plan(slots=slots),
    )
    yield accepted(
        "index-odd",
        "keys of a later version at the top, in meta and in an entry; labels and prev that are none; 63 levels; no attributes",
        INDEX,
        Plan(
            records=(Record(),),
            meta={"slots": [1], "prev": "no list", "later": {"deep": json.loads("[" * 60 + "]" * 60)}},
            document=lambda document: {
                **document,
                "later": [1.5, True, "\U0001f511"],
                "e": [{**document["e"][0], "zz": {}}],
            },
        ),
        entries=NAMES[:1],
    )
    yield accepted(
        "index-order",
        "the entries are listed in another order than their records stand, one of a kind of a later version; "
        "one name has 512 bytes",
        INDEX,
        Plan(
            records=(Record(name="\u00e9" * 256), Record(kind="later-kind", name="b")),
            document=lambda document: {**document, "e": document["e"][::-1]},
        ),
        entries=("later-kind/b", "credential/" + "\u00e9" * 256),
    )


def _odd_descent() -> Iterator[Row]:
    for name, what, value in (
        ("descent-text", "meta.descent is a text", "a text"),
        ("descent-types", "meta.descent holds other types and impossible ids", descent(writers=[], floor=-1)),
        ("descent-step", "a step of meta.descent is no pair", descent(steps=[[3], "x", None])),
    ):
        yield accepted(
            name,
            f"{what}: it proves nothing, so the higher generation is believed as one of an older writer is",
            "7",
            Plan(generation=5, state="5", meta={"descent": value}),
            seen="good",
        )
    proven = Plan(generation=4, state="4", meta={"descent": descent((3, "3"), (4, "4"))})
    yield accepted("descent-proves", "meta.descent lists the state that was seen before", "7", proven, seen="good")
    epoch = Plan(
        generation=4,
        state="rekey",
        epoch=2,
        data_key=made_up("second data key", 32),
        slots=(Slot(data_key=made_up("second data key", 32)),),
        meta={"prev": [FINGERPRINT]},
    )
    yield accepted(
        "rekeyed", "a higher epoch, and meta.prev lists the fingerprint that was seen before", "7", epoch, seen="good"
    )
