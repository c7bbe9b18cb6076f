"""What is wrong with an index whose header is good: only somebody with the data key, or a bug, makes these.

But for the few that stand at the end: those are old or foreign boxes in a new place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from bad_vaults.build import Document, Plan, Record, made_up, pad
from bad_vaults.row import WITH_KEY, Row, refused

INDEX = "4, INDEX_BOX"
TILES = "4, padN and tiling"
LIMITS = "4, Limits"
ONE = (Record(),)
TWO = (Record(), Record(name="test"))


def rows() -> Iterator[Row]:
    yield from _text()
    yield from _document()
    yield from _entry()
    yield from _tiling()
    yield from _padding_and_seal()


def _bad(name: str, what: str, plan: Plan, *, section: str = INDEX, kind: str = "damaged-index", **more: Any) -> Row:
    return refused(name, what, kind, WITH_KEY, section, plan, **more)


def _text() -> Iterator[Row]:
    def text(name: str, what: str, content: bytes) -> Row:
        return _bad(name, what, Plan(text=lambda _: content))

    yield text("index-empty", "no text at all", b"")
    yield text("index-not-json", "the JSON ends too early", b'{"v":1,"e":[]')
    yield text("index-list", "the JSON is a list", b"[]")
    yield text("index-not-utf-8", "a byte FF in a text", b'{"v":1,"e":[],"meta":{"a":"\xff"}}')
    yield text("index-bom", "a byte order mark before the JSON", b'\xef\xbb\xbf{"v":1,"e":[],"meta":{}}')
    yield text("index-trailing", "something behind the JSON", b'{"v":1,"e":[],"meta":{}}{}')
    yield text("index-key-twice", "the key e stands twice at the top", b'{"v":1,"e":[],"meta":{},"e":[]}')
    yield text(
        "index-key-twice-deep", "a key stands twice in an object of meta", b'{"v":1,"e":[],"meta":{"a":{"b":1,"b":1}}}'
    )
    yield text("index-nan", "NaN in meta, which is no JSON", b'{"v":1,"e":[],"meta":{"a":NaN}}')
    yield text("index-infinity", "-Infinity in meta, which is no JSON", b'{"v":1,"e":[],"meta":{"a":-Infinity}}')
    yield text(
        "index-overflow",
        "1e999 in meta: JSON by its grammar, and no number that could be written back",
        b'{"v":1,"e":[],"meta":{"a":1e999}}',
    )
    yield text(
        "index-surrogate",
        "half of a surrogate pair in meta: no text that could be written back",
        b'{"v":1,"e":[],"meta":{"a":"\\ud800"}}',
    )
    yield text("index-digits", "a number of 5 000 digits in meta", b'{"v":1,"e":[],"meta":{"a":' + b"9" * 5000 + b"}}")
    yield text(
        "index-deep",
        "1 500 lists in each other in meta",
        b'{"v":1,"e":[],"meta":{"a":' + b"[" * 1500 + b"]" * 1500 + b"}}",
    )


def _document() -> Iterator[Row]:
    def document(name: str, what: str, change: Callable[[Document], object], **more: Any) -> Row:
        return _bad(name, what, Plan(document=change), **more)

    yield document("index-version-2", "v is 2", lambda made: {**made, "v": 2}, kind="unsupported")
    yield document(
        "index-version-true",
        "v is true, which some languages take for 1",
        lambda made: {**made, "v": True},
        kind="unsupported",
    )
    yield document("index-version-none", "v is missing", lambda made: {"e": made["e"], "meta": {}}, kind="unsupported")
    yield document("index-entries-none", "e is missing", lambda made: {"v": 1, "meta": {}})
    yield document("index-entries-object", "e is an object", lambda made: {**made, "e": {}})
    yield document("index-meta-list", "meta is a list", lambda made: {**made, "meta": []})
    yield document("index-entry-number", "an entry is a number", lambda made: {**made, "e": [1]})
    yield document(
        "index-entries-100001",
        "100 001 entries; who counts before looking at them needs no memory for it",
        lambda made: {**made, "e": [0] * 100_001},
        section=LIMITS,
    )


def _entry() -> Iterator[Row]:
    def entry(name: str, what: str, **changes: object) -> Row:
        return _bad(name, what, Plan(records=ONE, document=lambda made: {**made, "e": [{**made["e"][0], **changes}]}))

    yield entry("name-empty", "a name without a character", n="")
    yield entry("name-control", "a line feed in a name", n="prod\nforged")
    yield entry("name-nfd", "a name that is not in NFC", n="Cafe\u0301")
    yield entry("name-513", "a name of 513 bytes", n="x" * 513)
    yield entry("name-number", "a name that is a number", n=1)
    yield entry("kind-none", "a kind that is null", k=None)
    yield entry("id-upper", "an id in capitals", id="AB" * 16)
    yield entry("id-short", "an id of 15 bytes", id="00" * 15)
    yield entry("revision-0", "revision 0; the first is 1", r=0)
    yield entry("revision-text", "a revision that is a text", r="1")
    yield entry("revision-true", "a revision that is true", r=True)
    yield entry("revision-fraction", "revision 1.0", r=1.0)
    yield entry("time-negative", "a time before 1970", t=-1)
    yield entry("expiry-text", "an expiry that is a text", x="soon")
    yield entry("attributes-list", "attributes that are a list", a=[])
    yield entry("digest-short", "a digest of 31 bytes", h="00" * 31)


def _tiling() -> Iterator[Row]:
    def second(name: str, what: str, section: str = TILES, **changes: object) -> Row:
        plan = Plan(records=TWO, document=lambda made: {**made, "e": [made["e"][0], {**made["e"][1], **changes}]})
        return _bad(name, what, plan, section=section)

    yield second("records-overlap", "the second record begins before the first ends", o=1095)
    yield second("records-gap", "one byte between the records", o=1097)
    yield second("records-equal", "both entries name the same place", o=0)
    yield second("records-outside", "a record that ends behind the file", o=1096, l=4096)
    yield second("names-equal", "two entries have one kind and name", INDEX, n="prod")
    yield second("ids-equal", "two entries have one id", INDEX, id=Record().record_id.hex())
    yield _bad(
        "records-rest",
        "one byte of the record area belongs to no entry",
        Plan(area=lambda area: area + b"\0"),
        section=TILES,
    )
    huge = Plan(records=ONE, document=lambda made: {**made, "e": [{**made["e"][0], "l": 1 << 62}]})
    yield _bad("record-absurd", "a record of 2^62 bytes", huge, section=LIMITS)


def _padding_and_seal() -> Iterator[Row]:
    def padded(name: str, what: str, change: Callable[[bytes], bytes]) -> Row:
        return _bad(name, what, Plan(index_padded=change), section=TILES)

    yield padded("index-padding-set", "the last byte of the padding is 1", lambda text: pad(text, 4096)[:-1] + b"\1")
    yield padded("index-padding-none", "no padding", lambda text: pad(text, 1))
    yield padded("index-padding-page", "one page of zeros too many", lambda text: pad(text, 4096) + bytes(4096))
    yield padded(
        "index-padding-length", "the length before the text is 2^32 - 1", lambda text: b"\xff" * 4 + pad(text, 4096)[4:]
    )
    yield _bad(
        "index-old",
        "the box is bound to the generation before: an old index behind a new header",
        Plan(index_generation=2),
    )
    yield _bad(
        "index-other-vault", "the box is bound to another vault_id", Plan(index_bound_to=made_up("other vault", 16))
    )
    yield _bad("index-other-key", "the box is sealed under K_record", Plan(index_purpose="record"))
    yield _bad(
        "index-tag",
        "one bit of the tag is flipped",
        Plan(index_damage=lambda box: box[:-1] + bytes([box[-1] ^ 1])),
        section="3",
    )
    yield _bad("index-no-box", "the box has no bytes", Plan(index_damage=lambda _: b""), section="3")
