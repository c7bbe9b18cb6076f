"""What is wrong with one record: the vault opens, and who reads that record is told which it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bad_vaults.build import Document, Plan, Record, made_up, pad
from bad_vaults.row import RECORD, Row, refused

BOX = "4, RECORD box"
SEAL = "3"
CHUNK = 16384 + 16
START = 24 + 32  # salt and commitment


def rows() -> Iterator[Row]:
    yield from _boxes()
    yield from _places()
    yield from _chunks()


def _bad(name: str, what: str, plan: Plan, section: str = BOX, **more: Any) -> Row:
    return refused(name, what, "damaged-record", RECORD, section, plan, **more)


def _boxes() -> Iterator[Row]:
    def one(name: str, what: str, record: Record, section: str = BOX) -> Row:
        return _bad(name, what, Plan(records=(record,)), section)

    flipped = Plan(records=(Record(),), area=lambda area: area[:-1] + bytes([area[-1] ^ 1]))
    yield _bad("record-flipped", "one bit of the box is flipped; its digest in the index tells", flipped)
    wrong = Plan(records=(Record(),), document=lambda made: {**made, "e": [{**made["e"][0], "h": "00" * 32}]})
    yield _bad("record-digest", "the digest in the index is of another box; the box would open", wrong)
    yield one(
        "record-tag",
        "one bit of the tag is flipped, and the digest is of the flipped box",
        Record(damage=lambda box: _flip(box, -1)),
        SEAL,
    )
    yield one(
        "record-commitment",
        "one bit of the commitment is flipped, and the digest fits",
        Record(damage=lambda box: _flip(box, 24)),
        SEAL,
    )
    yield one(
        "record-salt",
        "one bit of the salt is flipped, and the digest fits",
        Record(damage=lambda box: _flip(box, 0)),
        SEAL,
    )
    yield one(
        "record-other-vault",
        "the box is bound to another vault_id and its keys",
        Record(bound_to=made_up("other vault", 16)),
    )
    yield one("record-other-id", "the box is bound to the id of another entry", Record(sealed_as="test"))
    yield one("record-old", "the box is bound to the revision before", Record(revision=2, sealed_revision=1))
    yield one("record-other-key", "the box is sealed under K_index", Record(purpose="index"))
    yield one("record-padding-set", "the last byte of the padding is 1", Record(padded=pad(b"{}", 1024)[:-1] + b"\1"))
    yield one("record-padding-more", "1 024 zeros too many", Record(padded=pad(b"{}", 1024) + bytes(1024)))
    yield one(
        "record-padding-length",
        "the length before the payload is one more than there is",
        Record(padded=(1021).to_bytes(4, "big") + bytes(1020)),
    )


def _places() -> Iterator[Row]:
    two = (Record(), Record(name="test"))
    yield _bad(
        "records-swapped",
        "two boxes of one length changed places in the record area",
        Plan(records=two, area=lambda area: area[1096:] + area[:1096]),
    )

    def exchanged(made: Document) -> Document:
        first, second = made["e"]
        places = ("o", "l", "h")
        return {
            **made,
            "e": [{**first, **{key: second[key] for key in places}}, {**second, **{key: first[key] for key in places}}],
        }

    yield _bad(
        "records-moved",
        "two entries changed their boxes, with place, length and digest",
        Plan(records=two, document=exchanged),
    )


def _chunks() -> Iterator[Row]:
    def chunk(name: str, what: str, size: int, order: tuple[int, ...]) -> Row:
        def damage(box: bytes) -> bytes:
            chunks = [box[at : at + CHUNK] for at in range(START, len(box), CHUNK)]
            return box[:START] + b"".join(chunks[number] for number in order)

        payload = bytes(number // 1024 for number in range(size - 4))  # no two chunks are alike
        return _bad(name, what, Plan(records=(Record(payload=payload, damage=damage),)), SEAL)

    short, whole = 17 * 1024, 32 * 1024  # one whole chunk and a short one; two whole chunks and the empty one
    yield chunk("chunk-first-dropped", "the first of two chunks is missing, and the digest fits", short, (1,))
    yield chunk("chunk-last-dropped", "the last of two chunks is missing, and the digest fits", short, (0,))
    yield chunk("chunk-last-first", "the last, short chunk stands first, and the digest fits", short, (1, 0))
    yield chunk("chunks-reordered", "the two whole chunks changed places, and the digest fits", whole, (1, 0, 2))
    yield chunk("chunk-dropped", "the second of two whole chunks is missing, and the digest fits", whole, (0, 2))
    yield chunk("chunk-no-end", "the empty chunk that ends the box is missing, and the digest fits", whole, (0, 1))
    yield chunk("chunk-twice", "the first chunk stands twice, and the digest fits", whole, (0, 0, 2))


def _flip(data: bytes, at: int) -> bytes:
    changed = bytearray(data)
    changed[at] ^= 1
    return bytes(changed)
