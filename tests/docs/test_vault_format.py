"""docs/vault-format.md says what the code does: its tables of constants are read and compared."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from docs.pages import headings, section, tables
from independent_seal import LABEL
from pyvault import errors, names, sealing
from pyvault.storage import envelope
from pyvault.vaultfile import file_options, vault, vault_options
from pyvault.vaultfile.disk import backups, secret_file
from pyvault.vaultfile.format import descent, external_key, header, index, index_json, kdf, sealed_record, slots
from pyvault.vaultfile.state import draft, entries, places, rekey, trust_file, trust_store
from pyvault.vaultfile.unlock import kdf_budget, key_file, key_sources, new_slot
from pyvault_cli.commandline.exit_codes import exit_code

PAGE = Path(__file__).parents[2] / "docs" / "vault-format.md"
TEXT = PAGE.read_text(encoding="utf-8")
MANIFEST = json.loads((Path(__file__).parents[1] / "vectors" / "bad" / "manifest.json").read_text(encoding="utf-8"))

IN_CODE = {
    "key": sealing.KEY_SIZE,
    "salt of a box": sealing.SALT_SIZE,
    "commitment": sealing.COMMITMENT_SIZE,
    "chunk": sealing.CHUNK_SIZE,
    "tag of a chunk": sealing.TAG_SIZE,
    "header without slots": header.FIXED_SIZE,
    "HMAC": header.MAC_SIZE,
    "vault_id, txid, record id, fingerprint": header.ID_SIZE,
    "slot_id": slots.SLOT_ID_SIZE,
    "wrap of a data key": sealing.sealed_size(sealing.KEY_SIZE),
    "slots": slots.MAX_SLOTS,
    "slots_len": header.MAX_SLOTS_SIZE,
    "index_len": header.MAX_INDEX_SIZE,
    "records_len": header.MAX_RECORDS_SIZE,
    "file": header.MAX_FILE_SIZE,
    "generation": header.MAX_GENERATION,
    "key_epoch": header.MAX_EPOCH,
    "entries": index.MAX_ENTRIES,
    "payload of an entry": sealed_record.MAX_PAYLOAD,
    "name": names.MAX_NAME_BYTES,
    "padding of the index": index.PADDING,
    "padding of a record": sealed_record.PADDING,
    "depth of the index": index_json.MAX_DEPTH,
    "kept fingerprints": rekey.KEPT_FINGERPRINTS,
    "secret file": secret_file.MAX_SECRET_FILE,
    "recovery code": new_slot.LENGTH,
    "reference of a KMS key": external_key.MAX_REFERENCE,
    "ciphertext of KMS": external_key.MAX_CIPHERTEXT,
    "id of a KEK": external_key.KEK_ID_SIZE,
    "params": kdf.PARAMS.size,
    "Argon2 version": kdf.ARGON2_VERSION,
    "lanes written": kdf.LANES,
    "lanes at most": kdf.MAX_LANES,
    "passes at most": kdf.MAX_PASSES,
    "memory a lane at least": kdf.MIN_MEMORY_PER_LANE,
    "memory at most": kdf.KdfLimits().memory,
    "memory at most, if configured": file_options.HIGHEST_MEMORY_LIMIT,
    "work of a slot at most": kdf.MAX_WORK,
    "work for one passphrase at most": kdf_budget.UNLOCK_BUDGET,
    "slots tried for one passphrase": key_sources.MAX_TRIES,
    "floor: memory": kdf.FLOOR.memory,
    "floor: passes": kdf.FLOOR.passes,
    "high: memory": kdf.HIGH.memory,
    "steps kept": descent.KEPT_STEPS,
    "writers kept": descent.KEPT_WRITERS,
    "id of a writer": descent.ID_SIZE,
    "places kept": places.MAX_PLACES,
    "trust.json": trust_store.MAX_TRUST_FILE,
    "backups": backups.KEPT,
    "time for the lock": int(vault_options.LOCK_SECONDS),
    "tries of a human": key_sources.PROMPT_TRIES,
}


def rows(first: str) -> list[list[str]]:
    """The rows of every table whose first column has this title."""
    return [row for table in tables(TEXT) if table[0][0] == first for row in table[1:]]


def test_every_constant_is_that_of_the_code() -> None:
    listed = rows("constant")
    assert len({row[0] for row in listed}) == len(listed)
    assert {row[0]: int(row[1]) for row in listed} == IN_CODE
    assert {header.ID_SIZE, sealed_record.RECORD_ID_SIZE, sealed_record.FINGERPRINT_SIZE, trust_file.ID_SIZE} == {16}


def test_the_layout_of_the_header_adds_up() -> None:
    fields = {row[2]: row for row in rows("offset") if len(row) == 4}
    assert bytes.fromhex(fields["magic"][3].strip("`")) == header.MAGIC
    assert int(fields["format_version"][3]) == header.FORMAT_VERSION
    assert int(fields["suite"][3].partition(":")[0]) == header.SUITE
    assert int(fields["slots"][0]) == header.FIXED_SIZE


@pytest.mark.parametrize(
    ("title", "count", "end"),
    [("HEADER", 13, header.FIXED_SIZE), ("6. Passphrases and Argon2id", 6, kdf.PARAMS.size)],
)
def test_the_fields_follow_each_other(title: str, count: int, end: int) -> None:
    (table,) = [table for table in tables(section(TEXT, title)) if table[0][:2] == ["offset", "size"]]
    place = 0
    for offset, size, *_ in table[1 : count + 1]:
        assert int(offset) == place
        place += int(size)
    assert place == end


def test_the_slot_has_its_layout() -> None:
    (table,) = tables(section(TEXT, "SLOT"))
    fixed = [(int(offset), int(size)) for offset, size, _ in table[1:] if offset.isdecimal() and size.isdecimal()]
    assert fixed == [(0, 2), (2, 1), (3, 1), (4, slots.SLOT_ID_SIZE), (12, 2)]
    assert slots.START.size == 14


def test_the_types_of_slots_are_those_of_the_code() -> None:
    (table,) = tables(section(TEXT, "Slot types"))
    key = external_key.ExternalKey(reference="arn:aws:kms:eu-central-1:111122223333:key/1", ciphertext=b"x")
    params = {slots.SlotType.EXTERNAL: key.encode()}
    shown = {
        kind: entries.kind_of(slots.Slot(slot_type=kind, flags=0, slot_id=b"", params=params.get(kind, b""), wrap=b""))
        for kind in slots.SlotType
    }
    assert {int(row[0]): row[1] for row in table[1:]} == shown
    assert f"(value {slots.RECOVERY_FLAG})" in section(TEXT, "Slot types")


def test_the_kinds_are_those_of_the_code() -> None:
    assert [row[0] for row in rows("kind")] == list(names.Kind)


def test_the_contexts_are_those_of_the_code() -> None:
    written = set(re.findall(r'"(pyvault/v1/[a-z]+)" 00', TEXT))
    used = {slots.WRAP_CONTEXT, sealed_record.CHILD_CONTEXT, index.CONTEXT, sealed_record.CONTEXT}
    assert {f"{text}\0".encode() for text in written} == used
    assert f'"{LABEL[:-1].decode()}" 00' in TEXT
    assert key_file.PREFIX.decode() in section(TEXT, "Type 2: key file")
    assert new_slot.ALPHABET in section(TEXT, "Recovery codes")
    assert f'"pyvault": {envelope.VERSION}' in TEXT
    assert f"`{names.KIND_WORD.pattern}`" in section(TEXT, "Envelope")


def test_the_keys_of_the_json_are_those_of_the_code() -> None:
    # Tables with the head "key": the index entry, its meta, trust.json.
    by_section = {
        title: {
            key
            for table in tables(section(TEXT, title))
            if table[0][0] == "key"
            for row in table[1:]
            for key in row[0].split(", ")
        }
        for title in ("INDEX_BOX", "meta", "7. Rollback, fork, foreign vault")
    }
    entry = index.IndexEntry(
        name=names.credential_name("x"),
        record_id=b"",
        revision=1,
        offset=0,
        length=0,
        digest=b"",
        modified=0,
        expires=0,
        attributes={"a": "b"},
    )
    assert by_section["INDEX_BOX"] == entry.as_json().keys()
    assert {descent.DESCENT, draft.REVOKED_AT, vault.CLEARED, "prev", "slots", "created"} == by_section["meta"]
    seen = trust_store.VaultState(
        vault_id=bytes(16),
        path="/a",
        fingerprint=bytes(16),
        epoch=1,
        generation=2,
        txid=bytes(16),
        places=("/a", "/b"),
        last_write=(1, bytes(16)),
        unproven=1,
        verified={"s3://a/b": 1},
        external=(bytes(8), bytes(16)),
    )
    (remembered,) = json.loads(trust_file.format_states({bytes(16): seen})).values()
    assert by_section["7. Rollback, fork, foreign vault"] == remembered.keys()
    assert (
        set(re.findall(r'"(\w+)":', re.search(r'^{"steps".*$', TEXT, re.MULTILINE)[0]))
        == descent.Descent().as_json().keys()
    )


def test_the_errors_are_those_of_the_known_answers_and_of_the_code() -> None:
    listed = {row[0]: (getattr(errors, row[2].strip("`")), int(row[3])) for row in rows("error")}
    assert {name: row["exit_code"] for name, row in MANIFEST["errors"].items()}.items() <= {
        name: code for name, (_, code) in listed.items()
    }.items()
    assert {name: exit_code(kind("")) for name, (kind, _) in listed.items()} == {
        name: code for name, (_, code) in listed.items()
    }


def test_the_known_answers_cite_sections_that_are_there() -> None:
    found = headings(TEXT)
    for row in (*MANIFEST["refused"], *MANIFEST["accepted"]):
        number, _, title = row["section"].partition(", ")
        assert number in found, row["name"]
        assert not title or any(each.lower().startswith(title.lower()) for each in found[number]), row["section"]


def test_the_known_answer_of_the_page_is_the_one_of_the_tests() -> None:
    told = (Path(__file__).parents[1] / "vectors" / "test_known_answer.py").read_text(encoding="utf-8")
    listed = rows("value")
    assert len(listed) == 11
    assert [row for row in listed if row[1].strip("`") not in told] == []
