"""W5, W6, W15, W18: a write is whole or not done, loses nothing of others, and is for its owner alone."""

from __future__ import annotations

import itertools
import os
import resource
from collections.abc import Generator
from contextlib import contextmanager

from pyvault.backend import Backend
from pyvault.errors import PyvaultError
from pyvault.names import credential_name
from pyvault.secret import Secret
from pyvault.testing import Capabilities
from pyvault.testing.cases.crashes import CrashCases
from pyvault.testing.child import start_child
from weaknesses import go_peers, ours, peers, weak
from weaknesses.moments import at_moment, meanwhile
from weaknesses.proof import Proof, demand
from weaknesses.store import PROD, Store, Watched, accepted, given, keep

WRITERS, WRITES = 8, 12
FEWEST_MOMENTS = 5
SIZE = 300  # bytes
PATIENCE = 120  # seconds until a child counts as hanging; not a measurement


@contextmanager
def full_disk(backend: Backend, after: int) -> Generator[None]:
    """Let no file grow beyond so many bytes: the kernel then fails the write, as on a full disk."""
    process = getattr(backend, "pid", 0)  # of a peer; ours works in this one
    soft, hard = resource.prlimit(process, resource.RLIMIT_FSIZE)
    resource.prlimit(process, resource.RLIMIT_FSIZE, (after, hard))
    try:
        yield
    finally:
        resource.prlimit(process, resource.RLIMIT_FSIZE, (soft, hard))


def a_full_disk_keeps_the_old_value(store: Store) -> None:
    backend = store.open()
    keep(backend, PROD, b"old" * 100)
    for room in (0, 1, 100, 500, 1000, 3000, 5000):
        with full_disk(backend, room):
            written = accepted(backend, PROD, b"new" * 5000)
        demand(not written, "a write that failed was reported as done")
        demand(given(store.open(), PROD) == b"old" * 100, "a write that failed destroyed the old value")


def a_killed_writer_leaves_a_whole_value(store: Store) -> None:
    try:
        CrashCases().test_a_killed_writer_leaves_a_whole_value(store.subject, store.open, Capabilities())
    except (AssertionError, PyvaultError) as found:
        demand(False, f"after a kill: {found}")


def an_item_being_renewed_is_always_there(store: Store) -> None:
    """At every moment of a write a reader gets the old value or the new one."""
    writer, reader = store.open(), store.open()
    keep(writer, PROD, b"old")
    read: list[bytes | None] = []
    with meanwhile(lambda: read.append(given(reader, PROD))):
        writer.put(PROD, Secret(b"new"))
    assert len(read) >= FEWEST_MOMENTS, "the moments no longer meet the write"
    demand(set(read) <= {b"old", b"new"}, "an item was not there while it was renewed")
    demand(given(reader, PROD) == b"new", "the new value is not there")


def another_writer_loses_nothing(store: Store) -> None:
    """Another handle puts an item at the n-th moment of a write, for every n; both are there in the end."""
    one, other = store.open(), store.open()
    keep(one, PROD, b"x")  # so that the store is there
    for number in itertools.count(1):
        ours, theirs = credential_name(f"one{number}"), credential_name(f"other{number}")
        acknowledged: list[bool] = []
        with at_moment(
            number, lambda name=theirs, said=acknowledged: said.append(accepted(other, name, b"x"))
        ) as reached:
            one.put(ours, Secret(b"x"))
        for name in [ours, theirs] if any(acknowledged) else [ours]:
            demand(given(one, name) is not None, f"the acknowledged item '{name.name}' is lost")
            one.delete(name)  # so that every write has the same moments
        if not reached:
            assert number > FEWEST_MOMENTS, "the moments no longer meet the write"
            return


def many_writers_lose_nothing(store: Store) -> None:
    """The same with processes, as it comes."""
    keep(store.open(), PROD, b"first")  # so that the store is there
    writers = [
        start_child(store.subject, work="fill", label=f"writer{number}", times=WRITES, size=SIZE)
        for number in range(WRITERS)
    ]
    acknowledged: list[str] = []
    for number, writer in enumerate(writers):
        lines, _ = writer.communicate(timeout=PATIENCE)
        acknowledged += [f"writer{number}-{line}" for line in lines.split() if line.isdigit()]
    assert acknowledged, "nobody wrote anything"
    backend = store.open()
    lost = [text for text in acknowledged if given(backend, credential_name(text)) is None]
    failed = sum(writer.returncode != 0 for writer in writers)
    outcome = f"{len(lost)} of {len(acknowledged)} acknowledged items are lost, {failed} of {WRITERS} writers failed"
    demand(not lost and not failed, outcome)


def nobody_else_may_look_for_a_moment(subject: Watched) -> None:
    """Modes are looked at between any two calls of the first write, under the usual umask."""
    old = os.umask(0o022)
    try:
        seen = subject.write_and_watch()
    finally:
        os.umask(old)
    assert seen, "the store has made nothing"
    open_to_others = {f"{path.name} {mode:o}" for path, mode in seen if mode & 0o077}
    demand(not open_to_others, f"open to others, for a moment or for good: {sorted(open_to_others)}")


PROOFS = (
    Proof(
        weakness="W5",
        check=a_full_disk_keeps_the_old_value,
        ours=(ours.vault_file,),
        weak=(weak.jwe_folder, go_peers.go_file),
        says="a write that failed destroyed the old value",
    ),
    Proof(
        weakness="W5",
        check=a_killed_writer_leaves_a_whole_value,
        ours=(ours.vault_file,),
        weak=(weak.broken_atomicity,),
        says="after a kill",
    ),
    Proof(
        weakness="W6",
        check=an_item_being_renewed_is_always_there,
        ours=(ours.vault_file,),
        weak=(weak.session_folder,),
        says="an item was not there while it was renewed",
    ),
    Proof(
        weakness="W15",
        check=another_writer_loses_nothing,
        ours=(ours.impatient_vault_file,),
        weak=(weak.ini_file,),
        says=r"the acknowledged item 'other\d+' is lost",
    ),
    Proof(
        weakness="W15",
        check=many_writers_lose_nothing,
        ours=(ours.vault_file,),
        weak=(weak.ini_file, peers.quick_cryptfile),
        says=r"\d+ of \d+ acknowledged items are lost, \d of 8 writers failed",
    ),
    Proof(
        weakness="W18",
        check=nobody_else_may_look_for_a_moment,
        ours=(ours.vault_file_watched,),
        weak=(weak.ini_file_watched, peers.cryptfile_watched),
        says=r"open to others, .*passwords\.cfg 644",
    ),
)
