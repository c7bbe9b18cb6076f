"""Slots of type 7: the answer of AWS KMS is given with the row, and proves nothing about who wrote the file."""

from __future__ import annotations

import base64
import struct
from collections.abc import Iterator
from typing import Any

from bad_vaults.build import FINGERPRINT, VAULT_ID, Plan, Record, Slot, made_up
from bad_vaults.row import BY_KEY, WITH_KEY, Row, accepted, refused

TYPE_7 = "4, type 7"
RULE = "7, external slots"
ARN = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
KEK, HIS_KEK, HIS_KEY = made_up("kms key", 32), made_up("his kms key", 32), made_up("his data key", 32)


SEALED, HIS_SEALED = made_up("kms ciphertext", 64), made_up("his kms ciphertext", 64)


def params(*, provider: int = 1, reference: str = ARN, sealed: bytes = SEALED, more: bytes = b"") -> bytes:
    text = reference.encode()
    return struct.pack(">BH", provider, len(text)) + text + struct.pack(">H", len(sealed)) + sealed + more


def by_kms(answers: dict[bytes, bytes]) -> dict[str, Any]:
    """Give what KMS answers for a ciphertext; what is not there it refuses."""
    told = {base64.b64encode(sealed).decode(): base64.b64encode(key).decode() for sealed, key in answers.items()}
    return {"kms_key": ARN, "kms_answers": told}


KMS = by_kms({SEALED: KEK, HIS_SEALED: HIS_KEK})


def slot(**more: Any) -> Slot:
    return Slot(**{"kind": 7, "slot_id": made_up("kms slot", 8), "params": params(), "key": KEK, **more})


GOOD = Plan(slots=(Slot(), slot()), records=(Record(),))
EXPECTED = {"fingerprint": FINGERPRINT}
HIS = Plan(
    slots=(slot(key=HIS_KEK, data_key=HIS_KEY, params=params(sealed=HIS_SEALED)),),
    data_key=HIS_KEY,
    generation=9,
    state="9",
    records=(Record(),),
)


def refused_rows() -> Iterator[Row]:
    def bad(name: str, what: str, kind: str, stage: str, section: str, plan: Plan, **more: Any) -> Row:
        return refused(name, what, kind, stage, section, plan, **{"key": KMS, **more})

    yield bad(
        "kms-unproven",
        "good, but nothing is expected or was seen before: whoever may encrypt with that key could have made it",
        "foreign",
        WITH_KEY,
        RULE,
        GOOD,
        of="kms",
        expected={"vault_id": VAULT_ID.hex(), "min_generation": 3},
    )
    yield bad(
        "kms-foreign",
        "the same vault_id, another data key, and a slot that KMS opens; the fingerprint of the good one is expected",
        "foreign",
        WITH_KEY,
        RULE,
        HIS,
        expected=EXPECTED,
    )
    yield bad(
        "kms-foreign-epoch",
        "a higher epoch whose meta.prev lists the fingerprint seen before, and the slot of the same id wraps another KEK",
        "foreign",
        WITH_KEY,
        RULE,
        Plan(slots=HIS.slots, data_key=HIS_KEY, generation=9, state="9", epoch=2, meta={"prev": [FINGERPRINT]}),
        seen="kms",
    )
    yield bad("kms-refused", "good, but KMS refuses", "wrong-key", BY_KEY, TYPE_7, GOOD, key=by_kms({}), of="kms")
    yield bad(
        "kms-other-kek",
        "good, but KMS answers another key",
        "wrong-key",
        BY_KEY,
        TYPE_7,
        GOOD,
        key=by_kms({SEALED: HIS_KEK}),
        of="kms",
    )
    for name, what, given in (
        ("kms-provider-2", "the only slot has provider 2: skipped, so nothing opens it", params(provider=2)),
        ("kms-params-long", "a byte follows the ciphertext: skipped, so nothing opens it", params(more=b"\0")),
        (
            "kms-alias",
            "the reference is an alias: skipped, so nothing opens it",
            params(reference=ARN.replace(":key/", ":alias/")),
        ),
    ):
        yield bad(name, what, "wrong-key", BY_KEY, TYPE_7, Plan(slots=(slot(params=given),)), expected=EXPECTED)


def accepted_rows() -> Iterator[Row]:
    names = ("credential/prod",)
    yield accepted("kms", "a good vault, opened by KMS", TYPE_7, GOOD, entries=names, key=KMS, expected=EXPECTED)
    yield accepted(
        "kms-key-file", "the same by its key file: without a fingerprint", TYPE_7, GOOD, entries=names, of="kms"
    )
    second = made_up("second data key", 32)
    yield accepted(
        "kms-rekeyed",
        "a higher epoch whose meta.prev lists the fingerprint seen before, the slot of the same id with the same KEK",
        RULE,
        Plan(
            slots=(Slot(data_key=second), slot(data_key=second)),
            data_key=second,
            generation=4,
            state="rekey",
            epoch=2,
            meta={"prev": [FINGERPRINT]},
        ),
        key=KMS,
        seen="kms",
    )
    yield accepted(
        "kms-of-a-later-version",
        "slots of type 7 with provider 2, with flags, and with params that are cut short: skipped, kept",
        TYPE_7,
        Plan(
            slots=(
                slot(params=params(provider=2)),
                slot(slot_id=made_up("kms slot 2", 8), flags=1),
                slot(slot_id=made_up("kms slot 3", 8), params=params()[:-1]),
                Slot(),
            )
        ),
    )
