"""What opens a vault, in which order, and what is said when it doesn't."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from pyvault.errors import (
    ConfigError,
    InputRequiredError,
    InvalidSettingError,
    UserCancelledError,
    WrongKeyError,
)
from pyvault.secret import Secret
from pyvault.vaultfile.format.header import Header
from pyvault.vaultfile.format.kdf import FLOOR, KdfCost
from pyvault.vaultfile.unlock.key_sources import UnlockSources
from pyvault.vaultfile.unlock.new_slot import (
    ChildSlot,
    KeyFileSlot,
    NewSlot,
    PassphraseSlot,
    RecoverySlot,
    StoreKeySlot,
    format_recovery_code,
    new_recovery_code,
)
from pyvault.vaultfile.vault import Vault
from pyvault.vaultfile.vault_options import VaultOptions
from vaults import CHEAP, KEY, WEAK, RememberingKdf, by_passphrase, key_file, make_vault

OTHER_KEY = b"pyvault-keyfile-v1:" + b"A" * 43 + b"=\n"


def passphrase_slot(passphrase: str, cost: KdfCost = CHEAP) -> PassphraseSlot:
    return PassphraseSlot(passphrase=Secret(passphrase), cost=cost)


def must_not_be_asked() -> Secret[str]:
    raise AssertionError("this source should not have been asked")


def given(passphrase: str) -> Callable[[], Secret[str]]:
    return lambda: Secret(passphrase)


def wrong_key_file(directory: Path) -> Path:
    path = directory / "wrong.key"
    path.write_bytes(OTHER_KEY)
    path.chmod(0o600)
    return path


def open_with(vault: Vault, sources: UnlockSources, options: VaultOptions = WEAK) -> Vault:
    return Vault.open(vault.path, sources, options=options)


def test_the_sources_are_asked_in_their_order(tmp_path: Path) -> None:
    vault = make_vault(tmp_path, passphrase_slot("pw"))
    keyfile = tmp_path / "ci.key"
    for sources in (
        UnlockSources(
            passphrase=given("pw"),
            keyfile=tmp_path / "absent.key",
            passphrase_from_environment=must_not_be_asked,
            passphrase_prompt=must_not_be_asked,
        ),
        UnlockSources(
            keyfile=keyfile, passphrase_from_environment=must_not_be_asked, passphrase_prompt=must_not_be_asked
        ),
        UnlockSources(passphrase_from_environment=given("pw"), passphrase_prompt=must_not_be_asked),
        UnlockSources(cached_data_key=lambda _header: vault.data_key, passphrase_prompt=must_not_be_asked),
        UnlockSources(passphrase_prompt=given("pw")),
    ):
        assert open_with(vault, sources).fingerprint == vault.fingerprint


def test_a_wrong_source_is_never_fallen_through(tmp_path: Path) -> None:
    vault = make_vault(tmp_path, passphrase_slot("pw"))
    right = UnlockSources(keyfile=tmp_path / "ci.key")
    for sources in (
        UnlockSources(passphrase=given("wrong"), keyfile=right.keyfile),
        UnlockSources(keyfile=wrong_key_file(tmp_path), passphrase_from_environment=given("pw")),
        UnlockSources(passphrase_from_environment=given("wrong"), passphrase_prompt=given("pw")),
    ):
        with pytest.raises(WrongKeyError):
            open_with(vault, sources)


def test_a_source_without_a_slot_is_skipped_and_not_even_asked(tmp_path: Path) -> None:
    vault = make_vault(tmp_path)  # a key file slot alone
    sources = UnlockSources(
        passphrase=must_not_be_asked, keyfile=tmp_path / "ci.key", passphrase_prompt=must_not_be_asked
    )
    assert open_with(vault, sources).vault_id == vault.vault_id
    with pytest.raises(WrongKeyError, match="none of the supplied keys"):
        open_with(vault, UnlockSources(passphrase=must_not_be_asked))


def test_a_missing_key_file_for_a_vault_with_such_a_slot(tmp_path: Path) -> None:
    vault = make_vault(tmp_path, passphrase_slot("pw"))
    with pytest.raises(ConfigError, match=r"absent\.key") as caught:
        open_with(vault, UnlockSources(keyfile=tmp_path / "absent.key", passphrase_from_environment=given("pw")))
    assert "provide a passphrase" in (caught.value.hint or ""), "a new key file would not open it"


def test_no_source_at_all(tmp_path: Path) -> None:
    vault = make_vault(tmp_path)
    with pytest.raises(InputRequiredError):
        open_with(vault, UnlockSources())


def test_what_a_source_raises_comes_through(tmp_path: Path) -> None:
    vault = make_vault(tmp_path, passphrase_slot("pw"))

    def dismissed() -> Secret[str]:
        raise UserCancelledError("cancelled")

    with pytest.raises(UserCancelledError):
        open_with(vault, UnlockSources(passphrase_prompt=dismissed))


@pytest.mark.parametrize("bad", ["", "\ud800"])
def test_an_impossible_passphrase(tmp_path: Path, bad: str) -> None:
    vault = make_vault(tmp_path, passphrase_slot("pw"))
    with pytest.raises(InvalidSettingError):
        open_with(vault, by_passphrase(bad))


def test_a_wrong_passphrase_is_not_in_the_error(tmp_path: Path) -> None:
    vault = make_vault(tmp_path, passphrase_slot("pw"))
    with pytest.raises(WrongKeyError) as caught:
        open_with(vault, by_passphrase("planted"))
    assert "planted" not in repr(caught.value)
    assert "planted" not in (caught.value.hint or "")


def test_passphrases_are_tried_from_the_cheapest(tmp_path: Path) -> None:
    costs = [KdfCost(memory=memory, passes=1) for memory in (256, 64, 128)]
    vault = make_vault(tmp_path, *(passphrase_slot(f"pw {cost.memory}", cost) for cost in costs))
    kdf = RememberingKdf()
    open_with(vault, by_passphrase("pw 128"), VaultOptions(derive=kdf))
    assert [cost.memory for _, _, cost in kdf.known] == [64, 128]


def test_a_recovery_code_opens_however_it_is_typed(tmp_path: Path) -> None:
    code = new_recovery_code()
    vault = make_vault(tmp_path, passphrase_slot("pw"), RecoverySlot(code=code, cost=CHEAP))
    plain = code.reveal()
    lookalikes = plain.replace("1", "l").replace("0", "o")
    for typed in (
        plain,
        plain.lower(),
        format_recovery_code(code).reveal(),
        f" {format_recovery_code(code).reveal()} ",
        lookalikes,
    ):
        kdf = RememberingKdf()
        assert open_with(vault, by_passphrase(typed), VaultOptions(derive=kdf)).vault_id == vault.vault_id
        assert kdf.calls == 1


def test_an_ordinary_passphrase_does_not_pay_for_the_recovery_slot(tmp_path: Path) -> None:
    vault = make_vault(tmp_path, passphrase_slot("pw"), RecoverySlot(code=new_recovery_code(), cost=CHEAP))
    kdf = RememberingKdf()
    with pytest.raises(WrongKeyError):
        open_with(vault, by_passphrase("wrong"), VaultOptions(derive=kdf))
    assert kdf.calls == 1


def test_a_passphrase_that_looks_like_a_recovery_code_still_opens(tmp_path: Path) -> None:
    lookalike = "abcdefghjkmnpqrstvwxyz0123"
    vault = make_vault(tmp_path, passphrase_slot(lookalike), RecoverySlot(code=new_recovery_code(), cost=CHEAP))
    assert open_with(vault, by_passphrase(lookalike)).vault_id == vault.vault_id


def test_a_cached_data_key_that_no_longer_fits_is_as_good_as_none(tmp_path: Path) -> None:
    vault = make_vault(tmp_path, passphrase_slot("pw"))
    stale = vault.data_key
    vault.rekey(by_passphrase("pw"))
    asked: list[tuple[bytes, int]] = []

    def cache(header: Header) -> Secret[bytes]:
        asked.append((header.vault_id, header.key_epoch))
        return stale

    sources = UnlockSources(cached_data_key=cache, passphrase_prompt=given("pw"))
    assert open_with(vault, sources).key_epoch == 2
    assert asked == [(vault.vault_id, 2)]


@dataclass
class Store:
    """Keeps wrapping keys like a backend does."""

    keys: dict[tuple[bytes, bytes], Secret[bytes]]

    def keep(self, vault_id: bytes, slot_id: bytes, key: Secret[bytes]) -> None:
        self.keys[vault_id, slot_id] = key

    def find(self, slot_id: bytes, vault_id: bytes) -> Secret[bytes] | None:
        return self.keys.get((vault_id, slot_id))


def test_a_key_kept_in_a_store(tmp_path: Path) -> None:
    store = Store(keys={})
    vault = Vault.create(tmp_path / "s.pyv", new_slots=[StoreKeySlot(keep=store.keep)])
    assert len(store.keys) == 1
    assert open_with(vault, UnlockSources(wrapping_key=store.find)).vault_id == vault.vault_id
    with pytest.raises(WrongKeyError, match="none of the supplied keys"):
        open_with(vault, UnlockSources(wrapping_key=Store(keys={}).find))
    with pytest.raises(WrongKeyError, match="the key in the store"):
        open_with(vault, UnlockSources(wrapping_key=lambda _slot, _vault: KEY))


def test_a_store_that_fails_leaves_no_vault(tmp_path: Path) -> None:
    def broken(vault_id: bytes, slot_id: bytes, key: Secret[bytes]) -> None:
        raise UserCancelledError("the store was dismissed")

    with pytest.raises(UserCancelledError):
        Vault.create(tmp_path / "s.pyv", new_slots=[StoreKeySlot(keep=broken)])
    assert not (tmp_path / "s.pyv").exists()


def test_a_child_opens_with_its_parent_until_the_parent_is_rekeyed(tmp_path: Path) -> None:
    parent = make_vault(tmp_path, passphrase_slot("pw"))
    child = Vault.create(tmp_path / "sessions.pyv", new_slots=[ChildSlot(parent=parent)])
    assert open_with(child, UnlockSources(parent=parent)).vault_id == child.vault_id
    parent.rekey(by_passphrase("pw"))
    with pytest.raises(WrongKeyError, match="another vault or an earlier data key"):
        open_with(child, UnlockSources(parent=parent))


def test_a_child_does_not_open_with_another_parent(tmp_path: Path) -> None:
    parent = make_vault(tmp_path)
    (tmp_path / "other").mkdir(mode=0o700)
    other = make_vault(tmp_path / "other")
    child = Vault.create(tmp_path / "sessions.pyv", new_slots=[ChildSlot(parent=parent)])
    with pytest.raises(WrongKeyError):
        open_with(child, UnlockSources(parent=other))


def test_a_weak_slot_is_not_made_but_opens_with_a_hint(tmp_path: Path) -> None:
    key_file(tmp_path)
    for weak in (KdfCost(memory=FLOOR.memory - 1), KdfCost(memory=FLOOR.memory, passes=2)):
        with pytest.raises(InvalidSettingError, match="too weak"):
            Vault.create(
                tmp_path / "vault.pyv",
                new_slots=[passphrase_slot("pw", weak)],
                options=VaultOptions(derive=lambda passphrase, salt, cost: KEY),
            )
    assert make_vault(tmp_path, passphrase_slot("pw")).needs_renewal


def test_a_vault_at_the_floor_needs_no_renewal(tmp_path: Path) -> None:
    options = VaultOptions(derive=lambda passphrase, salt, cost: KEY)
    slots: list[NewSlot] = [KeyFileSlot(key=KEY), passphrase_slot("pw", FLOOR)]
    assert not Vault.create(tmp_path / "vault.pyv", new_slots=slots, options=options).needs_renewal
