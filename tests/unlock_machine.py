"""Everything that happens to a vault and its unlock cache, in any order: what is found is what may be found."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path
from tempfile import mkdtemp

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from pyvault.clock import Moment
from pyvault.errors import InputRequiredError
from pyvault.login.kept_keys import KeptKeys
from pyvault.record import replace
from pyvault.secret import Secret
from pyvault.vaultfile.unlock.key_sources import UnlockSources
from pyvault.vaultfile.unlock.new_slot import PassphraseSlot
from pyvault.vaultfile.unlock.unlock_cache import LONGEST, UnlockCache
from pyvault.vaultfile.vault import Vault
from vaults import CHEAP, WEAK, by_passphrase, make_vault

QUICK = replace(WEAK, durable=False)

MINUTE = 60_000
IDLE = timedelta(hours=1)


class UnlockMachine(RuleBasedStateMachine):
    """A person, a vault and two clocks; subclasses say what keeps the keys.

    The model is the moment of the last prompt and of the last use, by both clocks, and whether
    anything happened that ends what is kept.
    """

    def __init__(self) -> None:
        super().__init__()
        self.home = Path(mkdtemp())
        self.now = Moment(wall=1_700_000_000_000, boot=1_000_000)
        self.keys = self.keys_in(self.home)
        self.passphrase = "first"
        self.vault_path = Path()
        self.filled: Moment | None = None
        self.used: Moment | None = None
        self.idle = IDLE
        self.most = LONGEST

    def keys_in(self, home: Path) -> KeptKeys:
        raise NotImplementedError

    def teardown(self) -> None:
        self.keys.end()
        shutil.rmtree(self.home)

    def cache(self) -> UnlockCache:
        return UnlockCache(self.keys, idle=IDLE, now=lambda: self.now)

    @initialize()
    def make(self) -> None:
        self.vault_path = make_vault(self.home, self.slot(), options=QUICK).path

    def slot(self) -> PassphraseSlot:
        return PassphraseSlot(passphrase=Secret(self.passphrase), cost=CHEAP)

    def open(self, cache: UnlockCache, *, person: bool) -> Vault:
        def ask() -> Secret[str]:
            cache.prepare()
            return Secret(self.passphrase)

        sources = UnlockSources(
            cached_data_key=cache.find, keep_data_key=cache.keep, passphrase_prompt=ask if person else None
        )
        return Vault.open(self.vault_path, sources, options=QUICK)

    def may_be_found(self, now: Moment) -> bool:
        if self.filled is None or self.used is None:
            return False
        longest, idle = int(self.most.total_seconds() * 1000), int(self.idle.total_seconds() * 1000)
        return (
            now.boot - self.filled.boot < longest
            and now.wall - self.filled.wall < longest
            and now.boot - self.used.boot < idle
            and now.wall - self.used.wall < idle
            and now.boot >= self.used.boot
        )

    @rule()
    def exec_at_a_terminal(self) -> None:
        had = self.is_unlocked()
        self.open(self.cache(), person=True).close()
        if not had:
            self.filled, self.idle, self.most = self.now, IDLE, LONGEST
        self.used = self.now
        assert self.is_unlocked()

    def is_unlocked(self) -> bool:
        """Whether a command that can't ask opens the vault."""
        try:
            self.open(self.cache(), person=False).close()
        except InputRequiredError:
            return False
        return True

    @invariant()
    def nothing_is_found_that_may_not_be(self) -> None:
        if self.vault_path == Path() or not self.is_unlocked():
            return
        assert self.may_be_found(self.now)
        self.used = self.now

    @rule(minutes=st.integers(0, 90))
    def time_passes(self, minutes: int) -> None:
        self.now = Moment(wall=self.now.wall + minutes * MINUTE, boot=self.now.boot + minutes * MINUTE)

    @rule(minutes=st.integers(-900, 900))
    def the_clock_is_set(self, minutes: int) -> None:
        self.now = Moment(wall=self.now.wall + minutes * MINUTE, boot=self.now.boot)

    @rule(minutes=st.integers(0, 900))
    def the_machine_is_stored_away(self, minutes: int) -> None:
        self.now = Moment(wall=self.now.wall + minutes * MINUTE, boot=self.now.boot)

    @rule()
    def the_machine_is_started_anew(self) -> None:
        self.now = Moment(wall=self.now.wall + MINUTE, boot=1000)

    @rule()
    def lock(self) -> None:
        assert self.keys.end()
        self.filled = None
        assert not self.is_unlocked()

    @rule()
    def rekey(self) -> None:
        with self.open_by_passphrase() as vault:
            vault.rekey(drop_slots=lambda _lost: True)
        self.filled = None
        assert not self.is_unlocked()

    @rule(text=st.sampled_from(["first", "second"]))
    def passwd(self, text: str) -> None:
        with self.open_by_passphrase() as vault:
            self.passphrase = text
            vault.change_passphrase(self.slot())
        self.filled = None
        assert not self.is_unlocked()

    def open_by_passphrase(self) -> Vault:
        return Vault.open(self.vault_path, by_passphrase(self.passphrase), options=QUICK)

    @rule(hours=st.sampled_from([1, 8, 12]))
    def unlock_for(self, hours: int) -> None:
        cache = UnlockCache(self.keys, idle=timedelta(hours=hours), now=lambda: self.now)
        cache.most = timedelta(hours=hours)
        person = UnlockSources(
            keep_data_key=cache.keep, passphrase_prompt=lambda: (cache.prepare(), Secret(self.passphrase))[1]
        )
        Vault.open(self.vault_path, person, options=QUICK).close()
        self.idle = self.most = timedelta(hours=hours)
        self.filled = self.used = self.now
        assert self.is_unlocked()
