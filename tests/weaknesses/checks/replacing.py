"""W22, W24, W26: what is put is kept whole, and takes the place of the old value at once and altogether."""

from __future__ import annotations

from pyvault.errors import ItemNotFoundError
from pyvault.secret import Secret
from weaknesses import keychains, ours, peers, weak
from weaknesses.proof import Proof, demand
from weaknesses.store import PROD, Searched, Store, accepted, given, keep


def replacing_leaves_no_old_secret(subject: Searched) -> None:
    backend = subject.store.open()
    for value in (b"the old secret", b"the new secret"):
        keep(backend, PROD, value)
    demand(given(backend, PROD) == b"the new secret", "the new secret is not there")
    demand("the old secret" not in subject.everything(), "the old secret stays behind")


def a_crash_while_replacing_loses_nothing(keychain: keychains.Keychain) -> None:
    """The process ends before the n-th change that it makes, for every n."""
    for changes in range(1, 50):
        keychain.open().put(PROD, Secret(b"old"))
        finished = keychain.crash_before(changes, lambda: keychain.open().put(PROD, Secret(b"new")))
        left = given(keychain.open(), PROD)
        demand(left in {b"old", b"new"}, f"a crash before change {changes} leaves neither the old nor the new value")
        if finished:
            return
    raise AssertionError("it never comes to its end")


def every_byte_and_line_is_kept(store: Store) -> None:
    backend = store.open()
    for value in (b"one line", b"first line\nsecond line\n", b"\n\nthird line"):
        demand(accepted(backend, PROD, value), f"{value!r} is refused")
        demand(given(backend, PROD) == value, f"{value!r} is not kept whole")


def an_empty_value_is_a_value(store: Store) -> None:
    backend = store.open()
    demand(accepted(backend, PROD, b""), "an empty value is refused")
    try:
        kept = backend.get(PROD).reveal()
    except ItemNotFoundError:
        kept = None
    demand(kept == b"", "an empty value is not kept")


PROOFS = (
    Proof(
        weakness="W22",
        check=replacing_leaves_no_old_secret,
        ours=(ours.credential_manager_searched,),
        weak=(peers.windows_vault_searched,),
        says="the old secret stays behind",
    ),
    Proof(
        weakness="W24",
        check=a_crash_while_replacing_loses_nothing,
        ours=(keychains.our_keyring, keychains.our_keychain),
        weak=(keychains.deleting_keyring, keychains.keyrings_keychain),
        says="leaves neither the old nor the new value",
    ),
    Proof(
        weakness="W26",
        check=every_byte_and_line_is_kept,
        ours=(ours.password_store, ours.vault_file),
        weak=(weak.pass_first_line, peers.keyring_pass),
        says=r"second line.* is not kept whole",
    ),
    Proof(
        weakness="W26",
        check=an_empty_value_is_a_value,
        ours=(ours.password_store, ours.vault_file),
        weak=(peers.keyring_pass,),
        says="an empty value is refused",
    ),
)
