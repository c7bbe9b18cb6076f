"""Every fault at every request: nothing acknowledged is lost, nothing is written twice, and the error has a name."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from _pytest.mark import ParameterSet

from engines import Engine
from fault_proxy import RACES, REFUSED, UNREACHABLE, Fault, FaultProxy
from pyvault.errors import (
    AwsError,
    AwsUnreachableError,
    ConflictError,
    NotAVaultError,
    UnusableAnswerError,
    VaultExistsError,
    VaultGoneError,
    VaultNotFoundError,
)
from pyvault.record import replace
from pyvault.secret import Secret
from pyvault.vaultfile.vault import Vault
from s3_machine import OPTIONS, Machine
from vaults import contents, credential

Faulted = Callable[[int, int], Sequence[int]]
EVERY = [*UNREACHABLE, *RACES, *REFUSED]
NAMED = (
    AwsError,
    AwsUnreachableError,
    ConflictError,
    NotAVaultError,
    UnusableAnswerError,
    VaultExistsError,
    VaultGoneError,
    VaultNotFoundError,
)
IMPATIENT = replace(OPTIONS, lock_timeout=1.0)


def by_name(fault: Fault) -> str:
    return fault.name


def few(faults: list[Fault], *names: str) -> list[ParameterSet]:
    """Return faults as parameters: those whose names begin so, and the others in the long form."""
    return [
        pytest.param(each, id=each.name, marks=() if each.name.startswith(names) else pytest.mark.slow)
        for each in faults
    ]


def requests_of_a_write(vault: Vault, proxy: FaultProxy) -> int:
    proxy.calm()
    vault.put(credential("counted"), Secret(b"x"))
    return len(proxy.requests)


@pytest.mark.parametrize("fault", EVERY, ids=by_name)
def test_one_fault_during_a_write(
    fault: Fault, moto: Engine, moto_machine: Machine, proxy: FaultProxy, faulted: Faulted
) -> None:
    vault = moto_machine.create(proxy.url)
    witness = moto_machine.open(moto.url)
    count = requests_of_a_write(vault, proxy)
    for at in faulted(count, count - 1):  # the last one writes
        witness.refresh()
        before, name = witness.generation, f"at-{at}"
        proxy.arm(fault, at)
        try:
            vault.put(credential(name), Secret(b"x"))
            acknowledged = True
        except NAMED:
            acknowledged = False
        assert acknowledged or fault not in UNREACHABLE, "one fault, and there was time for a second attempt"
        proxy.calm()
        assert (name in contents(witness)) == acknowledged
        assert witness.generation == before + acknowledged  # not written twice


@pytest.mark.parametrize(
    "fault", few([*UNREACHABLE, *RACES, *REFUSED[-2:]], "cut after", "412, although", "captive portal with")
)
def test_a_fault_that_lasts_during_a_write(
    fault: Fault, moto: Engine, moto_machine: Machine, proxy: FaultProxy, faulted: Faulted
) -> None:
    moto_machine.create(proxy.url)
    vault = moto_machine.open(proxy.url, options=IMPATIENT)
    witness = moto_machine.open(moto.url)
    count = requests_of_a_write(vault, proxy)
    for at in faulted(count, count - 1):  # the last one writes
        witness.refresh()
        before = witness.generation
        proxy.arm(fault, at, times=1000)
        told = "acknowledged"  # as it may be if half of an answer is enough
        try:
            vault.put(credential(f"at-{at}"), Secret(b"x"))
        except NAMED as problem:
            told = problem.message
        proxy.calm()
        witness.refresh()
        written = witness.generation - before
        assert written in ({1} if told == "acknowledged" else {0, 1})
        if written:  # then nobody has said that it was not
            assert told == "acknowledged" or "not known" in told or fault in RACES


@pytest.mark.parametrize(
    "fault", few([*UNREACHABLE, *RACES, *REFUSED[-2:]], "cut after", "412, although", "captive portal with")
)
def test_one_fault_during_the_creation(
    fault: Fault, moto: Engine, moto_machine: Machine, proxy: FaultProxy, faulted: Faulted
) -> None:
    proxy.calm()
    Machine(moto_machine.home, moto.free_url()).create(proxy.url)
    count = len(proxy.requests)
    for at in faulted(count, count - 2):  # the last one is a write that must be refused, that before it writes
        machine = Machine(moto_machine.home, moto.free_url())
        proxy.arm(fault, at)
        try:
            acknowledged = machine.create(proxy.url).generation == 1
        except NAMED:
            acknowledged = False
        proxy.calm()
        bucket, _, key = machine.url.removeprefix("s3://").partition("/")
        there = moto.client().list_object_versions(Bucket=bucket, Prefix=key).get("Versions", [])
        assert len(there) == 1 or not acknowledged
        assert len(there) <= 1  # not made twice


@pytest.mark.parametrize(
    "fault", [fault for fault in UNREACHABLE if fault.cut != 0.5], ids=by_name
)  # half of a 304 is one
def test_an_unreachable_bucket_is_read_from_the_copy(
    fault: Fault, moto: Engine, moto_machine: Machine, proxy: FaultProxy
) -> None:
    vault = moto_machine.create(proxy.url)
    vault.put(credential("a"), Secret(b"a"))
    assert contents(moto_machine.open(proxy.url)) == {"a": b"a"}
    told: list[str] = []
    place = moto_machine.place(proxy.url)
    place.on_warning(told.append)
    proxy.arm(fault, 0, times=1000)
    offline = moto_machine.open_at(place)
    assert contents(offline) == {"a": b"a"}
    assert len(told) == 1
    assert "copy" in told[0]
    with pytest.raises(AwsUnreachableError):
        offline.put(credential("b"), Secret(b"b"))
    proxy.calm()
    assert contents(offline) == {"a": b"a"}
    offline.put(credential("b"), Secret(b"b"))


@pytest.mark.parametrize("fault", few([*REFUSED, *RACES], "401", "403", "no such", "301", "captive portal", "409"))
def test_what_is_refused_is_never_read_from_the_copy(
    fault: Fault, moto: Engine, moto_machine: Machine, proxy: FaultProxy
) -> None:
    moto_machine.create(proxy.url).put(credential("a"), Secret(b"a"))
    reader = moto_machine.open(proxy.url)
    reader.refresh()
    proxy.arm(fault, 0, times=1000)
    for look in (lambda: moto_machine.open(proxy.url), lambda: reader.get(credential("a"))):
        with pytest.raises(NAMED) as refused:
            look()
        assert not isinstance(refused.value, AwsUnreachableError)
    proxy.calm()
    assert contents(moto_machine.open(proxy.url)) == {"a": b"a"}


@pytest.mark.parametrize("fault", UNREACHABLE, ids=by_name)
def test_without_a_copy_an_unreachable_bucket_is_an_error(
    fault: Fault, moto: Engine, moto_machine: Machine, proxy: FaultProxy
) -> None:
    moto_machine.create(moto.url)
    elsewhere = Machine(moto_machine.home / "other", moto_machine.url)
    proxy.arm(fault, 0, times=1000)
    with pytest.raises(AwsUnreachableError):
        elsewhere.open(proxy.url)


def test_an_answer_that_never_ends_is_given_up(moto: Engine, moto_machine: Machine, proxy: FaultProxy) -> None:
    from pyvault.aws.bucket_client import TooSlowError, within

    with pytest.raises(TooSlowError):
        within(0.2, lambda: __import__("threading").Event().wait(5))


def test_nobody_listens(moto: Engine, moto_machine: Machine, proxy: FaultProxy) -> None:
    moto_machine.create(proxy.url).put(credential("a"), Secret(b"a"))
    reader = moto_machine.open(proxy.url)
    reader.refresh()
    proxy.close()
    assert contents(moto_machine.open(proxy.url)) == {"a": b"a"}
    with pytest.raises(AwsUnreachableError):
        reader.put(credential("b"), Secret(b"b"))


def test_a_change_whose_answer_was_lost_is_recognised_below_the_changes_of_others(
    moto: Engine, moto_machine: Machine, proxy: FaultProxy
) -> None:
    vault = moto_machine.create(proxy.url)
    other = Machine(moto_machine.home / "other", moto_machine.url)
    theirs = other.open(moto.url)
    moto_machine.here()
    place = vault.place

    def others_write(_seconds: float) -> None:
        other.here()
        theirs.put(credential("x"), Secret(b"theirs"))
        moto_machine.here()

    place._pause = others_write  # type: ignore[attr-defined]  # in the pause between two attempts
    proxy.arm(Fault("cut after it was carried out", cut=0), 1)
    vault.put(credential("x"), Secret(b"ours"))
    assert contents(moto_machine.open(moto.url)) == {"x": b"theirs"}  # later, and it was made from ours
    assert vault.generation == 3


def test_a_change_whose_answer_was_lost_long_ago_is_found_in_the_versions(
    moto: Engine, moto_machine: Machine, proxy: FaultProxy
) -> None:
    vault = moto_machine.create(proxy.url)
    other = Machine(moto_machine.home / "other", moto_machine.url)
    theirs = other.open(moto.url)
    moto_machine.here()

    def others_write(_seconds: float) -> None:
        other.here()
        for number in range(70):  # more than the vault remembers of its descent
            theirs.put(credential("y"), Secret(str(number).encode()))
        moto_machine.here()

    vault.place._pause = others_write  # type: ignore[attr-defined]  # as above
    proxy.arm(Fault("cut after it was carried out", cut=0), 1)
    vault.put(credential("x"), Secret(b"ours"))
    assert contents(moto_machine.open(moto.url)) == {"x": b"ours", "y": b"69"}
    assert vault.generation == 72
