"""Several changes as one, several handles, several threads."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import ClassVar

import pytest

from pyvault.errors import (
    ConflictError,
    ItemNotFoundError,
    ItemTooLargeError,
    LockTimeoutError,
    VaultNotFoundError,
)
from pyvault.files.file_checks import FileChecks
from pyvault.files.lock import LockFile
from pyvault.names import ItemName, Kind
from pyvault.record import replace
from pyvault.secret import Secret
from pyvault.vaultfile.disk.vault_reader import read_header
from pyvault.vaultfile.disk.write import SupersededError, check_unchanged
from pyvault.vaultfile.format.sealed_record import MAX_PAYLOAD
from pyvault.vaultfile.state.draft import Draft
from pyvault.vaultfile.state.entries import Entry
from pyvault.vaultfile.vault import Vault
from vaults import WEAK, contents, credential, make_vault, open_again

NOON = datetime(2026, 1, 1, 12, 0, 0, 999, tzinfo=UTC)


def test_an_item_and_what_is_known_of_it(tmp_path: Path) -> None:
    vault = make_vault(tmp_path, options=replace(WEAK, clock=lambda: NOON))
    name = ItemName(Kind.SESSION, "a/b c\u00e9")
    vault.put(name, Secret(b"1"), attributes={"access_key_id": "AKIA"}, expires=NOON)
    vault.put(name, Secret(b"2"), expires=NOON)
    (entry,) = open_again(vault).entries()
    assert entry.name == name
    assert (entry.revision, entry.size) == (2, 1096)
    assert entry.modified == entry.expires == NOON.replace(microsecond=0)
    assert entry.attributes == {}  # they described the old content
    assert vault.get(name) == Secret(b"2")


def test_one_item_of_many_is_found_without_making_the_others(tmp_path: Path) -> None:
    vault = make_vault(tmp_path, items={f"p{number}": b"x" for number in range(50)})
    made: list[object] = []

    def count(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code is Entry.of.__func__.__code__:  # type: ignore[attr-defined]
            made.append(frame)

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        names = [entry.name.name for each in ("p7", "none") for entry in vault.entries(only=credential(each))]
    finally:
        sys.setprofile(before)
    assert (names, len(made)) == (["p7"], 1)
    with vault.transaction():
        vault.put(credential("new"), Secret(b"x"))
        assert [entry.name.name for entry in vault.entries(only=credential("new"))] == ["new"]


@pytest.mark.parametrize("size", [0, 1, 1019, 1020, 1021, 65_536, MAX_PAYLOAD])
def test_sizes(tmp_path: Path, size: int) -> None:
    vault = make_vault(tmp_path, items={"a": b"\x00\xff" * (size // 2) + b"x" * (size % 2)})
    assert len(open_again(vault).get(credential("a"))) == size


def test_an_item_over_the_limit_leaves_the_old_one(tmp_path: Path) -> None:
    vault = make_vault(tmp_path, items={"a": b"old"})
    with pytest.raises(ItemTooLargeError, match="credential/a"):
        vault.put(credential("a"), Secret(bytes(MAX_PAYLOAD + 1)))
    assert contents(vault) == {"a": b"old"}


@pytest.mark.parametrize("name", [".", "..", "../x", "/abs", "CON", "DEFAULT", "a", "A", "-x", "%2F", "*", "e\u0301"])
def test_names_are_exact_and_never_paths(tmp_path: Path, name: str) -> None:
    from pyvault.names import parse_name

    vault = make_vault(tmp_path, items={"alice": b"lower", "Alice": b"upper"})
    exact = credential(parse_name(name))
    vault.put(exact, Secret(b"x"))
    assert vault.get(exact) == Secret(b"x")
    assert contents(vault)["alice"] == b"lower"
    assert contents(vault)["Alice"] == b"upper"
    assert {entry.name for entry in tmp_path.iterdir()} == {
        "ci.key",
        "vault.pyv",
        "vault.pyv.lock",
        "vault.pyv.bak.1",
        "vault.pyv.bak.2",
    }


def test_absent_is_not_found(tmp_path: Path) -> None:
    vault = make_vault(tmp_path, items={"a": b"a"})
    for use in (vault.get, vault.delete):
        with pytest.raises(ItemNotFoundError, match="credential/b"):
            use(credential("b"))
    with pytest.raises(ItemNotFoundError):
        vault.get(ItemName(Kind.SESSION, "a"))


def test_a_transaction_is_one_write(tmp_path: Path) -> None:
    vault = make_vault(tmp_path, items={"a": b"a", "b": b"b"})
    generation = vault.generation
    with vault.transaction():
        vault.put(credential("c"), Secret(b"c"))
        vault.put(credential("a"), Secret(b"new"))
        vault.delete(credential("b"))
        assert contents(vault) == {"a": b"new", "c": b"c"}  # it sees itself
        assert contents(open_again(vault)) == {"a": b"a", "b": b"b"}  # nobody else does
    assert vault.generation == generation + 1
    assert contents(open_again(vault)) == {"a": b"new", "c": b"c"}


def test_a_failed_transaction_changes_nothing(tmp_path: Path) -> None:
    vault = make_vault(tmp_path, items={"a": b"a"})
    before = vault.path.read_bytes()

    def put_and_fail() -> None:
        with vault.transaction():
            vault.put(credential("b"), Secret(b"b"))
            vault.delete(credential("absent"))

    with pytest.raises(ItemNotFoundError):
        put_and_fail()
    assert vault.path.read_bytes() == before
    assert contents(vault) == {"a": b"a"}


def test_an_inner_failure_that_is_caught_leaves_no_half(tmp_path: Path) -> None:
    vault = make_vault(tmp_path, items={"a": b"a"})
    with vault.transaction():
        vault.put(credential("b"), Secret(b"b"))
        try:
            with vault.transaction():
                vault.put(credential("c"), Secret(b"c"))
                vault.delete(credential("absent"))
        except ItemNotFoundError:
            pass
    assert contents(open_again(vault)) == {"a": b"a", "b": b"b"}


def test_a_transaction_that_only_reads_does_not_write(tmp_path: Path) -> None:
    vault = make_vault(tmp_path, items={"a": b"a"})
    before = vault.path.read_bytes()
    with vault.transaction():
        assert contents(vault) == {"a": b"a"}
    assert vault.path.read_bytes() == before


def test_handles_see_each_other_at_once(tmp_path: Path) -> None:
    one = make_vault(tmp_path)
    two = open_again(one)
    one.put(credential("a"), Secret(b"1"))
    assert contents(two) == {"a": b"1"}
    two.put(credential("b"), Secret(b"2"))
    one.delete(credential("a"))
    assert contents(one) == contents(two) == {"b": b"2"}
    one.refresh()
    assert (one.generation, one.header.txid) == (two.generation, two.header.txid)


def test_threads_share_a_handle(tmp_path: Path) -> None:
    vault = make_vault(tmp_path, options=replace(WEAK, durable=False))

    def work(worker: int) -> None:
        for number in range(10):
            with vault.transaction():
                vault.put(credential(f"{worker}-{number}"), Secret(b"x"))
                vault.entries()

    with ThreadPoolExecutor(8) as threads:
        for done in [threads.submit(work, worker) for worker in range(8)]:
            done.result()
    assert vault.verify() == 80


def test_a_lock_that_is_not_let_go(tmp_path: Path) -> None:
    vault = make_vault(tmp_path, items={"a": b"a"}, options=replace(WEAK, lock_timeout=0.05))
    with LockFile(tmp_path / "vault.pyv.lock"):
        with pytest.raises(LockTimeoutError, match=r"vault\.pyv' is locked by this very process"):
            vault.put(credential("b"), Secret(b"b"))
        assert contents(vault) == {"a": b"a"}  # readers take no lock


def test_a_vanished_vault_is_not_an_empty_one(tmp_path: Path) -> None:
    vault = make_vault(tmp_path, items={"a": b"a"})
    vault.path.unlink()
    with pytest.raises(VaultNotFoundError):
        vault.entries()
    with pytest.raises(VaultNotFoundError):
        vault.put(credential("b"), Secret(b"b"))
    assert not vault.path.exists()


def test_a_closed_handle(tmp_path: Path) -> None:
    vault = make_vault(tmp_path, items={"a": b"a"})
    vault.close()
    vault.close()
    with pytest.raises(ValueError, match="closed"):
        vault.get(credential("a"))


# A file system on which the lock does not lock: another writer comes through unnoticed.


def intrude(vault: Vault, name: str) -> None:
    """Write as a process whose lock is another file."""
    lock = vault.path.with_name("vault.pyv.lock")
    held = lock.rename(lock.with_name("held"))
    open_again(vault, options=replace(WEAK, durable=False)).put(credential(name), Secret(b"i"))
    held.replace(lock)


def test_another_writer_in_spite_of_the_lock_is_not_overwritten(tmp_path: Path) -> None:
    vault = make_vault(tmp_path, items={"a": b"a"})
    with vault.transaction():
        vault.put(credential("b"), Secret(b"b"))
        intrude(vault, "intruder")
    assert contents(open_again(vault)) == {"a": b"a", "b": b"b", "intruder": b"i"}
    assert vault.generation == 4


def test_what_was_decided_by_reading_is_not_written_over_another_state(tmp_path: Path) -> None:
    vault = make_vault(tmp_path, items={"a": b"a"})

    def compare_and_set() -> None:
        with vault.transaction():
            if vault.get(credential("a")) == Secret(b"a"):
                vault.put(credential("b"), Secret(b"b"))
            intrude(vault, "a")

    with pytest.raises(ConflictError):
        compare_and_set()
    assert contents(open_again(vault)) == {"a": b"i"}


def test_a_decision_over_all_entries_is_not_written_over_another_state(tmp_path: Path) -> None:
    vault = make_vault(tmp_path, items={"a": b"a"})

    def compare_and_set() -> None:
        with vault.transaction():
            if len(vault.entries()) == 1:
                vault.put(credential("b"), Secret(b"b"))
            intrude(vault, "intruder")

    with pytest.raises(ConflictError):
        compare_and_set()
    assert contents(open_again(vault)) == {"a": b"a", "intruder": b"i"}


def test_changes_of_different_entries_go_together(tmp_path: Path) -> None:
    vault = make_vault(tmp_path, items={"a": b"a"})
    with vault.transaction():
        assert vault.get(credential("a")) == Secret(b"a")
        vault.put(credential("a"), Secret(b"b"))
        intrude(vault, "intruder")
    assert contents(open_again(vault)) == {"a": b"b", "intruder": b"i"}


@pytest.mark.parametrize("change", ["put", "delete"])
def test_two_changes_of_one_entry_are_a_conflict(tmp_path: Path, change: str) -> None:
    vault = make_vault(tmp_path, items={"a": b"a"})

    def change_it() -> None:
        with vault.transaction():
            if change == "put":
                vault.put(credential("a"), Secret(b"b"))
            else:
                vault.delete(credential("a"))
            intrude(vault, "a")

    with pytest.raises(ConflictError, match="credential/a"):
        change_it()
    assert contents(open_again(vault)) == {"a": b"i"}


class IntrudingChecks(FileChecks):
    """File checks during which another process writes, once, at the fifth question.

    That is while the temporary file is read back: after the base was read,
    before the rename.
    """

    asked = 0
    vault: ClassVar[Vault | None] = None

    @property
    def owner(self) -> int:
        if IntrudingChecks.vault is not None:
            IntrudingChecks.asked += 1
            if IntrudingChecks.asked == 5:
                vault, IntrudingChecks.vault = IntrudingChecks.vault, None
                intrude(vault, "intruder")
        return super().owner


def test_another_writer_just_before_the_rename_is_not_overwritten(tmp_path: Path) -> None:
    plain = make_vault(tmp_path, items={"a": b"a"})
    vault = open_again(plain, options=replace(WEAK, checks=IntrudingChecks()))
    IntrudingChecks.vault = plain
    vault.put(credential("b"), Secret(b"b"))
    assert IntrudingChecks.asked >= 5
    assert contents(open_again(plain)) == {"a": b"a", "b": b"b", "intruder": b"i"}


def test_what_a_later_version_added_to_an_entry_stays_when_it_is_replaced(tmp_path: Path) -> None:
    vault = make_vault(tmp_path, items={"a": b"a", "b": b"b"})

    def add_unknown(draft: Draft) -> Draft:
        records = tuple(
            replace(record, entry=replace(record.entry, unknown={"later": [1]})) for record in draft.records
        )
        return replace(draft, records=records, unknown={"also": True}, meta={**draft.meta, "colour": "red"})

    with vault.transaction():
        assert vault._transaction is not None
        vault._transaction.apply(add_unknown)
    vault.put(credential("a"), Secret(b"new"))
    vault.rekey()
    handle = open_again(vault)._handle
    assert handle is not None
    index = handle.snapshot.index
    assert [entry.unknown for entry in index.entries] == [{"later": [1]}, {"later": [1]}]
    assert index.unknown == {"also": True}
    assert index.meta["colour"] == "red"


def test_the_last_look_before_the_rename(tmp_path: Path) -> None:
    vault = make_vault(tmp_path, items={"a": b"a"})
    header = read_header(vault.path)
    check_unchanged(vault.path, header, WEAK)
    vault.put(credential("b"), Secret(b"b"))
    with pytest.raises(SupersededError):
        check_unchanged(vault.path, header, WEAK)
    vault.path.unlink()
    with pytest.raises(SupersededError):
        check_unchanged(vault.path, header, WEAK)
