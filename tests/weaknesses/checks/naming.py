"""W7, W8, W12, W13: names are exact, and nothing but names."""

from __future__ import annotations

from pathlib import Path

from pyvault.names import credential_name
from pyvault.testing.cases.naming import AWKWARD
from weaknesses import go_peers, ours, peers, weak
from weaknesses.proof import Proof, demand
from weaknesses.store import PROD, Store, accepted, given, keep


def awkward_names_are_kept(store: Store) -> None:
    backend = store.open()
    for text in AWKWARD:
        name = credential_name(text)
        kept = accepted(backend, name, text.encode()) and given(backend, name) == text.encode()
        demand(kept, f"an item called {text!r} can't be kept")


def no_name_leads_out_of_the_store(store: Store) -> None:
    backend = store.open()
    keep(backend, PROD, b"x")
    around = store.folder.parent
    for file in ("neighbour", "neighbour.gpg"):
        (around / file).write_bytes(b"somebody else's")
    before = _files_around(store)
    for text in ("../neighbour", str(around / "neighbour"), "a/../../neighbour", "..%2Fneighbour", "..\\neighbour"):
        accepted(backend, credential_name(text), b"ours")
        demand(_files_around(store) == before, f"an item called {text!r} is written out of the store")


def _files_around(store: Store) -> dict[Path, bytes]:
    files = (path for path in store.folder.parent.rglob("*") if path.is_file())
    return {path: path.read_bytes() for path in files if not path.is_relative_to(store.folder)}


def other_peoples_files_are_no_items(store: Store) -> None:
    backend = store.open()
    keep(backend, PROD, b"x")
    beside = store.file_of(PROD).parent
    for foreign in (".DS_Store", "prod~", ".prod.swp"):
        (beside / foreign).write_bytes(b"")
    (beside / "Trash").mkdir()
    for path in ("", "Trash/old"):
        (beside / path).parent.mkdir(exist_ok=True)
    listed = sorted(name.name for name in backend.names())
    demand(listed == ["prod"], f"files of others are listed as items: {listed}")


def names_keep_their_case(store: Store) -> None:
    backend = store.open()
    for text in ("alice", "Alice", "ALICE"):
        demand(accepted(backend, credential_name(text), text.encode()), f"{text!r} is refused")
    for text in ("alice", "Alice", "ALICE"):
        kept = given(backend, credential_name(text))
        demand(kept == text.encode(), f"{text!r} is lost, because another item differs from it in case alone")


def no_name_is_reserved(store: Store) -> None:
    backend = store.open()
    name = credential_name("DEFAULT")
    demand(accepted(backend, name, b"x"), "an item called 'DEFAULT' is refused")
    demand(given(backend, name) == b"x", "an item called 'DEFAULT' is lost")


PROOFS = (
    Proof(
        weakness="W7",
        check=awkward_names_are_kept,
        ours=(ours.vault_file, ours.password_store, ours.credential_manager),
        weak=(weak.jwe_folder, go_peers.go_file),
        says=r"an item called '\.' can't be kept",
    ),
    Proof(
        weakness="W7",
        check=no_name_leads_out_of_the_store,
        ours=(ours.vault_file, ours.password_store),
        weak=(weak.names_as_paths, go_peers.go_password_store),
        says="an item called '../neighbour' is written out of the store",
    ),
    Proof(
        weakness="W8",
        check=other_peoples_files_are_no_items,
        ours=(ours.vault_file, ours.password_store),
        weak=(weak.jwe_folder, go_peers.go_file),
        says=r"files of others are listed as items: .*DS_Store",
    ),
    Proof(
        weakness="W12",
        check=names_keep_their_case,
        ours=(ours.vault_file, ours.password_store, ours.credential_manager, ours.keyring_without_case),
        weak=(weak.ini_file, weak.broken_case, peers.cryptfile),
        says="'alice' is lost",
    ),
    Proof(
        weakness="W13",
        check=no_name_is_reserved,
        ours=(ours.vault_file, ours.any_keyring),
        weak=(weak.ini_file_by_service, peers.cryptfile_by_service),
        says="'DEFAULT' is refused",
    ),
)
