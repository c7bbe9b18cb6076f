"""Changes of an entry that are made only while it has a version, whatever others write meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pyvault.errors import ConflictError, ItemNotFoundError
from pyvault.record import replace
from pyvault.secret import Secret
from pyvault.vaultfile.vault import Vault
from vaults import WEAK, contents, credential, make_vault, open_again

A, B = credential("a"), credential("b")


def intrude(vault: Vault, act: Callable[[Vault], object]) -> None:
    """Change the vault as a process whose lock is another file, or that is at another machine."""
    lock = vault.path.with_name("vault.pyv.lock")
    held = lock.rename(lock.with_name("held"))
    act(open_again(vault, options=replace(WEAK, durable=False)))
    held.replace(lock)


def test_the_version_that_was_told_stays_though_others_write_other_entries(tmp_path: Path) -> None:
    vault = make_vault(tmp_path, items={"a": b"1"})
    _, first = vault.get_versioned(A)
    with vault.transaction():
        told = vault.put_if(A, Secret(b"2"), first)
        created = vault.put_if(B, Secret(b"x"), None)
        intrude(vault, lambda other: other.put(credential("intruder"), Secret(b"i")))
    again = open_again(vault)
    assert again.get_versioned(A) == (Secret(b"2"), told)
    assert again.get_versioned(B) == (Secret(b"x"), created)
    assert contents(again) == {"a": b"2", "b": b"x", "intruder": b"i"}
    vault.put_if(A, Secret(b"3"), told)


@pytest.mark.parametrize(
    ("meanwhile", "error", "left"),
    [
        (lambda other: other.put(A, Secret(b"theirs")), ConflictError, {"a": b"theirs"}),
        (lambda other: other.delete(A), ItemNotFoundError, {}),
        (lambda other: other.put(B, Secret(b"theirs")), ConflictError, {"a": b"1", "b": b"theirs"}),
    ],
)
def test_the_condition_is_looked_at_again_when_the_change_is_applied_again(
    tmp_path: Path, meanwhile: Callable[[Vault], object], error: type[Exception], left: dict[str, bytes]
) -> None:
    vault = make_vault(tmp_path, items={"a": b"1"})
    _, first = vault.get_versioned(A)

    def change() -> None:
        with vault.transaction():
            vault.put_if(A, Secret(b"2"), first)
            vault.put_if(B, Secret(b"x"), None)
            intrude(vault, meanwhile)

    with pytest.raises(error):
        change()
    assert contents(open_again(vault)) == left


def test_a_version_is_the_same_for_every_reader_and_in_a_transaction(tmp_path: Path) -> None:
    vault = make_vault(tmp_path, items={"a": b"1"})
    with vault.transaction():
        inside = vault.get_versioned(A)
    assert inside == vault.get_versioned(A) == open_again(vault).get_versioned(A)


def test_the_same_bytes_put_again_or_brought_back_are_another_version(tmp_path: Path) -> None:
    vault = make_vault(tmp_path, items={"a": b"1"})
    seen = {vault.get_versioned(A)[1]}
    vault.put(A, Secret(b"1"))
    seen.add(vault.get_versioned(A)[1])
    vault.delete(A)
    vault.put(A, Secret(b"1"))
    seen.add(vault.get_versioned(A)[1])
    vault.rekey()
    seen.add(vault.get_versioned(A)[1])
    assert len(seen) == 4


def test_what_was_carried_out_is_not_written_again(tmp_path: Path) -> None:
    vault = make_vault(tmp_path, items={"a": b"1"})
    first = vault.get_versioned(A)[1]
    second = vault.put_if(A, Secret(b"2"), first)
    generation = vault.generation
    assert vault.put_if(A, Secret(b"2"), first) == second
    assert vault.put_if(A, Secret(b"2"), None) == second
    assert vault.generation == generation
