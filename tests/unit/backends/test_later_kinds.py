"""What a later version stores is kept byte for byte, shown as what it is, and locks nothing out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fakes.text_keyring import FileKeyring
from pyvault.backend import Backend
from pyvault.migration.between_stores import MigrationOptions, left_behind, move, names_in
from pyvault.model import StoredCredentials
from pyvault.names import ItemName, Kind, LaterKind, name_in_store
from pyvault.record import replace
from pyvault.secret import Secret
from pyvault.storage.envelope import read_envelope, seal_envelope
from pyvault.storage.typed_store import CredentialStore
from pyvault.vaultfile.format.index import MalformedIndexError, parse_index
from pyvault.vaultfile.format.index_json import Json
from pyvault.vaultfile.state.draft import Draft
from pyvault.vaultfile.vault import Vault
from pyvault_backends.file import FileBackend
from pyvault_backends.keyring_backend import KeyringAdapter
from pyvault_backends.memory import MemoryBackend
from vaults import contents, credential, make_vault, open_again

LATER = ItemName(LaterKind("hologram"), "prod")
PAYLOAD = Secret(b"\x00what it means is not ours to know\xff")
UNKNOWN: dict[str, Json] = {"zz": [1, {"deep": None}], "y": "text"}


def nobody(question: object) -> Secret[str]:
    raise AssertionError(question)


def vault_with_later(directory: Path) -> Vault:
    """Make a vault with one record of a kind that this version does not make, and keys in its entry."""
    vault = make_vault(directory, items={"a": b"a"})

    def add(draft: Draft) -> Draft:
        added = draft.with_item(LATER, PAYLOAD, modified=5, expires=7, attributes={"colour": ["red"]})
        *others, last = added.records
        return replace(added, records=(*others, replace(last, entry=replace(last.entry, unknown=UNKNOWN))))

    vault._change(add)  # pyright: ignore[reportPrivateUsage]  # no door makes such an item
    return open_again(vault)


def entry_of(vault: Vault) -> dict[str, Json]:
    """Give the index entry of the later kind as JSON, without what a write or a rekey has to change."""
    vault.refresh()
    handle = vault._handle  # pyright: ignore[reportPrivateUsage]  # the index is nobody's door
    assert handle is not None
    (entry,) = [each for each in handle.snapshot.index.entries if each.name == LATER]
    return {key: value for key, value in entry.as_json().items() if key not in {"o", "h"}}


def box_of(vault: Vault) -> bytes:
    handle = vault._handle  # pyright: ignore[reportPrivateUsage]  # the same
    assert handle is not None
    with handle.reading() as reader:
        return reader.box(handle.snapshot.index.find(LATER))


def test_a_write_and_a_restore_keep_box_and_entry(tmp_path: Path) -> None:
    vault = vault_with_later(tmp_path)
    entry, box = entry_of(vault), box_of(vault)
    assert {key: entry[key] for key in ("k", "n", "t", "x", "a", "zz", "y")} == {
        "k": "hologram",
        "n": "prod",
        "t": 5,
        "x": 7,
        "a": {"colour": ["red"]},
        **UNKNOWN,
    }
    vault.put(credential("b"), Secret(b"b" * 5000))
    vault.delete(credential("a"))
    assert (entry_of(vault), box_of(vault)) == (entry, box)
    assert vault.verify() == 2
    again = open_again(vault)
    assert (entry_of(again), box_of(again), again.get(LATER)) == (entry, box, PAYLOAD)


def test_a_new_data_key_keeps_payload_and_entry(tmp_path: Path) -> None:
    vault = vault_with_later(tmp_path)
    entry = entry_of(vault)
    vault.rekey()
    again = open_again(vault)
    assert (entry_of(again), again.get(LATER)) == (entry, PAYLOAD)
    assert contents(again) == {"a": b"a", "prod": PAYLOAD.reveal()}


def test_it_is_listed_as_what_it_is_and_is_no_credential(tmp_path: Path) -> None:
    vault = vault_with_later(tmp_path)
    assert [str(entry.name) for entry in vault.entries()] == ["credential/a", "hologram/prod"]
    backend = FileBackend.open({"path": str(vault.path), "keyfile": str(tmp_path / "ci.key")}, nobody)
    assert LATER in backend.names()
    assert CredentialStore(backend).profiles() == ["a"]


@pytest.mark.parametrize("kind", ["hologram", "Hologram \x1b[2J", "", "\u00e9"])
@pytest.mark.parametrize("name", ["prod", "", "a\nb", "e\u0301"])
def test_an_index_with_any_later_kind_and_name_is_read_and_written_alike(kind: str, name: str) -> None:
    from pyvault.vaultfile.format.sealed_record import MIN_BOX

    entry = {"k": kind, "n": name, "id": "00" * 16, "r": 1, "o": 0, "l": MIN_BOX, "h": "11" * 32, "t": 1}
    text = json.dumps({"v": 1, "meta": {}, "e": [entry]}).encode()
    assert json.loads(parse_index(text, MIN_BOX).encode()) == json.loads(text)


@pytest.mark.parametrize(("kind", "name"), [("hologram", "\\ud800"), ("\\udfff", "prod")])
def test_what_is_no_text_is_no_name(kind: str, name: str) -> None:
    from pyvault.vaultfile.format.sealed_record import MIN_BOX

    entry = {"k": kind, "n": name, "id": "00" * 16, "r": 1, "o": 0, "l": MIN_BOX, "h": "11" * 32, "t": 1}
    text = json.dumps({"v": 1, "meta": {}, "e": [entry]}).replace("\\\\u", "\\u").encode()
    with pytest.raises(MalformedIndexError):
        parse_index(text, MIN_BOX)


def test_an_envelope_of_a_later_kind_is_read() -> None:
    assert read_envelope(Secret(seal_envelope(LATER, PAYLOAD).reveal().encode()), of="it") == (LATER, PAYLOAD)


def keyring(directory: Path, monkeypatch: pytest.MonkeyPatch) -> Backend:
    monkeypatch.setenv("TEXT_KEYRING", str(directory / "keyring.json"))
    monkeypatch.setenv("XDG_STATE_HOME", str(directory / "state"))
    return KeyringAdapter.open({"class": f"{FileKeyring.__module__}.{FileKeyring.__qualname__}"}, nobody)


def test_in_another_store_the_rest_is_not_locked_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = keyring(tmp_path, monkeypatch)
    store.put(LATER, PAYLOAD)
    store.put(credential("a"), Secret(b"a"))
    again = keyring(tmp_path, monkeypatch)
    assert sorted(again.names()) == [credential("a"), LATER]
    again.put(credential("b"), Secret(b"b"))
    again.delete(credential("a"))
    assert sorted(again.names()) == [credential("b"), LATER]
    assert again.get(LATER) == PAYLOAD
    assert CredentialStore(again).profiles() == ["b"]


def test_moving_tells_what_stays_behind() -> None:
    source, target = CredentialStore(MemoryBackend()), CredentialStore(MemoryBackend())
    source.put("a", StoredCredentials(access_key_id="AKIA", secret_access_key=Secret("x"), created=None))
    source.backend.put(LATER, PAYLOAD)
    list(move(source, target, ["a"], MigrationOptions(delete_source=True)))
    assert names_in(source) == {LATER}
    assert left_behind(names_in(source)) == {LATER.kind: 1}
    assert names_in(target) == {credential("a")}


def test_a_kind_of_ours_is_never_taken_for_a_later_one() -> None:
    for kind in Kind:
        assert name_in_store(kind.value, "x").kind is kind
