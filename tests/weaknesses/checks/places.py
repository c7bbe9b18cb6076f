"""W10, W11: what a store may be, and whose."""

from __future__ import annotations

import shutil

from pyvault.errors import PyvaultError
from weaknesses import go_peers, ours, weak
from weaknesses.proof import Proof, demand
from weaknesses.store import DEV, PROD, Store, given, keep


def a_path_of_the_wrong_kind_is_refused(store: Store) -> None:
    """Where a folder was meant there is a file, where a file was meant there is a folder."""
    keep(store.open(), PROD, b"x")
    in_one_file = store.file_of(PROD) == store.file_of(DEV)
    path = store.file_of(PROD) if in_one_file else store.folder
    shutil.rmtree(store.folder)
    if in_one_file:
        store.folder.mkdir(mode=0o700)
        path.mkdir(mode=0o700)
    else:
        path.write_bytes(b"")
    try:
        listed = store.open().names()
    except PyvaultError as exc:
        demand(str(path) in str(exc), f"the error does not name the path: {exc}")
    else:
        demand(False, f"what is no store is taken for one, with the items {listed}")


def a_file_open_to_others_is_refused(store: Store) -> None:
    keep(store.open(), PROD, b"x")
    for mode in (0o644, 0o660, 0o606):
        store.file_of(PROD).chmod(mode)
        demand(given(store.open(), PROD) is None, f"a file of mode {mode:o} is read")
    store.file_of(PROD).chmod(0o600)
    demand(given(store.open(), PROD) == b"x", "a file of mode 600 is not read")


def a_folder_open_to_others_is_refused(store: Store) -> None:
    keep(store.open(), PROD, b"x")
    for mode in (0o770, 0o777, 0o1777):
        store.folder.chmod(mode)
        demand(given(store.open(), PROD) is None, f"a file in a folder of mode {mode:o} is read")
    store.folder.chmod(0o700)
    demand(given(store.open(), PROD) == b"x", "a file in a folder of mode 700 is not read")


def a_link_is_refused(store: Store) -> None:
    keep(store.open(), PROD, b"x")
    file = store.file_of(PROD)
    elsewhere = store.folder / "elsewhere"
    file.rename(elsewhere)
    file.symlink_to(elsewhere)
    demand(given(store.open(), PROD) is None, "a symbolic link is followed")


PROOFS = (
    Proof(
        weakness="W10",
        check=a_path_of_the_wrong_kind_is_refused,
        ours=(ours.vault_file,),
        weak=(weak.jwe_folder, go_peers.go_file),
        says=r"what is no store is taken for one, with the items \[\]",
    ),
    Proof(
        weakness="W11",
        check=a_file_open_to_others_is_refused,
        ours=(ours.vault_file,),
        weak=(weak.jwe_folder, go_peers.go_file),
        says="a file of mode 644 is read",
    ),
    Proof(
        weakness="W11",
        check=a_folder_open_to_others_is_refused,
        ours=(ours.vault_file,),
        weak=(weak.jwe_folder, go_peers.go_file),
        says="a file in a folder of mode 770 is read",
    ),
    Proof(
        weakness="W11",
        check=a_link_is_refused,
        ours=(ours.vault_file,),
        weak=(weak.jwe_folder, go_peers.go_file),
        says="a symbolic link is followed",
    ),
)
