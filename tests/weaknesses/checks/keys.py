"""W1, W2, W9, W14, W16, W17: what a key costs, whom it costs, and when it is in use."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

from pyvault.names import credential_name
from weaknesses import derivations, go_peers, ours, peers, weak
from weaknesses.derivations import Derived, Greedy, Later, Price
from weaknesses.proof import Proof, demand
from weaknesses.store import DEV, PROD, RIGHT, WRONG, Store, accepted, given, keep

ATTEMPT = Path(__file__).parents[1] / "attempt.py"
ITEMS = 20
PATIENCE = 120  # seconds until a child counts as hanging; not a measurement

# OWASP, Password Storage Cheat Sheet: the least of its recommendations for each function.
LEAST_MEMORY = 19 * 1024  # KiB for Argon2id, with two passes
LEAST_ITERATIONS = {"PBKDF2-HMAC-SHA256": 600_000}


def _is_dear(price: Price) -> bool:
    if price.function == "Argon2id":
        return price.memory >= LEAST_MEMORY and price.iterations >= 2
    return price.iterations >= LEAST_ITERATIONS[price.function]


def a_guess_is_dear(subject: Derived) -> None:
    keep(subject.store.open(), PROD, b"x")
    prices = subject.read([PROD])
    assert prices, "the store opens without any derivation"
    demand(all(map(_is_dear, prices)), f"a guess of the passphrase costs {prices[0]}")


def a_file_cannot_ask_for_endless_work(subject: Greedy) -> None:
    """A child that has three seconds of processor time opens a file that asks for hours."""
    job = {"path": sys.path, "subject": vars(subject.subject)}
    child = [sys.executable, str(ATTEMPT), json.dumps(job)]
    done = subprocess.run(child, capture_output=True, text=True, check=False, timeout=PATIENCE)
    demand(done.returncode not in {-signal.SIGXCPU, -signal.SIGKILL}, "the work that the file asks for was begun")
    assert done.returncode == 0, done.stderr
    demand("refused" in done.stdout, "the file was read as if nothing were wrong with it")


def a_mistyped_passphrase_writes_nothing(store: Store) -> None:
    keep(store.open(), PROD, b"old")
    demand(
        not accepted(store.open(WRONG), DEV, b"new"),
        "a mistyped passphrase writes an item that the right one can't read",
    )
    demand(given(store.open(RIGHT), PROD) == b"old", "the right passphrase no longer opens the store")


def a_wrong_key_does_not_stay_in_use(store: Store) -> None:
    """The same handle, after its passphrase was found to be wrong."""
    keep(store.open(), PROD, b"old")
    handle = store.open(WRONG)
    demand(given(handle, PROD) is None, "the wrong passphrase reads an item")
    demand(not accepted(handle, DEV, b"new"), "a handle whose key was found to be wrong still writes with it")
    demand(given(store.open(RIGHT), PROD) == b"old", "the right passphrase no longer opens the store")


def the_cost_can_be_raised(later: Later) -> None:
    """A later version of the program, in which a key costs more, opens what this one wrote."""
    keep(later.store.open(), PROD, b"old")
    demand(given(later.later.open(), PROD) == b"old", "a dearer key makes the old file unreadable")


def one_derivation_opens_all_items(subject: Derived) -> None:
    backend = subject.store.open()
    names = [credential_name(f"p{number}") for number in range(ITEMS)]
    for name in names:
        keep(backend, name, b"x")
    spent = len(subject.read(names))
    demand(spent == 1, f"reading {ITEMS} items costs {spent} derivations")


PROOFS = (
    Proof(
        weakness="W1",
        check=a_guess_is_dear,
        ours=(derivations.vault_file,),
        weak=(derivations.jwe_folder, go_peers.go_file_derived),
        says="a guess of the passphrase costs .*8192",
    ),
    Proof(
        weakness="W2",
        check=a_file_cannot_ask_for_endless_work,
        ours=(derivations.greedy_vault_file, derivations.greedy_import),
        weak=(derivations.greedy_jwe_folder, go_peers.greedy_go_file),
        says="the work that the file asks for was begun",
    ),
    Proof(
        weakness="W9",
        check=a_mistyped_passphrase_writes_nothing,
        ours=(ours.vault_file_with_passphrase,),
        weak=(weak.jwe_folder, go_peers.go_file),
        says="a mistyped passphrase writes an item",
    ),
    Proof(
        weakness="W14",
        check=a_wrong_key_does_not_stay_in_use,
        ours=(ours.vault_file_with_passphrase,),
        weak=(weak.ini_file, peers.cryptfile),
        says="still writes with it",
    ),
    Proof(
        weakness="W16",
        check=the_cost_can_be_raised,
        ours=(derivations.vault_file_later,),
        weak=(derivations.ini_file_later, peers.cryptfile_later),
        says="a dearer key makes the old file unreadable",
    ),
    Proof(
        weakness="W17",
        check=one_derivation_opens_all_items,
        ours=(derivations.vault_file,),
        weak=(derivations.ini_file, peers.cryptfile_derivations),
        says=r"reading 20 items costs 2\d derivations",
    ),
)
