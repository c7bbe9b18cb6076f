"""Adding, replacing and removing ways to unlock, and the new data key."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from pyvault.errors import (
    ConflictError,
    InputRequiredError,
    ItemNotFoundError,
    UsageError,
    WrongKeyError,
)
from pyvault.record import replace
from pyvault.secret import Secret
from pyvault.vaultfile.disk.backups import backup_path, list_backups
from pyvault.vaultfile.disk.vault_reader import read_header
from pyvault.vaultfile.format.slots import Slot
from pyvault.vaultfile.handle import Handle
from pyvault.vaultfile.state.entries import SlotInfo
from pyvault.vaultfile.state.trust_store import TrustStore
from pyvault.vaultfile.unlock.key_sources import UnlockSources
from pyvault.vaultfile.unlock.new_slot import KeyFileSlot, PassphraseSlot, RecoverySlot, new_recovery_code
from pyvault.vaultfile.vault import Vault
from vaults import CHEAP, KEY, WEAK, by_passphrase, contents, credential, make_vault, open_again

UNKNOWN = Slot(slot_type=200, flags=7, slot_id=b"unknown!", params=b"parameters of later", wrap=b"whatever")
UNKNOWN_FLAG = Slot(slot_type=1, flags=2, slot_id=b"flagged!", params=b"not even parameters", wrap=b"")
UNKNOWN_PARAMS = Slot(slot_type=2, flags=0, slot_id=b"params!!", params=b"of later", wrap=b"")


def passphrase_slot(passphrase: str, label: str | None = None) -> PassphraseSlot:
    return PassphraseSlot(passphrase=Secret(passphrase), cost=CHEAP, label=label)


def opens(vault: Vault, sources: UnlockSources) -> bool:
    try:
        Vault.open(vault.path, sources).close()
    except (WrongKeyError, InputRequiredError):  # a cache is nothing that was provided
        return False
    return True


def handle_of(vault: Vault) -> Handle:
    handle = vault._handle
    assert handle is not None
    return handle


def plant(vault: Vault, *slots: Slot) -> None:
    """Add slots as a later version would, with a header that verifies."""
    handle = handle_of(vault)

    with vault.transaction():
        transaction = vault._transaction
        assert transaction is not None
        transaction.apply(lambda draft: replace(draft, slots=(*draft.slots, *slots)))
    assert handle.snapshot.header.slots[-len(slots) :] == slots


def test_slots_are_listed_with_their_labels(tmp_path: Path) -> None:
    vault = make_vault(tmp_path, passphrase_slot("pw", "laptop"), RecoverySlot(code=new_recovery_code(), cost=CHEAP))
    assert [(slot.kind, slot.label, slot.cost, slot.unlocked_this) for slot in vault.slots()] == [
        ("key-file", None, None, True),
        ("passphrase", "laptop", CHEAP, False),
        ("recovery-code", "recovery code", CHEAP, False),
    ]
    assert b"laptop" not in vault.path.read_bytes()


def test_a_label_cannot_speak_to_the_terminal(tmp_path: Path) -> None:
    vault = make_vault(tmp_path, passphrase_slot("pw", "laptop\x1b[2J\nforged line"))
    assert vault.slots()[1].label == "laptop[2Jforged line"


def test_a_slot_is_added_and_removed(tmp_path: Path) -> None:
    vault = make_vault(tmp_path, items={"a": b"a"})
    slot_id = vault.add_slot(passphrase_slot("pw", "new"))
    assert opens(vault, by_passphrase("pw"))
    assert list_backups(vault.path)
    vault.remove_slot(slot_id)
    assert not opens(vault, by_passphrase("pw"))
    assert contents(vault) == {"a": b"a"}
    assert list_backups(vault.path) == []  # they would still open by what was taken away
    with pytest.raises(ItemNotFoundError):
        vault.remove_slot(slot_id)


def test_the_last_slot_stays(tmp_path: Path) -> None:
    vault = make_vault(tmp_path)
    (only,) = vault.slots()
    with pytest.raises(UsageError, match="last one"):
        vault.remove_slot(only.slot_id)
    plant(vault, UNKNOWN)
    with pytest.raises(UsageError, match="last one"):
        vault.remove_slot(only.slot_id)
    assert opens(vault, UnlockSources(keyfile=tmp_path / "ci.key"))


def test_four_passphrases_and_one_recovery_code(tmp_path: Path) -> None:
    vault = make_vault(tmp_path, *(passphrase_slot(f"pw{number}") for number in range(4)))
    with pytest.raises(UsageError, match="at most 4"):
        vault.add_slot(passphrase_slot("pw5"))
    vault.add_slot(RecoverySlot(code=new_recovery_code(), cost=CHEAP))
    with pytest.raises(UsageError, match="at most one recovery"):
        vault.add_slot(RecoverySlot(code=new_recovery_code(), cost=CHEAP))
    for number in range(4):
        assert opens(vault, by_passphrase(f"pw{number}"))


def test_thirty_two_slots(tmp_path: Path) -> None:
    vault = make_vault(tmp_path)
    for _ in range(31):
        vault.add_slot(KeyFileSlot(key=KEY))
    with pytest.raises(UsageError, match="at most 32"):
        vault.add_slot(KeyFileSlot(key=KEY))


def test_changing_the_passphrase_rewrites_one_slot_and_no_data(tmp_path: Path) -> None:
    vault = make_vault(tmp_path, passphrase_slot("old", "laptop"), items={"a": b"a"})
    records = vault.path.read_bytes()[-1096:]
    by_old = Vault.open(vault.path, by_passphrase("old"), options=WEAK)
    by_old.change_passphrase(passphrase_slot("new", "laptop"))
    assert not opens(vault, by_passphrase("old"))
    assert opens(vault, by_passphrase("new"))
    assert vault.path.read_bytes()[-1096:] == records
    assert list_backups(vault.path) == []
    assert [(slot.kind, slot.label) for slot in by_old.slots()] == [("key-file", None), ("passphrase", "laptop")]
    assert by_old.slots()[1].unlocked_this
    by_old.change_passphrase(passphrase_slot("newer"))  # the handle goes on
    assert opens(vault, by_passphrase("newer"))


def test_backups_that_outlived_a_revocation_go_with_the_next_write(tmp_path: Path) -> None:
    """A process that is killed between its rename and the deletion leaves them."""
    vault = make_vault(tmp_path, passphrase_slot("old"), items={"a": b"a"})
    vault.put(credential("a"), Secret(b"b"))
    left = backup_path(vault.path, 3)
    left.write_bytes(backup_path(vault.path, 1).read_bytes())
    left.chmod(0o600)
    kept = left.rename(tmp_path / "kept")
    vault.change_passphrase(passphrase_slot("new"))
    kept.rename(left)
    vault.put(credential("a"), Secret(b"c"))
    assert [backup.generation for backup in list_backups(vault.path)] == [vault.generation - 1]
    vault.put(credential("a"), Secret(b"d"))
    assert len(list_backups(vault.path)) == 2


def test_which_passphrase_is_changed_must_be_clear(tmp_path: Path) -> None:
    vault = make_vault(tmp_path)
    with pytest.raises(UsageError, match="which passphrase to replace"):
        vault.change_passphrase(passphrase_slot("new"))
    vault.add_slot(passphrase_slot("one"))
    vault.change_passphrase(passphrase_slot("uno"))
    second = vault.add_slot(passphrase_slot("two"))
    with pytest.raises(UsageError, match="which passphrase to replace"):
        vault.change_passphrase(passphrase_slot("new"))
    vault.change_passphrase(passphrase_slot("due"), slot_id=second)
    assert [opens(vault, by_passphrase(word)) for word in ("one", "uno", "two", "due")] == [False, True, False, True]


def test_unknown_slots_are_skipped_and_kept_byte_for_byte(tmp_path: Path) -> None:
    vault = make_vault(tmp_path, passphrase_slot("pw"))
    plant(vault, UNKNOWN, UNKNOWN_FLAG, UNKNOWN_PARAMS)
    vault.put(credential("a"), Secret(b"a"))
    vault.add_slot(passphrase_slot("second"))
    slots = read_header(vault.path).slots
    assert UNKNOWN in slots
    assert UNKNOWN_FLAG in slots
    assert UNKNOWN_PARAMS in slots
    assert opens(vault, by_passphrase("second"))
    assert [slot.kind for slot in vault.slots()][2:5] == ["unknown-200", "unknown-1", "unknown-2"]


def test_unknown_slots_are_covered_by_the_hmac(tmp_path: Path) -> None:
    from pyvault.errors import TamperedError

    vault = make_vault(tmp_path)
    plant(vault, UNKNOWN)
    vault.path.write_bytes(vault.path.read_bytes().replace(b"parameters of later", b"parameters of LATER"))
    with pytest.raises(TamperedError, match="header"):
        open_again(vault)


def test_a_new_data_key_locks_out_who_knew_the_old_one(tmp_path: Path) -> None:
    vault = make_vault(tmp_path, passphrase_slot("pw"), items={"a": b"a", "b": b"b" * 5000})
    fingerprint, data_key, before = vault.fingerprint, vault.data_key, vault.path.read_bytes()
    dropped = vault.rekey(by_passphrase("pw"))
    assert dropped == []
    assert vault.fingerprint != fingerprint
    assert vault.data_key != data_key
    assert (vault.key_epoch, vault.verify()) == (2, 2)
    assert contents(vault) == {"a": b"a", "b": b"b" * 5000}
    assert list_backups(vault.path) == []
    assert opens(vault, by_passphrase("pw"))
    assert opens(vault, UnlockSources(keyfile=tmp_path / "ci.key"))
    assert not opens(vault, UnlockSources(cached_data_key=lambda _header: data_key))
    assert vault.path.read_bytes()[-1000:] != before[-1000:]


def test_slots_whose_secret_is_not_at_hand_are_lost_only_after_asking(tmp_path: Path) -> None:
    vault = make_vault(tmp_path, passphrase_slot("pw"), items={"a": b"a"})
    plant(vault, UNKNOWN)
    before = vault.path.read_bytes()
    with pytest.raises(InputRequiredError, match=r"passphrase .*unknown-200"):
        vault.rekey()
    assert vault.path.read_bytes() == before
    asked: list[list[str]] = []

    def agree(lost: Sequence[SlotInfo]) -> bool:
        asked.append([slot.kind for slot in lost])
        return True

    assert [slot.kind for slot in vault.rekey(drop_slots=agree)] == ["passphrase", "unknown-200"]
    assert asked == [["passphrase", "unknown-200"]]
    assert not opens(vault, by_passphrase("pw"))
    assert contents(open_again(vault)) == {"a": b"a"}


def test_a_slot_that_appears_while_a_human_thinks_is_not_dropped_unseen(tmp_path: Path) -> None:
    vault = make_vault(tmp_path, passphrase_slot("pw"))
    other = open_again(vault)

    def think(lost: Sequence[SlotInfo]) -> bool:
        other.add_slot(passphrase_slot("meanwhile"))
        return True

    with pytest.raises(ConflictError, match="slots"):
        vault.rekey(drop_slots=think)
    assert opens(vault, by_passphrase("meanwhile"))
    assert opens(vault, by_passphrase("pw"))


def test_a_wrong_secret_stops_a_rekey(tmp_path: Path) -> None:
    vault = make_vault(tmp_path, passphrase_slot("pw"))
    before = vault.path.read_bytes()
    with pytest.raises(WrongKeyError):
        vault.rekey(by_passphrase("wrong"), drop_slots=lambda _lost: True)
    assert vault.path.read_bytes() == before


def test_a_handle_from_the_unlock_cache_has_no_slot_to_keep(tmp_path: Path) -> None:
    vault = make_vault(tmp_path)
    cached = Vault.open(vault.path, UnlockSources(cached_data_key=lambda _header: vault.data_key))
    with pytest.raises(UsageError, match="no slot would be left"):
        cached.rekey(drop_slots=lambda _lost: True)
    cached.rekey(UnlockSources(keyfile=tmp_path / "ci.key"))
    assert cached.key_epoch == 2


def test_other_handles_follow_a_rekey_if_their_slot_was_kept(tmp_path: Path) -> None:
    trust = TrustStore(tmp_path / "trust.json")
    vault = make_vault(tmp_path, passphrase_slot("pw"), items={"a": b"a"}, trust=trust)
    follows = open_again(vault, trust=trust)
    lost = Vault.open(vault.path, by_passphrase("pw"), trust=trust, options=WEAK)
    vault.rekey(drop_slots=lambda _lost: True)
    assert contents(follows) == {"a": b"a"}
    assert follows.fingerprint == vault.fingerprint
    follows.put(credential("b"), Secret(b"b"))
    with pytest.raises(WrongKeyError, match="was rekeyed"):
        lost.get(credential("a"))
    with pytest.raises(WrongKeyError, match="was rekeyed"):
        lost.put(credential("c"), Secret(b"c"))
    assert contents(vault) == {"a": b"a", "b": b"b"}


def test_a_slot_made_before_somebody_elses_rekey_wraps_the_new_data_key(tmp_path: Path) -> None:
    vault = make_vault(tmp_path)
    other = open_again(vault)
    vault.rekey()
    other.add_slot(passphrase_slot("pw"))
    assert opens(vault, by_passphrase("pw"))


def test_a_rekey_is_no_part_of_a_transaction(tmp_path: Path) -> None:
    vault = make_vault(tmp_path)
    with pytest.raises(UsageError), vault.transaction():
        vault.rekey()
