"""W21, W27, W28, W29: which store is used, and that it is the same one the next time."""

from __future__ import annotations

from itertools import permutations

from pyvault.testing.cases.secrecy import traces
from weaknesses import choosers, desktops, go_peers, headless
from weaknesses.choosers import Chooser
from weaknesses.desktops import Program
from weaknesses.headless import SECRET, Defaults, Machine
from weaknesses.proof import Proof, demand


def nothing_is_kept_in_plain_text_unasked(machine: Machine) -> None:
    """Nobody names a store, there is no desktop, and something installed keeps plain text."""
    machine.store_secret()
    files = [path for path in machine.home.rglob("*") if path.is_file()]
    assert files, "nothing was stored"
    for path in files:
        content = path.read_bytes().decode("latin-1")
        shown = [trace for trace in traces(SECRET.encode()) if trace in content]
        demand(not shown, f"the secret stands in {path.name!r} in plain text, and nobody had asked for that")


def a_collection_is_found_again(program: Program) -> None:
    program.run(write=b"x")
    demand(program.run(write=b"x") == b"x", "the second run does not find what the first one stored")
    count = program.count()
    demand(count == 1, f"there are {count} collections of one name")


def the_choice_does_not_hang_on_the_order(chooser: Chooser) -> None:
    """Whatever is installed or starts first, the same store is chosen."""
    stores = ("secret-service", "keychain", "wincred", "pass", "file")
    chosen = {chooser.choose(dict.fromkeys(order, True), None).name for order in permutations(stores)}
    demand(len(chosen) == 1, f"the choice hangs on the order: {sorted(chosen)}")


def a_choice_is_kept_when_the_store_fails(chooser: Chooser) -> None:
    """Over SSH the desktop's store does not open; its items are not in another one."""
    first = chooser.choose({"secret-service": True, "file": True}, None).name
    second = chooser.choose({"secret-service": False, "file": True}, first).name
    demand(second == first, f"'{first}' fails, so '{second}' is used, in which nothing is")


def a_store_passed_over_is_named_with_the_reason(chooser: Chooser) -> None:
    choice = chooser.choose({"secret-service": False, "file": True}, None)
    demand("secret-service" in choice.said, "nobody is told that another store was looked at, nor why it was not taken")


def the_default_needs_no_setting(machine: Defaults) -> None:
    error = machine.store_secret()
    demand(not error, f"the store of choice can't be used as it comes: {error}")


def the_default_outlives_a_restart(machine: Defaults) -> None:
    """Two processes with nothing in common but a home."""
    assert machine.store_secret() == ""
    demand(machine.read_secret() == SECRET, "the store of choice forgets everything when the machine starts again")


PROOFS = (
    Proof(
        weakness="W21",
        check=nothing_is_kept_in_plain_text_unasked,
        ours=(headless.our_command, headless.our_command_beside_alt),
        weak=(headless.keyrings_command, headless.keyrings_command_with_alt),
        says="stands in '.*' in plain text",
    ),
    Proof(
        weakness="W27",
        check=a_collection_is_found_again,
        ours=(desktops.our_collection,),
        weak=(desktops.collection_by_path,),
        says="the second run does not find what the first one stored",
    ),
    Proof(
        weakness="W28",
        check=the_choice_does_not_hang_on_the_order,
        ours=(choosers.ours,),
        weak=(choosers.first_that_opens,),
        says="the choice hangs on the order",
    ),
    Proof(
        weakness="W28",
        check=a_choice_is_kept_when_the_store_fails,
        ours=(choosers.ours,),
        weak=(choosers.first_that_opens,),
        says="'secret-service' fails, so 'file' is used",
    ),
    Proof(
        weakness="W28",
        check=a_store_passed_over_is_named_with_the_reason,
        ours=(choosers.ours,),
        weak=(choosers.first_that_opens,),
        says="nobody is told",
    ),
    Proof(
        weakness="W29",
        check=the_default_needs_no_setting,
        ours=(headless.our_defaults,),
        weak=(headless.kernel_keyring, go_peers.go_kernel_keyring),
        says="the store of choice can't be used as it comes: .*(unknown scope|not available)",
    ),
    Proof(
        weakness="W29",
        check=the_default_outlives_a_restart,
        ours=(headless.our_defaults,),
        weak=(headless.kernel_keyring_with_scope,),
        says="forgets everything when the machine starts again",
    ),
)
