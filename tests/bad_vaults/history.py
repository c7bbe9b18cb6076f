"""Good files in the wrong place: each verifies, and what was seen or is expected tells that it must not be used."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bad_vaults.build import FINGERPRINT, VAULT_ID, Plan, Slot, made_up
from bad_vaults.good import GOOD, descent
from bad_vaults.row import WITH_KEY, WITHOUT_KEY, Row, refused

ROLLBACK = "7"
OTHER_ID = made_up("other vault", 16)
OTHER_KEY = made_up("other data key", 32)


def rows() -> Iterator[Row]:
    yield from _after_good()
    yield from _expected()


def _after_good() -> Iterator[Row]:
    def bad(name: str, what: str, kind: str, plan: Plan) -> Row:
        return refused(name, what, kind, WITH_KEY, ROLLBACK, plan, seen="good")

    rekeyed = (Slot(data_key=OTHER_KEY),)
    yield bad("rollback", "generation 2; generation 3 was seen before", "rollback", Plan(generation=2, state="2"))
    yield bad(
        "fork", "generation 3 with another txid than the generation 3 that was seen", "fork", Plan(state="3 elsewhere")
    )
    apart = descent((2, "2"), (3, "3 elsewhere"), (4, "4 elsewhere"), (5, "5 elsewhere"))
    yield bad(
        "fork-higher",
        "generation 5, and meta.descent, which reaches so far, lacks the generation 3 that was seen",
        "fork",
        Plan(generation=5, state="5 elsewhere", meta={"descent": apart}),
    )
    yield bad(
        "foreign-id",
        "another vault_id at the same place",
        "foreign",
        Plan(vault_id=OTHER_ID, generation=9, state="9", slots=(Slot(bound_to=OTHER_ID),)),
    )
    yield bad(
        "foreign-key",
        "the same vault_id and epoch, and another data key",
        "foreign",
        Plan(generation=9, state="9", data_key=OTHER_KEY, slots=rekeyed),
    )
    yield bad(
        "foreign-epoch",
        "a higher epoch, and meta.prev does not list the fingerprint that was seen before",
        "foreign",
        Plan(generation=9, state="9", epoch=2, data_key=OTHER_KEY, slots=rekeyed, meta={"prev": ["00" * 16]}),
    )


def _expected() -> Iterator[Row]:
    def bad(name: str, what: str, kind: str, stage: str, **expected: Any) -> Row:
        return refused(name, what, kind, stage, ROLLBACK, GOOD, expected=expected, of="good")

    yield bad("expected-id", "good, but another vault_id is expected", "foreign", WITHOUT_KEY, vault_id=OTHER_ID.hex())
    yield bad(
        "expected-fingerprint",
        "good, but another data key is expected",
        "foreign",
        WITH_KEY,
        vault_id=VAULT_ID.hex(),
        fingerprint="00" * 16,
    )
    yield bad(
        "expected-generation",
        "good, but at least generation 4 is expected",
        "rollback",
        WITH_KEY,
        fingerprint=FINGERPRINT,
        min_generation=4,
    )
