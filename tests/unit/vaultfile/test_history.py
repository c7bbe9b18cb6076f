"""Machines that write one vault apart, and a synchroniser that puts the file of one in the place of another.

What is true is known here by the whole history: a state may follow another if it
was made from it. No machine may refuse what was made from the state it saw last,
and none may take another one, as long as the list in the index reaches so far.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from pyvault.errors import ForeignVaultError, ForkError, ItemNotFoundError, RollbackError
from pyvault.secret import Secret
from pyvault.vaultfile.disk.vault_reader import Snapshot, VaultReader, read_header
from pyvault.vaultfile.format.descent import DESCENT, KEPT_STEPS
from pyvault.vaultfile.state.draft import Draft
from pyvault.vaultfile.state.merge_files import merge_vault
from pyvault.vaultfile.state.trust_store import TrustStore
from pyvault.vaultfile.unlock.key_sources import UnlockSources
from pyvault.vaultfile.unlock.new_slot import KeyFileSlot
from pyvault.vaultfile.vault import Vault
from vaults import KEY, WEAK, credential, key_file

State = tuple[int, bytes]  # generation and txid
REFUSED = (ForkError, RollbackError, ForeignVaultError)
MACHINES = 3


@dataclass(slots=True)
class Machine:
    """A computer with a copy of the vault and a state directory of its own."""

    directory: Path
    seen: State | None = None
    trust: TrustStore = field(init=False)

    def __post_init__(self) -> None:
        self.trust = TrustStore(self.directory / "state" / "trust.json")

    @property
    def path(self) -> Path:
        return self.directory / "v" / "vault.pyv"

    @property
    def in_place(self) -> State:
        header = read_header(self.path)
        return (header.generation, header.txid)

    def sources(self) -> UnlockSources:
        return UnlockSources(keyfile=self.directory / "ci.key")

    def open(self) -> Vault:
        return Vault.open(self.path, self.sources(), trust=self.trust, options=WEAK)


class Synchronised(RuleBasedStateMachine):
    """Every step keeps the history; every look compares with it."""

    machines = st.integers(0, MACHINES - 1)

    def __init__(self) -> None:
        super().__init__()
        self.root = Path(tempfile.mkdtemp())
        self.here = [Machine(self.root / str(number)) for number in range(MACHINES)]
        self.made_from: dict[State, set[State]] = {}  # every state, with all before it and itself
        self.by_older: set[State] = set()
        self.copies: list[Path] = []
        self.epochs: dict[State, int] = {}
        self.count = 0

    def teardown(self) -> None:
        shutil.rmtree(self.root)

    @initialize()
    def begin(self) -> None:
        first = self.here[0]
        for machine in self.here:
            machine.path.parent.mkdir(parents=True, mode=0o700)
            key_file(machine.directory)
        slot = KeyFileSlot(key=KEY)
        Vault.create(first.path, new_slots=[slot], trust=first.trust, options=WEAK).close()
        self.wrote(first, set())
        for machine in self.here[1:]:
            shutil.copy2(first.path, machine.path)
            assert self.look(machine)

    # What people do

    @rule(number=machines, writes=st.sampled_from([1] * 9 + [2, 3] + [KEPT_STEPS + 6]))
    def write(self, number: int, writes: int) -> None:
        machine = self.here[number]
        if not self.look(machine):
            return
        with machine.open() as vault:
            for _ in range(writes):
                before = machine.in_place
                vault.put(credential(f"name {self.count % 3}"), Secret(b"%d" % self.count))
                self.count += 1
                self.wrote(machine, {before})

    @rule(number=machines)
    def rekey(self, number: int) -> None:
        machine = self.here[number]
        if not self.look(machine):
            return
        before = machine.in_place
        with machine.open() as vault:
            vault.rekey()
        self.wrote(machine, {before})

    @rule(number=machines, which=st.integers(1, 5))
    def restore(self, number: int, which: int) -> None:
        machine = self.here[number]
        backup = machine.path.with_name(f"{machine.path.name}.bak.{which}")
        if not backup.exists() or not self.look(machine):
            return
        header, before = read_header(backup), machine.in_place
        if header.key_epoch != self.epochs[before]:
            return  # kept by a merge with what another machine had rekeyed
        try:
            Vault.restore(machine.path, which, machine.sources(), trust=machine.trust, options=WEAK).close()
        except ItemNotFoundError:
            return
        self.wrote(machine, {before, (header.generation, header.txid)})

    @rule(number=machines, writes=st.integers(1, 3))
    def write_with_an_older_version(self, number: int, writes: int) -> None:
        """It knows nothing of the list and passes it on; its state directory is not ours."""
        machine = self.here[number]
        if not self.look(machine):
            return
        before = machine.in_place
        for _ in range(writes):
            write_as_before(machine)
            self.wrote(machine, {before}, seen=False)
            self.by_older.add(machine.in_place)
            before = machine.in_place
        assert self.look(machine)

    # What the synchroniser does, and what people do about it

    @rule(one=machines, other=machines, merges=st.sampled_from([False, True, True]))
    def synchronise(self, one: int, other: int, merges: bool) -> None:
        """The file of one comes to the other, which keeps its own as a conflict copy."""
        source, target = self.here[one], self.here[other]
        if one == other or source.in_place == target.in_place:
            return
        copy = self.keep(target)
        shutil.copy2(source.path, target.path)
        if self.look(target) or not merges:
            return
        if self.merge(target, copy):
            shutil.copy2(target.path, source.path)  # and the merged one comes back
            self.look(source)

    @rule(
        one=machines,
        others=st.integers(1, MACHINES - 1),
        ours=st.integers(1, 3),
        theirs=st.integers(1, 3),
        merges=st.sampled_from([False, True, True]),
    )
    def write_apart_and_meet(self, one: int, others: int, ours: int, theirs: int, merges: bool) -> None:
        other = (one + others) % MACHINES
        self.write(one, ours)
        self.write(other, theirs)
        self.synchronise(other, one, merges)

    @rule(reader=machines, ours=st.integers(1, 2), theirs=st.integers(1, 3), merges=st.booleans())
    def read_one_branch_and_get_another(self, reader: int, ours: int, theirs: int, merges: bool) -> None:
        """Who has only read has no write of his own that could be missing."""
        one, other = (reader + 1) % MACHINES, (reader + 2) % MACHINES
        self.write(one, ours)
        self.write(other, theirs)
        self.synchronise(one, reader, merges)
        self.synchronise(other, reader, merges)

    @rule(number=machines, which=st.integers(0, 1000), merges=st.booleans())
    def put_an_old_one_back(self, number: int, which: int, merges: bool) -> None:
        machine = self.here[number]
        if not self.copies:
            return
        old = self.copies[which % len(self.copies)]
        if merges:
            self.merge(machine, old)
        else:
            self.keep(machine)
            shutil.copy2(old, machine.path)
            self.look(machine)

    def keep(self, machine: Machine) -> Path:
        copy = self.root / "copies" / f"{len(self.copies)}.pyv"
        copy.parent.mkdir(exist_ok=True, mode=0o700)
        shutil.copy2(machine.path, copy)
        self.copies.append(copy)
        return copy

    def merge(self, machine: Machine, copy: Path) -> bool:
        """Merge a copy as ``vault import`` does; gives whether a state was made of the two."""
        before, other = machine.in_place, read_header(copy)
        theirs = (other.generation, other.txid)
        refused = False
        try:
            report = merge_vault(
                machine.path, copy, machine.sources(), machine.sources(), trust=machine.trust, options=WEAK
            )
        except REFUSED:
            refused = True
        if refused:
            assert machine.seen not in self.made_from[before] | self.made_from[theirs]
            return False
        assert report.earlier == (machine.in_place == before)
        if report.earlier:
            return False
        self.wrote(machine, {before, theirs})
        assert self.look(machine)
        return True

    @rule(number=machines)
    def accept(self, number: int) -> None:
        machine = self.here[number]
        with Vault.open(machine.path, machine.sources(), options=WEAK) as vault:
            machine.trust.accept(vault.state)
        machine.seen = machine.in_place

    # What has to hold

    def look(self, machine: Machine) -> bool:
        """Open the vault, and compare what comes of it with what is true; gives whether it was taken."""
        now, before = machine.in_place, machine.seen
        may = before is None or before in self.made_from[now]
        refusal: str | None = None
        try:
            machine.open().close()
        except REFUSED as exc:
            refusal = exc.message
        assert refusal is None or not may, f"{before} is in the history of {now}: {refusal}"
        if refusal is not None:
            return False
        assert may or not self.reaches(now, before or (0, b"")), f"{now} was not made from {before}"
        machine.seen = now
        return True

    def reaches(self, now: State, before: State) -> bool:
        """Return whether the list has to tell: at most 64 states since, none of an older version between."""
        since = {state for state in self.made_from[now] if state[0] >= before[0]}
        between = {state for state in since if state[0] > before[0]}
        return len(since) <= KEPT_STEPS and not between & self.by_older

    def wrote(self, machine: Machine, parents: set[State], *, seen: bool = True) -> None:
        now = machine.in_place
        self.made_from[now] = {now}.union(*(self.made_from[parent] for parent in parents))
        self.epochs[now] = read_header(machine.path).key_epoch
        if seen:
            machine.seen = now


def write_as_before(machine: Machine) -> None:
    """Write the vault as a version does that keeps keys of the index it doesn't know, and adds nothing to them."""
    from pyvault.vaultfile.disk.write import write_draft
    from pyvault.vaultfile.format.sealed_record import derive_keys
    from pyvault.vaultfile.handle import Handle, open_vault

    handle: Handle = open_vault(machine.path, machine.sources(), None, WEAK)
    passed_on = handle.snapshot.index.meta
    keys = derive_keys(handle.unlocked.data_key, handle.snapshot.header.vault_id)
    with VaultReader(machine.path, WEAK.checks) as base:
        draft = Draft.of(handle.snapshot, keys).with_item(
            credential("of an older version"), Secret(b"x"), modified=1, expires=None, attributes={}
        )
        undurable = WEAK.__class__(durable=False, weak_kdf_for_tests=True)  # the only state that lists nothing
        written: Snapshot = write_draft(machine.path, draft, base=base, check_in_place=lambda: None, options=undurable)
    assert written.index.meta.get(DESCENT) == passed_on.get(DESCENT)


Synchronised.TestCase.settings = settings(
    max_examples=20,
    stateful_step_count=30,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # to make a failure smaller takes minutes of writing files
    suppress_health_check=list(HealthCheck),
)
TestSynchronised = Synchronised.TestCase
