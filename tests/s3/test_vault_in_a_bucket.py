"""A vault that is an object, on real servers: what a file can do, it can too."""

from __future__ import annotations

from pathlib import Path

import pytest

from engines import Engine
from pyvault.errors import (
    BackendUnavailableError,
    ConflictError,
    ForeignVaultError,
    ForkError,
    ItemNotFoundError,
    RollbackError,
    VaultExistsError,
    VaultGoneError,
    VaultNotFoundError,
)
from pyvault.secret import Secret
from pyvault.vaultfile.unlock.key_sources import UnlockSources
from pyvault.vaultfile.unlock.new_slot import KeyFileSlot
from pyvault.vaultfile.vault import Vault
from s3_machine import OPTIONS, Machine
from vaults import contents, credential, key_file

OTHER_KEY = Secret(bytes(range(32, 64)))


def key_of(machine: Machine) -> tuple[str, str]:
    bucket, _, key = machine.url.removeprefix("s3://").partition("/")
    return bucket, key


def test_items_come_and_go(engine: Engine, machine: Machine) -> None:
    vault = machine.create(engine.url)
    vault.put(credential("a"), Secret(b"a"))
    vault.put(credential("b"), Secret(b"b"))
    vault.delete(credential("a"))
    again = machine.open(engine.url)
    assert contents(again) == {"b": b"b"}
    assert again.generation == 4
    assert again.verify() == 1


def test_the_server_sees_what_a_file_would_hold(engine: Engine, machine: Machine, tmp_path: Path) -> None:
    machine.create(engine.url).put(credential("a"), Secret(b"a"))
    bucket, key = key_of(machine)
    path = tmp_path / "vault.pyv"
    path.write_bytes(engine.client().get_object(Bucket=bucket, Key=key)["Body"].read())
    path.chmod(0o600)
    local = Vault.open(path, UnlockSources(keyfile=key_file(tmp_path)))
    assert contents(local) == {"a": b"a"}


def test_creating_never_overwrites(engine: Engine, machine: Machine) -> None:
    machine.create(engine.url).put(credential("a"), Secret(b"a"))
    with pytest.raises(VaultExistsError):
        machine.create(engine.url)
    assert contents(machine.open(engine.url)) == {"a": b"a"}


def test_what_is_not_there_is_not_found(engine: Engine, machine: Machine) -> None:
    with pytest.raises(VaultNotFoundError, match=machine.url):
        machine.open(engine.url)


def test_a_bucket_that_is_not_there_is_no_empty_vault(engine: Engine, private_home: Path) -> None:
    with pytest.raises(VaultGoneError, match="bucket 'nobody-has-this'"):
        Machine(private_home, "s3://nobody-has-this/k").open(engine.url)


def test_a_vault_that_was_deleted_is_gone_and_can_be_restored(engine: Engine, machine: Machine) -> None:
    vault = machine.create(engine.url)
    vault.put(credential("a"), Secret(b"a"))
    bucket, key = key_of(machine)
    engine.client().delete_object(Bucket=bucket, Key=key)
    with pytest.raises(VaultGoneError, match="backups"):
        machine.open(engine.url)
    with pytest.raises(VaultNotFoundError):  # of an open handle: never made again by a write
        vault.put(credential("b"), Secret(b"b"))
    sources = UnlockSources(keyfile=key_file(machine.home))
    Vault.restore(machine.place(engine.url), 1, sources, trust=machine.trust, options=OPTIONS)
    assert contents(machine.open(engine.url)) == {"a": b"a"}


def test_a_second_machine_sees_every_write_and_merges_its_own(engine: Engine, machine: Machine, tmp_path: Path) -> None:
    other = Machine(tmp_path / "other", machine.url)
    one = machine.create(engine.url)
    two = other.open(engine.url)
    machine.here()
    with one.transaction():
        one.put(credential("one"), Secret(b"1"))
        other.here()
        two.put(credential("two"), Secret(b"2"))  # between our reading and our write
        machine.here()
    assert contents(one) == contents(two) == {"one": b"1", "two": b"2"}


def test_two_changes_of_one_entry_are_a_conflict(engine: Engine, machine: Machine, tmp_path: Path) -> None:
    other = Machine(tmp_path / "other", machine.url)
    one = machine.create(engine.url)
    two = other.open(engine.url)

    def race() -> None:
        machine.here()
        with one.transaction():
            one.put(credential("x"), Secret(b"1"))
            other.here()
            two.put(credential("x"), Secret(b"2"))
            machine.here()

    with pytest.raises(ConflictError, match="credential/x"):
        race()
    assert contents(one) == {"x": b"2"}


def test_versions_are_the_backups(engine: Engine, machine: Machine) -> None:
    vault = machine.create(engine.url)
    for name in "abc":
        vault.put(credential(name), Secret(name.encode()))
    place = machine.place(engine.url)
    backups = place.backups(OPTIONS.checks)
    assert [(each.number, each.generation) for each in backups] == [(1, 3), (2, 2), (3, 1)]
    assert {each.vault_id for each in backups} == {vault.vault_id}
    sources = UnlockSources(keyfile=key_file(machine.home))
    Vault.restore(place, 2, sources, trust=machine.trust, options=OPTIONS)
    assert contents(vault) == {"a": b"a"}
    assert vault.generation == 5
    with pytest.raises(ItemNotFoundError):
        Vault.restore(place, 17, sources, trust=machine.trust, options=OPTIONS)


@pytest.mark.parametrize("revoke", ["remove_slot", "rekey", "change_passphrase"])
def test_what_revokes_deletes_the_versions(moto: Engine, moto_machine: Machine, revoke: str) -> None:
    vault = moto_machine.create(moto.url)
    slot = vault.add_slot(KeyFileSlot(key=OTHER_KEY))
    assert len(moto_machine.place(moto.url).backups(OPTIONS.checks)) == 1
    if revoke == "remove_slot":
        vault.remove_slot(slot)
    elif revoke == "rekey":
        vault.rekey(drop_slots=lambda _lost: True)
    else:
        vault.change_passphrase(KeyFileSlot(key=OTHER_KEY), slot_id=slot)
    assert moto_machine.place(moto.url).backups(OPTIONS.checks) == []
    assert vault.verify() == 0


def test_a_rekey_elsewhere_is_followed(moto: Engine, moto_machine: Machine, tmp_path: Path) -> None:
    one = moto_machine.create(moto.url)
    other = Machine(tmp_path / "other", moto_machine.url)
    two = other.open(moto.url)
    two.rekey()
    moto_machine.here()
    assert one.fingerprint != two.fingerprint
    one.put(credential("a"), Secret(b"a"))
    assert one.fingerprint == two.fingerprint


def test_a_bucket_without_versions_has_no_backups(engine: Engine, private_home: Path) -> None:
    machine = Machine(private_home, engine.free_url(versioned=False))
    vault = machine.create(engine.url)
    vault.put(credential("a"), Secret(b"a"))
    vault.put(credential("a"), Secret(b"b"))
    assert machine.place(engine.url).backups(OPTIONS.checks) == []
    assert contents(machine.open(engine.url)) == {"a": b"b"}


def put_back(engine: Engine, machine: Machine, number: int) -> None:
    """Make an earlier version the present one, as whoever may write the bucket can."""
    bucket, key = key_of(machine)
    client = engine.client()
    versions = [
        each for each in client.list_object_versions(Bucket=bucket, Prefix=key)["Versions"] if not each["IsLatest"]
    ]
    old = client.get_object(Bucket=bucket, Key=key, VersionId=versions[number]["VersionId"])["Body"].read()
    client.put_object(Bucket=bucket, Key=key, Body=old)


def test_an_older_object_is_a_rollback(engine: Engine, machine: Machine) -> None:
    vault = machine.create(engine.url)
    vault.put(credential("a"), Secret(b"a"))
    put_back(engine, machine, 0)
    with pytest.raises(RollbackError):
        machine.open(engine.url)
    with pytest.raises(RollbackError):
        vault.put(credential("b"), Secret(b"b"))


def test_another_vault_in_its_place_is_foreign(moto: Engine, moto_machine: Machine, tmp_path: Path) -> None:
    moto_machine.create(moto.url)
    other = Machine(tmp_path / "other", moto.free_url())
    other.create(moto.url)
    (ours, our_key), (theirs, their_key) = key_of(moto_machine), key_of(other)
    client = moto.client()
    body = client.get_object(Bucket=theirs, Key=their_key)["Body"].read()
    client.put_object(Bucket=ours, Key=our_key, Body=body)
    with pytest.raises(ForeignVaultError):
        moto_machine.open(moto.url)


def test_a_vault_whose_other_versions_were_deleted_opens(moto: Engine, moto_machine: Machine) -> None:
    vault = moto_machine.create(moto.url)
    vault.put(credential("a"), Secret(b"a"))
    assert moto_machine.place(moto.url).delete_backups() == 1
    assert contents(moto_machine.open(moto.url)) == {"a": b"a"}
    with pytest.raises(ItemNotFoundError, match="no backup 1"):
        moto_machine.place(moto.url).backup(1)


def test_a_fork_by_two_writers_is_seen(engine: Engine, machine: Machine, tmp_path: Path) -> None:
    vault = machine.create(engine.url)
    vault.put(credential("a"), Secret(b"a"))
    put_back(engine, machine, 0)
    other = Machine(tmp_path / "other", machine.url)  # which has never seen the newer one
    two = other.open(engine.url)
    two.put(credential("b"), Secret(b"b"))
    two.put(credential("c"), Secret(b"c"))
    with pytest.raises(ForkError):
        machine.open(engine.url)


def test_a_replicated_bucket_is_refused(moto: Engine, private_home: Path) -> None:
    bucket = moto.bucket()
    target = moto.bucket()
    rule = {
        "ID": "r",
        "Status": "Enabled",
        "Prefix": "",
        "Destination": {"Bucket": f"arn:aws:s3:::{target}"},
    }
    moto.client().put_bucket_replication(
        Bucket=bucket, ReplicationConfiguration={"Role": "arn:aws:iam::123456789012:role/r", "Rules": [rule]}
    )
    with pytest.raises(BackendUnavailableError, match=target):
        Machine(private_home, f"s3://{bucket}/v").create(moto.url)


def test_locked_versions_are_told(moto: Engine, private_home: Path) -> None:
    client = moto.client()
    client.create_bucket(Bucket="with-object-lock", ObjectLockEnabledForBucket=True)
    client.put_object_lock_configuration(
        Bucket="with-object-lock",
        ObjectLockConfiguration={
            "ObjectLockEnabled": "Enabled",
            "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 1}},
        },
    )
    machine = Machine(private_home, "s3://with-object-lock/v")
    vault = machine.create(moto.url)
    slot = vault.add_slot(KeyFileSlot(key=OTHER_KEY))
    from pyvault.errors import WriteFailedError

    with pytest.raises(WriteFailedError, match=r"earlier version.* could not be deleted") as told:
        vault.remove_slot(slot)
    assert "rekey" in (told.value.hint or "")
    assert len(vault.slots()) == 1  # it is removed all the same
    vault.put(credential("a"), Secret(b"a"))  # and nothing else is stopped by it
