"""One passphrase costs a bounded amount of work, however many slots ask for it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pyvault.errors import UsageError, WrongKeyError
from pyvault.record import replace
from pyvault.secret import Secret
from pyvault.vaultfile.format.kdf import GIB, HIGH, KdfCost
from pyvault.vaultfile.unlock.kdf_budget import UNLOCK_BUDGET
from pyvault.vaultfile.unlock.key_sources import UnlockSources
from pyvault.vaultfile.unlock.new_slot import NewSlot, PassphraseSlot, RecoverySlot, new_recovery_code
from pyvault.vaultfile.vault import Vault
from pyvault.vaultfile.vault_options import VaultOptions
from vaults import KEY_TEXT, WEAK, by_passphrase, key_file

BOMB = KdfCost(memory=GIB, passes=4)
LOOKALIKE = "abcdefghjkmnpqrstvwxyz0123"


@dataclass(slots=True)
class CountingKdf:
    """Costs nothing, and adds up what it would have cost."""

    work: int = 0
    costs: list[KdfCost] = field(default_factory=list[KdfCost])

    def __call__(self, passphrase: Secret[bytes], salt: bytes, cost: KdfCost) -> Secret[bytes]:
        self.work += cost.work
        self.costs.append(cost)
        return Secret((passphrase.reveal() + salt).ljust(32)[:32])


def vault_with(directory: Path, *slots: NewSlot) -> Vault:
    """Make a vault without asking what its slots cost together, as somebody else's program may."""
    from pyvault.vaultfile.disk.write import write_draft
    from pyvault.vaultfile.format.sealed_record import derive_keys
    from pyvault.vaultfile.state.draft import Draft
    from pyvault.vaultfile.unlock.new_slot import make_slot

    options = replace(WEAK, derive=CountingKdf())
    keys = derive_keys(Secret(bytes(range(32))), bytes(16))
    made = tuple(make_slot(slot, bytes(16), keys.data, options)[0] for slot in slots)
    draft = Draft(vault_id=bytes(16), generation=0, key_epoch=1, keys=keys, slots=made, meta={}, unknown={})
    path = directory / "vault.pyv"
    write_draft(path, draft, base=None, check_in_place=lambda: None, options=options)
    last = slots[-1]
    assert isinstance(last, PassphraseSlot)
    only = made[-1].slot_id.hex()
    return Vault.open(path, by_passphrase(last.passphrase.reveal()), options=replace(options, slot=only))


def passphrase(text: str, cost: KdfCost) -> PassphraseSlot:
    return PassphraseSlot(passphrase=Secret(text), cost=cost)


@pytest.mark.parametrize("typed", ["wrong", LOOKALIKE, "WRONG" * 5 + "0"])
def test_a_file_full_of_dear_slots_costs_no_more_than_the_budget(tmp_path: Path, typed: str) -> None:
    slots = [passphrase(str(number), BOMB) for number in range(4)]
    vault = vault_with(tmp_path, RecoverySlot(code=new_recovery_code(), cost=BOMB), *slots)
    kdf = CountingKdf()
    with pytest.raises(WrongKeyError, match="not tried, to limit the work for one passphrase") as caught:
        Vault.open(vault.path, by_passphrase(typed), options=VaultOptions(derive=kdf))
    assert 0 < kdf.work <= UNLOCK_BUDGET
    untried = [slot.slot_id.hex() for slot in vault.slots() if slot.slot_id.hex() in caught.value.message]
    assert len(untried) + len(kdf.costs) == (4 if typed == "wrong" else 5)
    assert f"'slot': '{untried[0]}'" in str(caught.value.hint)


def test_one_slot_can_be_tried_alone(tmp_path: Path) -> None:
    vault = vault_with(tmp_path, *(passphrase(str(number), BOMB) for number in range(3)))
    for number, slot in enumerate(vault.slots()):
        for name in (slot.slot_id.hex(), slot.slot_id.hex()[:8].upper()):
            alone = VaultOptions(derive=CountingKdf(), slot=name)
            assert Vault.open(vault.path, by_passphrase(str(number)), options=alone).vault_id == vault.vault_id
        with pytest.raises(WrongKeyError) as caught:
            Vault.open(vault.path, by_passphrase("wrong"), options=VaultOptions(derive=CountingKdf(), slot=name))
        assert "not tried" not in caught.value.message


@pytest.mark.parametrize(("name", "said"), [("laptop", "no slot 'laptop'"), ("passphrase", "several slots")])
def test_a_slot_that_is_not_one(tmp_path: Path, name: str, said: str) -> None:
    vault = vault_with(tmp_path, passphrase("a", HIGH), passphrase("b", HIGH))
    with pytest.raises(UsageError, match=said) as caught:
        Vault.open(vault.path, by_passphrase("a"), options=VaultOptions(derive=CountingKdf(), slot=name))
    assert "'pyvault vault info' shows the ids" in str(caught.value.hint)


def test_the_kind_names_a_slot_that_is_the_only_one_of_it(tmp_path: Path) -> None:
    code = new_recovery_code()
    vault = vault_with(tmp_path, RecoverySlot(code=code, cost=HIGH), passphrase("b", HIGH))
    kdf = CountingKdf()
    Vault.open(vault.path, by_passphrase(code.reveal()), options=VaultOptions(derive=kdf, slot="recovery-code"))
    assert kdf.costs == [HIGH]


@pytest.mark.parametrize(
    "new",
    [lambda: passphrase("c", HIGH), lambda: RecoverySlot(code=new_recovery_code(), cost=HIGH)],
    ids=["passphrase", "recovery code"],
)
def test_no_slot_is_added_that_would_not_be_tried(tmp_path: Path, new: Callable[[], NewSlot]) -> None:
    vault = vault_with(tmp_path, passphrase("a", HIGH), passphrase("b", HIGH))
    with pytest.raises(UsageError, match=r"9\.0 GiB-passes together, over the limit of 6"):
        vault.add_slot(new())
    assert len(vault.slots()) == 2
    vault.remove_slot(vault.slots()[0].slot_id)
    vault.add_slot(new())


def test_a_vault_that_is_over_the_budget_can_change_its_passphrase_and_get_a_key_file(tmp_path: Path) -> None:
    from pyvault.vaultfile.unlock.key_file import read_key_file
    from pyvault.vaultfile.unlock.new_slot import KeyFileSlot

    vault = vault_with(tmp_path, *(passphrase(str(number), HIGH) for number in range(3)))
    vault.change_passphrase(passphrase("new", HIGH))
    vault.add_slot(KeyFileSlot(key=read_key_file(key_file(tmp_path))))
    assert (tmp_path / "ci.key").read_bytes() == KEY_TEXT
    opened = Vault.open(vault.path, UnlockSources(keyfile=tmp_path / "ci.key"), options=VaultOptions(slot="key-file"))
    assert json.dumps([slot.kind for slot in opened.slots()]).count("passphrase") == 3
