"""W4, W20, W23, W25, W30: what is read is what was written there, or an error."""

from __future__ import annotations

from pyvault.errors import PyvaultError
from weaknesses import go_peers, ours, peers, weak
from weaknesses.proof import Proof, demand
from weaknesses.store import DEV, PROD, Encoded, Store, accepted, given, keep

FLIPS = 400  # places in the file, evenly spread
LONG = b"0123456789" * 20


def an_item_pasted_over_another_is_noticed(store: Store) -> None:
    backend = store.open()
    keep(backend, DEV, b"keys of dev ")
    keep(backend, PROD, b"keys of prod")
    store.paste(DEV, PROD)
    demand(given(store.open(), PROD) != b"keys of dev ", "the keys of dev are given under the name of prod")


def no_flipped_bit_changes_a_value(store: Store) -> None:
    backend = store.open()
    keep(backend, PROD, LONG)
    file = store.file_of(PROD)
    whole = file.read_bytes()
    for at in range(0, len(whole), max(1, len(whole) // FLIPS)):
        for bit in (0, 1, 2):
            file.write_bytes(whole[:at] + bytes([whole[at] ^ 1 << bit]) + whole[at + 1 :])
            demand(given(backend, PROD) in {LONG, None}, "a flipped bit changed the value, and there was no error")
    file.write_bytes(whole)
    demand(given(backend, PROD) == LONG, "the unchanged file does not give the value")


def a_foreign_encoding_is_an_error(subject: Encoded) -> None:
    backend = subject.store.open()
    keep(backend, PROD, b"ascii")
    for blob in (b"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEX", b"{}", b"\x00\xd8"):
        subject.write_blob(blob)
        demand(given(backend, PROD) is None, "bytes of another encoding are given as a value")


def a_cut_off_item_is_an_error(store: Store) -> None:
    backend = store.open()
    keep(backend, PROD, LONG)
    file = store.file_of(PROD)
    whole = file.read_bytes()
    for length in [*range(0, len(whole), 37), len(whole) - 1]:
        file.write_bytes(whole[:length])
        demand(given(backend, PROD) is None, f"an item cut off at {length} of {len(whole)} bytes is given as a value")


def what_cannot_be_read_is_not_empty(store: Store) -> None:
    keep(store.open(), PROD, b"old")
    file = store.file_of(PROD)
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    try:
        listed = store.open().names()
    except PyvaultError:
        listed = None
    demand(listed is None, "a store that can't be read is listed as an empty one")


def what_cannot_be_read_is_not_written_over(store: Store) -> None:
    keep(store.open(), PROD, b"old")
    file = store.file_of(PROD)
    whole = file.read_bytes()
    damaged = whole[: len(whole) // 2]
    file.write_bytes(damaged)
    demand(not accepted(store.open(), DEV, b"new"), "a store that can't be read is replaced by a new one")
    demand(file.read_bytes() == damaged, "a store that can't be read was changed")
    file.write_bytes(whole)
    demand(given(store.open(), PROD) == b"old", "the item does not come back with the file")


PROOFS = (
    Proof(
        weakness="W4",
        check=an_item_pasted_over_another_is_noticed,
        ours=(ours.vault_file, ours.password_store),
        weak=(weak.jwe_folder, weak.pass_by_exit_code, go_peers.go_file, go_peers.go_password_store),
        says="the keys of dev are given under the name of prod",
    ),
    Proof(
        weakness="W20",
        check=no_flipped_bit_changes_a_value,
        ours=(ours.vault_file,),
        weak=(weak.ini_file_without_mac, peers.alt_encrypted),
        says="a flipped bit changed the value",
    ),
    Proof(
        weakness="W23",
        check=a_foreign_encoding_is_an_error,
        ours=(ours.credential_manager_blobs,),
        weak=(peers.windows_vault_blobs,),
        says="bytes of another encoding are given as a value",
    ),
    Proof(
        weakness="W25",
        check=a_cut_off_item_is_an_error,
        ours=(ours.password_store, ours.vault_file),
        weak=(weak.pass_by_exit_code,),
        says=r"an item cut off at \d+ of \d+ bytes is given as a value",
    ),
    Proof(
        weakness="W30",
        check=what_cannot_be_read_is_not_empty,
        ours=(ours.vault_file, ours.any_keyring),
        weak=(weak.forgiving_file,),
        says="is listed as an empty one",
    ),
    Proof(
        weakness="W30",
        check=what_cannot_be_read_is_not_written_over,
        ours=(ours.vault_file, ours.any_keyring),
        weak=(weak.forgiving_file,),
        says="is replaced by a new one",
    ),
)
