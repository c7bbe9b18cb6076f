"""What a bucket answers is not believed: an older state, a fork by two buckets, a vault of somebody else, another's bucket.

With what was seen before, with a KMS slot that proves nothing, and without the other versions.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

import engines
from command_line import run_pyvault
from engines import Engine
from fake_kms import KEY, FakeKms
from fault_proxy import REFUSED, FaultProxy
from kms_vaults import by_kms, expecting, forged, kms_slot
from moved_time import MovedTime
from pyvault.errors import AwsError, ForeignVaultError, ForkError, RollbackError, WrongKeyError
from pyvault.record import replace
from pyvault.secret import Secret
from pyvault.vaultfile.unlock.new_slot import KeyFileSlot
from pyvault.vaultfile.vault import Vault
from pyvault.vaultfile.vault_options import VaultOptions
from s3_machine import OPTIONS, Machine
from vaults import KEY as FILE_KEY
from vaults import contents, credential


@pytest.fixture
def kms() -> Iterator[FakeKms]:
    with FakeKms() as running:
        yield running


def key_of(machine: Machine) -> dict[str, str]:
    bucket, _, key = machine.url.removeprefix("s3://").partition("/")
    return {"Bucket": bucket, "Key": key}


def body_of(engine: Engine, machine: Machine) -> bytes:
    body: bytes = engine.client().get_object(**key_of(machine))["Body"].read()
    return body


def put(engine: Engine, machine: Machine, body: bytes) -> None:
    """Write the object, as whoever may write the bucket can."""
    engine.client().put_object(**key_of(machine), Body=body)


# ------------------------------------------------------------ with what was seen before


def test_two_writers_of_two_buckets_are_a_fork(engine: Engine, tmp_path: Path) -> None:
    one = Machine(tmp_path / "one", engine.free_url())
    two = Machine(tmp_path / "two", f"s3://{engine.bucket()}/team.pyv")
    first = one.create(engine.url)
    put(engine, two, body_of(engine, one))  # a bucket that was copied
    second = two.open(engine.url)
    one.here()
    first.put(credential("a"), Secret(b"one"))
    two.here()
    second.put(credential("a"), Secret(b"two"))
    second.put(credential("b"), Secret(b"two"))
    for machine, elsewhere in ((one, two), (two, one)):  # whoever sees both
        with pytest.raises((ForkError, RollbackError)):
            Machine(machine.home, elsewhere.url).open(engine.url)
    assert contents(one.open(engine.url)) == {"a": b"one"}
    assert contents(two.open(engine.url)) == {"a": b"two", "b": b"two"}
    put(engine, one, body_of(engine, two))  # replicated over it: what was acknowledged here is gone
    with pytest.raises(ForkError):
        one.open(engine.url)


def test_an_older_state_is_one_without_the_other_versions_too(engine: Engine, machine: Machine) -> None:
    vault = machine.create(engine.url)
    old = body_of(engine, machine)
    vault.put(credential("a"), Secret(b"a"))
    assert machine.place(engine.url).delete_backups() == 1
    put(engine, machine, old)
    with pytest.raises(RollbackError):
        machine.open(engine.url)
    with pytest.raises(RollbackError):
        vault.put(credential("b"), Secret(b"b"))
    assert body_of(engine, machine) == old


# ------------------------------------------------------------ opened by KMS


class Runner:
    """A vault of a bucket with a slot of the runners' key, and a runner that has nothing else."""

    def __init__(self, moto: Engine, kms: FakeKms, folder: Path) -> None:
        self.moto, self.kms = moto, kms
        self.team = Machine(folder / "team", moto.free_url())
        slots = [KeyFileSlot(key=FILE_KEY), kms_slot(kms)]
        self.vault = Vault.create(self.team.place(moto.url), new_slots=slots, trust=self.team.trust, options=OPTIONS)
        self.vault.put(credential("prod"), Secret(b"ours"))
        self.home = folder / "runner"

    def open(self, options: VaultOptions) -> Vault:
        runner = Machine(self.home, self.team.url)
        place = runner.place(self.moto.url)
        return Vault.open(place, by_kms(self.kms), trust=runner.trust, options=options)

    def forget(self) -> None:
        self.home = self.home.with_name(f"{self.home.name}-next")


@pytest.fixture
def runner(moto: Engine, kms: FakeKms, private_home: Path) -> Runner:
    return Runner(moto, kms, private_home)


def test_a_forged_vault_with_the_same_id_and_a_valid_slot(runner: Runner) -> None:
    expected, before = expecting(runner.vault), body_of(runner.moto, runner.team)
    seen = replace(OPTIONS, expect_vault_id=runner.vault.vault_id, min_generation=1)
    slot = runner.vault.slots()[1].slot_id
    for epoch in (1, 2):
        put(runner.moto, runner.team, forged(runner.vault, runner.kms, epoch=epoch, slot_id=slot))
        for options in (seen, expected):
            with pytest.raises(ForeignVaultError):
                runner.open(options)
    put(runner.moto, runner.team, before)
    assert contents(runner.open(expected)) == {"prod": b"ours"}
    put(runner.moto, runner.team, forged(runner.vault, runner.kms, epoch=2, slot_id=slot))
    with pytest.raises(ForeignVaultError, match="another slot or KMS ciphertext"):
        runner.open(OPTIONS)  # it has seen ours


def test_an_older_object_opened_by_kms(runner: Runner) -> None:
    old, expected = body_of(runner.moto, runner.team), expecting(runner.vault)
    runner.team.here()
    runner.vault.put(credential("prod"), Secret(b"newer"))
    assert contents(runner.open(expected)) == {"prod": b"newer"}
    put(runner.moto, runner.team, old)
    with pytest.raises(RollbackError):
        runner.open(expected)
    runner.forget()
    with pytest.raises(RollbackError):
        runner.open(replace(expected, min_generation=runner.vault.generation))
    assert contents(runner.open(expected)) == {"prod": b"ours"}, "without memory only the generation tells"


def test_a_withdrawn_grant_and_the_kept_copy(runner: Runner) -> None:
    expected = expecting(runner.vault)
    runner.open(expected).close()
    runner.kms.refusals[KEY] = "AccessDeniedException"
    with pytest.raises(WrongKeyError, match="AccessDeniedException"):
        runner.open(expected)


# ------------------------------------------------------------ whose bucket, and whose time


def test_the_account_that_must_own_the_bucket(moto: Engine, moto_machine: Machine, proxy: FaultProxy) -> None:
    owner = {"expected_bucket_owner": "123456789012"}
    moto_machine.create(proxy.url, **owner).put(credential("a"), Secret(b"a"))
    assert contents(moto_machine.open(proxy.url, **owner)) == {"a": b"a"}
    assert proxy.heads
    assert all(b"x-amz-expected-bucket-owner: 123456789012" in head.lower() for head in proxy.heads)
    proxy.arm(next(fault for fault in REFUSED if fault.name == "403"), times=1000)  # as S3 answers for another's
    with pytest.raises(AwsError, match="AccessDenied") as refused:
        moto_machine.open(proxy.url, **owner)
    assert "expected_bucket_owner" in (refused.value.hint or "")


@pytest.mark.peer("faketime")
@pytest.mark.slow
@pytest.mark.parametrize("days", [-1, 1])
def test_a_clock_that_is_off_by_a_day(running: dict[str, Engine], private_home: Path, days: int) -> None:
    engines.need("seaweedfs")  # which looks at the time of a signature
    if "seaweedfs" not in running:
        running["seaweedfs"] = Engine("seaweedfs")
    engine = running["seaweedfs"]
    env = {
        **engines.credentials(),
        "PYVAULT_FILE": engine.free_url(),
        "PYVAULT_KEYFILE": str(private_home / "key"),
        "PYVAULT_BACKEND_FILE__ENDPOINT_URL": engine.url,
    }
    assert run_pyvault(private_home, "vault", "init", "--keyfile", str(private_home / "key"), env=env).code == 0
    assert run_pyvault(private_home, "vault", "entries", env=env).code == 0
    clock = MovedTime(private_home / "time")
    clock.move(timedelta(days=days).total_seconds())
    for words in (("vault", "entries"), ("list",)):
        refused = run_pyvault(private_home, *words, env={**env, **clock.environ})
        assert refused.code == 6, refused.err
        assert "copy" not in refused.err, "it is never read from the copy"
