"""W3, W19: what shows without the key, and what is said on the way."""

from __future__ import annotations

import base64

from pyvault.errors import PyvaultError
from pyvault.names import ItemName, Kind, credential_name
from pyvault.secret import Secret
from pyvault.testing.cases.secrecy import traces
from weaknesses import go_peers, moving, ours, peers, weak
from weaknesses.moving import PLANTED, Mover
from weaknesses.proof import Proof, demand
from weaknesses.store import PROD, Store, keep

PROFILE = b"planted-profile"
SESSION = b"planted-session"


def no_name_shows_on_the_disk(store: Store) -> None:
    """Neither in a file nor in what it is called, as it is or encoded."""
    keep(store.open(), credential_name(PROFILE.decode()), b"x")
    for path in store.folder.rglob("*"):
        content = path.read_bytes().decode("latin-1") if path.is_file() else ""
        shown = [trace for trace in traces(PROFILE) if trace in path.name or trace in content]
        demand(not shown, f"the name of the profile shows in {path.name!r}")


def a_session_shows_nothing_either(store: Store) -> None:
    """Its name is in base64, which is no encryption."""
    store.open().put(ItemName(Kind.SESSION, SESSION.decode()), Secret(b"y"))
    hidden = base64.urlsafe_b64encode(SESSION).decode().rstrip("=")
    for path in store.folder.rglob("*"):
        demand(hidden not in path.name, f"the name of a session shows in {path.name!r}")


def names_are_listed_with_the_key_alone(store: Store) -> None:
    keep(store.open(), PROD, b"x")
    try:
        listed = store.open_without_key().names()
    except PyvaultError:
        listed = []
    demand(not listed, f"names are listed without the passphrase: {[name.name for name in listed]}")


def the_number_of_items_does_not_show(store: Store) -> None:
    """As soon as there are as many backups as are kept, another item is no other file."""
    backend = store.open()
    files: list[int] = []
    for number in range(10):
        keep(backend, credential_name(f"p{number}"), b"x")
        files.append(len(list(store.folder.iterdir())))
    demand(len(set(files[-3:])) == 1, f"the items can be counted by their files: {files}")


def moving_a_secret_logs_nothing_of_it(mover: Mover) -> None:
    said = mover.move_and_listen()
    shown = [trace for trace in traces(PLANTED.encode()) if trace in said]
    demand(not shown, "the secret is in the log")


PROOFS = (
    Proof(
        weakness="W3",
        check=no_name_shows_on_the_disk,
        ours=(ours.vault_file,),
        weak=(weak.jwe_folder, go_peers.go_file),
        says="the name of the profile shows in 'planted-profile'",
    ),
    Proof(
        weakness="W3",
        check=a_session_shows_nothing_either,
        ours=(ours.vault_file,),
        weak=(weak.jwe_folder,),
        says="the name of a session shows in 'session,",
    ),
    Proof(
        weakness="W3",
        check=names_are_listed_with_the_key_alone,
        ours=(ours.vault_file_with_passphrase,),
        weak=(weak.jwe_folder, go_peers.go_file),
        says=r"names are listed without the passphrase: \['prod'\]",
    ),
    Proof(
        weakness="W3",
        check=the_number_of_items_does_not_show,
        ours=(ours.vault_file,),
        weak=(weak.jwe_folder, go_peers.go_file),
        says="the items can be counted by their files",
    ),
    Proof(
        weakness="W19",
        check=moving_a_secret_logs_nothing_of_it,
        ours=(moving.between_our_stores, moving.at_the_command_line),
        weak=(moving.talking_converter, peers.cryptfile_converter),
        says="the secret is in the log",
    ),
)
