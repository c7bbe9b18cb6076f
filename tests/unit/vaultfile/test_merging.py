"""Two states of one vault become one: nothing is lost, each choice is told, and the other file is only read."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from pyvault.errors import ForeignVaultError, ForkError, TamperedError
from pyvault.names import ItemName, LaterKind
from pyvault.record import replace
from pyvault.secret import Secret
from pyvault.vaultfile.disk.backups import list_backups
from pyvault.vaultfile.state.merge import Outcome
from pyvault.vaultfile.state.merge_files import MergeReport, merge_vault
from pyvault.vaultfile.state.trust_store import TrustStore
from pyvault.vaultfile.unlock.key_sources import UnlockSources
from pyvault.vaultfile.vault import Vault
from vaults import WEAK, contents, credential, make_vault, open_again


class Apart:
    """A vault in place, as another machine left it, and our own state in a conflict copy."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.trust = TrustStore(directory / "state" / "trust.json")
        self.ours = make_vault(directory, items={"both": b"1", "old": b"1"}, trust=self.trust)
        self.place = directory / "elsewhere"
        self.place.mkdir(mode=0o700)
        for name in ("vault.pyv", "ci.key"):
            shutil.copy2(directory / name, self.place / name)
        self.trust_there = TrustStore(self.place / "state" / "trust.json")
        self.theirs = open_again(self.vault_at(self.place), trust=self.trust_there)
        self.copy = directory / "vault-OURS.pyv"

    def vault_at(self, place: Path) -> Vault:
        return Vault.open(place / "vault.pyv", UnlockSources(keyfile=place / "ci.key"), options=WEAK)

    def meet(self) -> None:
        shutil.copy2(self.ours.path, self.copy)
        shutil.copy2(self.theirs.path, self.ours.path)

    def merge(self, file: Path | None = None, *, overwrite: bool = False, dry_run: bool = False) -> MergeReport:
        sources = UnlockSources(keyfile=self.directory / "ci.key")
        return merge_vault(
            self.ours.path,
            file or self.copy,
            sources,
            sources,
            trust=self.trust,
            options=WEAK,
            overwrite=overwrite,
            dry_run=dry_run,
        )

    def merged(self) -> Vault:
        return open_again(self.vault_at(self.directory), trust=self.trust)


def put_at(vault: Vault, name: str, payload: bytes, hour: int) -> None:
    """Store an item at an hour of the clock."""
    handle = vault._open_handle()
    handle.options = replace(handle.options, clock=lambda: datetime(2030, 1, 1, hour, tzinfo=UTC))
    vault.put(credential(name), Secret(payload))


@pytest.fixture
def apart(tmp_path: Path) -> Apart:
    return Apart(tmp_path)


def outcomes(report: MergeReport) -> dict[str, Outcome]:
    return {each.name.name: each.outcome for each in report.merged}


def test_what_each_side_added_is_there_and_both_machines_take_it(apart: Apart) -> None:
    put_at(apart.ours, "ours", b"o", 1)
    for name in ("theirs", "theirs too"):
        put_at(apart.theirs, name, b"t", 1)
    apart.meet()
    with pytest.raises(ForkError):
        apart.merged()
    copy = apart.copy.read_bytes()
    report = apart.merge()
    assert outcomes(report) == {
        "both": Outcome.SAME,
        "old": Outcome.SAME,
        "theirs": Outcome.ONLY_HERE,
        "theirs too": Outcome.ONLY_HERE,
        "ours": Outcome.ADDED,
    }
    assert contents(apart.merged()) == {"both": b"1", "old": b"1", "ours": b"o", "theirs": b"t", "theirs too": b"t"}
    assert apart.copy.read_bytes() == copy
    assert report.generation == apart.merged().generation == 5
    shutil.copy2(apart.ours.path, apart.theirs.path)
    assert apart.theirs.get(credential("ours")) == Secret(b"o")  # a handle that is open takes it too
    assert open_again(apart.theirs, trust=apart.trust_there).generation == 5


def test_a_key_that_one_side_rotated_wins_on_either_side(apart: Apart) -> None:
    put_at(apart.ours, "both", b"rotated", 1)
    put_at(apart.theirs, "old", b"rotated", 23)
    apart.meet()
    report = apart.merge()
    assert outcomes(report) == {"both": Outcome.TAKEN, "old": Outcome.KEPT}
    assert contents(apart.merged()) == {"both": b"rotated", "old": b"rotated"}
    assert next(each.generation for each in list_backups(apart.ours.path)) == 3  # what was in place


def test_both_sides_changed_it(apart: Apart) -> None:
    """The same number of times: the later one wins. More often: that one."""
    put_at(apart.ours, "both", b"ours, late", 12)
    put_at(apart.theirs, "both", b"theirs, early", 11)
    put_at(apart.ours, "old", b"ours, once", 12)
    put_at(apart.theirs, "old", b"theirs", 1)
    put_at(apart.theirs, "old", b"theirs, twice", 2)
    apart.meet()
    report = apart.merge(dry_run=True)
    assert outcomes(report) == {"both": Outcome.TAKEN, "old": Outcome.KEPT}
    (both, _) = report.merged
    assert both.here is not None
    assert both.there is not None
    assert (both.here.revision, both.there.revision) == (2, 2)
    assert both.there.modified - both.here.modified == 3600
    with pytest.raises(ForkError):  # nothing was written
        apart.merged()
    apart.merge(overwrite=True)
    assert contents(apart.merged()) == {"both": b"ours, late", "old": b"ours, once"}
    revisions = {entry.name.name: entry.revision for entry in apart.merged().entries()}
    assert revisions == {"both": 2, "old": 4}  # above both, so that it wins elsewhere too


def test_an_earlier_state_has_nothing_to_merge(apart: Apart) -> None:
    apart.meet()
    put_at(apart.theirs, "new", b"n", 1)
    shutil.copy2(apart.theirs.path, apart.ours.path)
    before = apart.ours.path.read_bytes()
    report = apart.merge()
    assert report.earlier
    assert report.merged == []
    assert apart.ours.path.read_bytes() == before


def test_a_copy_that_does_not_hold_what_was_seen_heals_no_fork(apart: Apart) -> None:
    shutil.copy2(apart.ours.path, apart.copy)
    put_at(apart.ours, "ours", b"o", 1)
    for name in ("x", "y"):
        put_at(apart.theirs, name, b"t", 1)
    shutil.copy2(apart.theirs.path, apart.ours.path)
    before = apart.ours.path.read_bytes()
    with pytest.raises(ForkError):
        apart.merge()
    assert apart.ours.path.read_bytes() == before


@pytest.mark.parametrize("here", [False, True], ids=["rekeyed in the copy", "rekeyed in place"])
def test_a_rekey_on_one_side_holds(apart: Apart, here: bool) -> None:
    put_at(apart.ours, "ours", b"o", 1)
    put_at(apart.theirs, "theirs", b"t", 1)
    rekeyed = apart.theirs if here else apart.ours
    rekeyed.rekey()
    key = rekeyed.fingerprint
    apart.meet()
    report = apart.merge()
    assert report.other_keys is not here
    merged = apart.merged()
    assert (merged.fingerprint, merged.key_epoch) == (key, 2)
    assert contents(merged) == {"both": b"1", "old": b"1", "ours": b"o", "theirs": b"t"}
    merged.verify()
    shutil.copy2(apart.ours.path, apart.theirs.path)
    assert contents(open_again(apart.theirs, trust=apart.trust_there)) == contents(merged)


def test_both_sides_rekeyed(apart: Apart) -> None:
    put_at(apart.ours, "ours", b"o", 1)
    for vault in (apart.ours, apart.theirs):
        vault.rekey()
    apart.meet()
    with pytest.raises(ForeignVaultError):
        apart.merged()
    apart.merge()
    merged = apart.merged()
    assert merged.key_epoch == 3
    assert contents(merged) == {"both": b"1", "old": b"1", "ours": b"o"}
    shutil.copy2(apart.ours.path, apart.theirs.path)
    assert contents(open_again(apart.theirs, trust=apart.trust_there)) == contents(merged)


def test_another_vault_is_not_merged(apart: Apart, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir(mode=0o700)
    other = make_vault(tmp_path / "other")
    with pytest.raises(ForeignVaultError, match="different vaults"):
        apart.merge(other.path)


def test_a_damaged_record_changes_nothing(apart: Apart) -> None:
    put_at(apart.ours, "ours", b"o", 1)
    apart.meet()
    damaged = bytearray(apart.copy.read_bytes())
    damaged[-1] ^= 1
    apart.copy.write_bytes(damaged)
    before = apart.ours.path.read_bytes()
    with pytest.raises(TamperedError, match="ours"):
        apart.merge()
    assert apart.ours.path.read_bytes() == before


def test_a_copy_with_another_passphrase_is_asked_for_it_only_if_need_be(apart: Apart) -> None:
    put_at(apart.ours, "ours", b"o", 1)
    apart.meet()
    nobody = UnlockSources(passphrase_prompt=lambda: pytest.fail("nobody need be asked"))
    sources = UnlockSources(keyfile=apart.directory / "ci.key")
    merge_vault(apart.ours.path, apart.copy, sources, nobody, trust=apart.trust, options=WEAK)
    assert "ours" in contents(apart.merged())


def test_what_a_later_version_stored_is_merged_too(apart: Apart) -> None:
    later, payload = ItemName(LaterKind("hologram"), "prod"), Secret(b"\x00not ours to know\xff")
    apart.ours._change(  # no door makes such an item
        lambda draft: draft.with_item(later, payload, modified=5, expires=7, attributes={"colour": ["red"]})
    )
    apart.theirs.rekey()
    apart.meet()
    assert outcomes(apart.merge())["prod"] is Outcome.ADDED
    merged = apart.merged()
    (entry,) = [each for each in merged.entries() if each.name == later]
    assert merged.get(later).reveal() == payload.reveal()
    assert entry.expires is not None


def test_another_data_key_than_the_expected_one_is_refused_in_both_files(apart: Apart) -> None:
    put_at(apart.ours, "new", b"2", 1)
    put_at(apart.theirs, "newer", b"3", 2)
    apart.meet()
    before = apart.ours.path.read_bytes()
    sources = UnlockSources(keyfile=apart.directory / "ci.key")
    for expected, taken in ((apart.ours.fingerprint, True), (bytes(16), False)):
        options = replace(WEAK, expect_fingerprints=frozenset({expected}))
        merge = partial(merge_vault, apart.ours.path, apart.copy, sources, sources, trust=apart.trust, options=options)
        if taken:
            assert not merge(dry_run=True).earlier
        else:
            with pytest.raises(ForeignVaultError, match="not the expected one"):
                merge()
    assert apart.ours.path.read_bytes() == before


def test_a_place_of_another_vault_stays_its_own_though_that_was_seen_elsewhere_since(apart: Apart) -> None:
    put_at(apart.ours, "new", b"2", 1)
    put_at(apart.theirs, "newer", b"3", 2)
    apart.meet()
    folder, elsewhere = apart.directory / "other", apart.directory / "copies"
    for each in (folder, elsewhere):
        each.mkdir(mode=0o700)
    other = make_vault(folder, trust=apart.trust)
    moved = shutil.copy2(other.path, elsewhere / "vault.pyv")
    sources = UnlockSources(keyfile=apart.directory / "ci.key")
    Vault.open(moved, sources, trust=apart.trust, options=WEAK).put(credential("a"), Secret(b"a"))
    shutil.copy2(apart.ours.path, other.path)
    with pytest.raises(ForeignVaultError, match="is not the vault known here"):
        merge_vault(other.path, apart.copy, sources, sources, trust=apart.trust, options=WEAK)
