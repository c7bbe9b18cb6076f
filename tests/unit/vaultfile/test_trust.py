"""Old, forked and foreign vaults are noticed, and wanted ones can be accepted."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from pyvault.errors import ConfigError, ForeignVaultError, ForkError, RollbackError
from pyvault.record import replace
from pyvault.secret import Secret
from pyvault.vaultfile.disk.vault_reader import Snapshot
from pyvault.vaultfile.format.descent import KEPT_STEPS
from pyvault.vaultfile.format.header import Header
from pyvault.vaultfile.format.index import Index
from pyvault.vaultfile.format.index_json import Json
from pyvault.vaultfile.state.trust_store import TrustStore, check_history
from pyvault.vaultfile.state.vault_state import VaultState
from pyvault.vaultfile.unlock.key_sources import UnlockSources
from pyvault.vaultfile.vault import Vault
from vaults import WEAK, contents, credential, make_vault, open_again

BEFORE = VaultState(vault_id=bytes(16), path="/v", fingerprint=b"f" * 16, epoch=2, generation=7, txid=b"t" * 16)
REKEYED = b"g" * 16


def snapshot_of(seen: VaultState, meta: dict[str, Json]) -> Snapshot:
    header = Header(
        vault_id=seen.vault_id,
        txid=seen.txid,
        generation=seen.generation,
        key_epoch=seen.epoch,
        slots=(),
        index_size=0,
        records_size=0,
    )
    return Snapshot(header=header, mac=b"", index=Index(meta=meta))


def verdict(seen: VaultState, *known: VaultState, previous: tuple[bytes, ...] = ()) -> type[Exception] | None:
    meta: dict[str, Json] = {"prev": [each.hex() for each in previous]}
    try:
        check_history(seen, {each.vault_id: each for each in known}, lambda: snapshot_of(seen, meta))
    except (RollbackError, ForkError, ForeignVaultError) as exc:
        return type(exc)
    return None


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        pytest.param(BEFORE, None, id="the same"),
        pytest.param(replace(BEFORE, generation=8, txid=b"u" * 16), None, id="newer"),
        pytest.param(replace(BEFORE, path="/elsewhere"), None, id="moved"),
        pytest.param(replace(BEFORE, generation=6, txid=b"u" * 16), RollbackError, id="older"),
        pytest.param(replace(BEFORE, txid=b"u" * 16), ForkError, id="forked"),
        pytest.param(replace(BEFORE, fingerprint=REKEYED, epoch=3, generation=8), ForeignVaultError, id="other key"),
        pytest.param(replace(BEFORE, fingerprint=REKEYED, generation=8), ForeignVaultError, id="other key, same epoch"),
        pytest.param(
            replace(BEFORE, fingerprint=REKEYED, epoch=1, generation=3), RollbackError, id="before the last rekey"
        ),
        pytest.param(
            replace(BEFORE, fingerprint=REKEYED, epoch=1, generation=9),
            ForkError,
            id="elsewhere without the last rekey",
        ),
        pytest.param(replace(BEFORE, vault_id=b"o" * 16), ForeignVaultError, id="other vault, same place"),
        pytest.param(replace(BEFORE, vault_id=b"o" * 16, path="/other"), None, id="other vault, other place"),
    ],
)
def test_judgement(seen: VaultState, expected: type[Exception] | None) -> None:
    assert verdict(seen, BEFORE) is expected


def test_a_rekey_elsewhere_is_accepted_if_it_descends_from_what_is_known() -> None:
    rekeyed = replace(BEFORE, fingerprint=REKEYED, epoch=4, generation=9)
    assert verdict(rekeyed, BEFORE, previous=(b"e" * 16, BEFORE.fingerprint)) is None
    assert verdict(rekeyed, BEFORE, previous=(b"e" * 16,)) is ForeignVaultError
    # A lower epoch can't descend, whatever it says of itself.
    assert verdict(replace(rekeyed, epoch=2), BEFORE, previous=(BEFORE.fingerprint,)) is ForeignVaultError


def test_one_known_vault_in_the_place_of_another() -> None:
    other = replace(BEFORE, vault_id=b"o" * 16, path="/other")
    assert verdict(replace(other, path="/v"), BEFORE, other) is ForeignVaultError


def test_the_first_sight_is_believed() -> None:
    assert verdict(BEFORE) is None


def vault_and_trust(tmp_path: Path) -> tuple[Vault, TrustStore]:
    trust = TrustStore(tmp_path / "state" / "trust.json")
    return make_vault(tmp_path, items={"a": b"a"}, trust=trust), trust


def test_an_old_copy_put_back(tmp_path: Path) -> None:
    vault, trust = vault_and_trust(tmp_path)
    old = vault.path.read_bytes()
    vault.put(credential("b"), Secret(b"b"))
    vault.path.write_bytes(old)
    with pytest.raises(RollbackError, match="generation 2, older than generation 3") as caught:
        open_again(vault, trust=trust)
    assert "vault accept" in (caught.value.hint or "")
    with pytest.raises(RollbackError):  # a live handle notices without the trust file
        vault.get(credential("a"))
    with pytest.raises(RollbackError):
        vault.put(credential("c"), Secret(b"c"))
    assert vault.path.read_bytes() == old


def test_an_old_copy_can_be_accepted(tmp_path: Path) -> None:
    vault, trust = vault_and_trust(tmp_path)
    old = vault.path.read_bytes()
    vault.put(credential("b"), Secret(b"b"))
    vault.path.write_bytes(old)
    trust.accept(open_again(vault).state)
    again = open_again(vault, trust=trust)
    assert contents(again) == {"a": b"a"}
    again.put(credential("b"), Secret(b"other"))


def test_two_copies_written_apart(tmp_path: Path) -> None:
    vault, trust = vault_and_trust(tmp_path)
    place = tmp_path / "other machine"
    place.mkdir(mode=0o700)
    for name in ("vault.pyv", "ci.key"):
        shutil.copy2(tmp_path / name, place / name)
    there = Vault.open(place / "vault.pyv", UnlockSources(keyfile=place / "ci.key"), options=WEAK)
    there.put(credential("b"), Secret(b"theirs"))
    vault.put(credential("b"), Secret(b"ours"))
    shutil.copy2(there.path, vault.path)
    with pytest.raises(ForkError, match="generation 3, but differ"):
        open_again(vault, trust=trust)
    with pytest.raises(ForkError):
        vault.get(credential("b"))


def test_a_rekey_on_another_machine(tmp_path: Path) -> None:
    vault, trust = vault_and_trust(tmp_path)
    place = tmp_path / "other machine"
    place.mkdir(mode=0o700)
    for name in ("vault.pyv", "ci.key"):
        shutil.copy2(tmp_path / name, place / name)
    there = Vault.open(place / "vault.pyv", UnlockSources(keyfile=place / "ci.key"), options=WEAK)
    there.rekey()
    there.rekey()
    shutil.copy2(there.path, vault.path)
    assert contents(open_again(vault, trust=trust)) == {"a": b"a"}
    assert trust.known_states()[vault.vault_id].epoch == 3


def test_another_vault_in_its_place(tmp_path: Path) -> None:
    vault, trust = vault_and_trust(tmp_path)
    place = tmp_path / "attacker"
    place.mkdir(mode=0o700)
    other = make_vault(place, items={"a": b"evil"})
    shutil.copy2(other.path, vault.path)
    with pytest.raises(ForeignVaultError, match="another one"):
        open_again(vault, trust=trust)
    with pytest.raises(ForeignVaultError):
        vault.get(credential("a"))


def test_a_vault_made_anew_by_the_user_is_no_surprise(tmp_path: Path) -> None:
    vault, trust = vault_and_trust(tmp_path)
    vault.path.unlink()
    anew = make_vault(tmp_path, trust=trust)
    assert open_again(anew, trust=trust).vault_id == anew.vault_id
    assert list(trust.known_states()) == [anew.vault_id]


def test_a_newer_vault_than_remembered_is_normal(tmp_path: Path) -> None:
    vault, trust = vault_and_trust(tmp_path)
    other = open_again(vault)  # a writer without our trust file
    other.put(credential("b"), Secret(b"b"))
    seen = open_again(vault, trust=trust)
    assert trust.known_states()[vault.vault_id].generation == seen.generation == 3


def test_an_older_state_does_not_shrink_the_memory(tmp_path: Path) -> None:
    vault, trust = vault_and_trust(tmp_path)
    old = vault.state
    vault.put(credential("b"), Secret(b"b"))
    trust.record(old)
    assert trust.known_states()[vault.vault_id].generation == 3


def test_the_trust_file_is_private_and_holds_what_the_format_says(tmp_path: Path) -> None:
    vault, trust = vault_and_trust(tmp_path)
    assert trust.path.stat().st_mode & 0o777 == 0o600
    assert trust.path.parent.stat().st_mode & 0o077 == 0
    assert json.loads(trust.path.read_bytes()) == {
        vault.vault_id.hex(): {
            "path": str(vault.path),
            "fingerprint": vault.fingerprint.hex(),
            "epoch": 1,
            "generation": 2,
            "txid": vault.header.txid.hex(),
            "own": {"generation": 2, "txid": vault.header.txid.hex()},
        }
    }


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"zz": {}}', b'{"00": {"path": 1}}', b"\xff", b"[" * 100_000])
def test_a_damaged_memory_is_an_error_and_not_empty(tmp_path: Path, damage: bytes) -> None:
    vault, trust = vault_and_trust(tmp_path)
    trust.path.write_bytes(damage)
    with pytest.raises(ConfigError, match=r"trust\.json"):
        open_again(vault, trust=trust)
    trust.accept(vault.state)
    assert open_again(vault, trust=trust).vault_id == vault.vault_id


def test_a_machine_without_a_state_directory_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    warnings: list[str] = []
    trust = TrustStore(tmp_path / "file" / "trust.json", warn=warnings.append)
    vault = make_vault(tmp_path, items={"a": b"a"}, trust=trust)
    again = open_again(vault, trust=trust)
    again.put(credential("b"), Secret(b"b"))
    assert len(warnings) == 1
    assert "the trust file can't be written" in warnings[0]


def test_machines_without_memory_name_the_vault_and_its_least_generation(tmp_path: Path) -> None:
    vault = make_vault(tmp_path, items={"a": b"a"})
    expected = replace(WEAK, expect_vault_id=vault.vault_id, min_generation=2)
    assert open_again(vault, options=expected).generation == 2
    with pytest.raises(ForeignVaultError, match=vault.vault_id.hex()):
        open_again(vault, options=replace(WEAK, expect_vault_id=bytes(16)))
    with pytest.raises(RollbackError, match="older than the expected 3"):
        open_again(vault, options=replace(WEAK, min_generation=3))


def test_a_forgotten_vault_is_new_again(tmp_path: Path) -> None:
    vault, trust = vault_and_trust(tmp_path)
    trust.forget(vault.path)
    assert trust.known_states() == {}


# Forks that the generation does not show


class Copied:
    """The vault of this machine, and the same file on another one."""

    def __init__(self, tmp_path: Path) -> None:
        self.vault, self.trust = vault_and_trust(tmp_path)
        self.place = tmp_path / "other machine"
        self.place.mkdir(mode=0o700)
        for name in ("vault.pyv", "ci.key"):
            shutil.copy2(tmp_path / name, self.place / name)
        self.trust_there = TrustStore(self.place / "state" / "trust.json")
        self.there = open_again(
            Vault.open(self.place / "vault.pyv", UnlockSources(keyfile=self.place / "ci.key"), options=WEAK),
            trust=self.trust_there,
        )

    def arrives(self) -> None:
        shutil.copy2(self.there.path, self.vault.path)


def write(vault: Vault, times: int = 1) -> None:
    for number in range(times):
        vault.put(credential("written"), Secret(b"%d" % number))


def test_the_longer_branch_does_not_take_the_place_of_ours(tmp_path: Path) -> None:
    copied = Copied(tmp_path)
    write(copied.vault)
    write(copied.there, 2)
    copied.arrives()
    with pytest.raises(ForkError, match="generation 4, but was not made from generation 3") as caught:
        open_again(copied.vault, trust=copied.trust)
    assert "vault import" in (caught.value.hint or "")
    for action in (lambda: copied.vault.get(credential("a")), lambda: write(copied.vault)):
        with pytest.raises(ForkError):
            action()


def test_who_only_read_one_branch_notices_the_other(tmp_path: Path) -> None:
    copied = Copied(tmp_path)
    base = copied.vault.path.read_bytes()
    reader = TrustStore(tmp_path / "reader" / "trust.json")
    write(copied.vault)
    open_again(copied.vault, trust=reader)
    copied.vault.path.write_bytes(base)
    write(copied.there, 2)
    copied.arrives()
    with pytest.raises(ForkError):
        open_again(copied.vault, trust=reader)


def test_a_rekey_elsewhere_that_lost_our_write(tmp_path: Path) -> None:
    copied = Copied(tmp_path)
    write(copied.vault)
    write(copied.there)
    copied.there.rekey()
    copied.arrives()
    with pytest.raises(ForkError):
        open_again(copied.vault, trust=copied.trust)


def test_writes_elsewhere_that_knew_nothing_of_our_rekey(tmp_path: Path) -> None:
    copied = Copied(tmp_path)
    copied.vault.rekey()
    write(copied.there, 2)
    copied.arrives()
    with pytest.raises(ForkError):
        open_again(copied.vault, trust=copied.trust)


@pytest.mark.parametrize("lost", [False, True], ids=["ours is in it", "ours is lost"])
def test_more_writes_elsewhere_than_the_list_has_room_for(tmp_path: Path, lost: bool) -> None:
    copied = Copied(tmp_path)
    if lost:
        write(copied.vault)
    write(copied.there, KEPT_STEPS + 2)
    copied.arrives()
    if lost:
        with pytest.raises(ForkError):
            open_again(copied.vault, trust=copied.trust)
        return
    open_again(copied.vault, trust=copied.trust)
    seen = copied.trust.known_states()[copied.vault.vault_id]
    assert (seen.generation, seen.unproven) == (KEPT_STEPS + 4, 2)
    write(copied.there)
    copied.arrives()
    open_again(copied.vault, trust=copied.trust)
    assert copied.trust.known_states()[copied.vault.vault_id].unproven is None


def test_an_accepted_fork_is_no_fork_any_more(tmp_path: Path) -> None:
    copied = Copied(tmp_path)
    write(copied.vault)
    write(copied.there, 2)
    copied.arrives()
    copied.trust.accept(open_again(copied.vault).state)
    write(open_again(copied.vault, trust=copied.trust))
    shutil.copy2(copied.vault.path, copied.there.path)
    open_again(copied.there, trust=copied.trust_there)


def test_a_backup_brought_back_is_no_fork_elsewhere(tmp_path: Path) -> None:
    copied = Copied(tmp_path)
    write(copied.there)
    copied.arrives()
    open_again(copied.vault, trust=copied.trust)
    Vault.restore(
        copied.there.path, 1, UnlockSources(keyfile=copied.place / "ci.key"), trust=copied.trust_there, options=WEAK
    )
    copied.arrives()
    assert contents(open_again(copied.vault, trust=copied.trust)) == {"a": b"a"}


def test_a_backup_brought_back_instead_of_a_damaged_file_is_no_fork_elsewhere(tmp_path: Path) -> None:
    copied = Copied(tmp_path)
    write(copied.there, 2)
    copied.arrives()
    write(open_again(copied.vault, trust=copied.trust))
    shutil.copy2(copied.vault.path, copied.there.path)
    open_again(copied.there, trust=copied.trust_there)
    copied.there.path.write_bytes(b"")
    Vault.restore(
        copied.there.path, 1, UnlockSources(keyfile=copied.place / "ci.key"), trust=copied.trust_there, options=WEAK
    )
    copied.arrives()
    assert contents(open_again(copied.vault, trust=copied.trust)) == {"a": b"a", "written": b"0"}


def test_a_vault_that_is_as_it_was_is_read_without_a_write(tmp_path: Path) -> None:
    vault, trust = vault_and_trust(tmp_path)
    before = {path.name: path.stat().st_mtime_ns for path in trust.path.parent.iterdir()}
    lock = trust.path.with_name("trust.lock")
    lock.unlink()
    open_again(vault, trust=trust).get(credential("a"))
    assert not lock.exists()
    after = {path.name: path.stat().st_mtime_ns for path in trust.path.parent.iterdir()}
    assert after == {name: time for name, time in before.items() if name != "trust.lock"}


def test_what_is_known_is_recorded_without_a_lock_or_a_write(tmp_path: Path) -> None:
    warnings: list[str] = []
    trust = TrustStore(tmp_path / "state" / "trust.json", warn=warnings.append)
    trust.record(BEFORE)
    before = trust.path.stat()
    trust.path.with_name("trust.lock").unlink()
    trust.path.with_name("trust.lock").mkdir()  # whoever wanted the lock would fail
    trust.record(BEFORE)
    trust.record(replace(BEFORE, generation=6))
    assert (warnings, trust.path.stat()) == ([], before)
    trust.record(replace(BEFORE, generation=8))
    assert [warning.partition(",")[0] for warning in warnings] == ["the trust file can't be written"]


def test_a_state_directory_has_one_name_for_its_writes(tmp_path: Path) -> None:
    vault, trust = vault_and_trust(tmp_path)
    name = trust.writer()
    assert name is not None
    write(vault)
    assert TrustStore(trust.path).writer() == name
    assert vault._open_handle().snapshot.index.meta["descent"]["writers"].keys() == {name.hex()}  # type: ignore[index,union-attr,call-overload]
    trust.path.with_name("writer").write_text("damaged")
    assert trust.writer() is None
    write(vault)
    assert trust.writer() not in {None, name}


def test_a_memory_of_before_is_read(tmp_path: Path) -> None:
    vault, trust = vault_and_trust(tmp_path)
    known = json.loads(trust.path.read_bytes())
    for entry in known.values():
        del entry["own"]
    trust.path.write_text(json.dumps(known))
    write(vault)
    assert open_again(vault, trust=trust).generation == 3
