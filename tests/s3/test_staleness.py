"""For how long the copy on this machine takes the place of a bucket that can't be reached."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

import engines
from engines import Engine
from fault_proxy import FaultProxy
from pyvault import clock
from pyvault.errors import AwsUnreachableError, ForkError, RollbackError
from pyvault.record import replace
from pyvault.secret import Secret
from pyvault.vaultfile.s3.s3_place import S3Place
from s3_machine import OPTIONS, Machine
from vaults import contents, credential


def place_at(machine: Machine, url: str, later: timedelta) -> S3Place:
    """Give the place as it is at another time."""
    place = machine.place(url, max_stale="60")

    def moved() -> datetime:
        return clock.now() + later

    return S3Place(place.settings, engines.credentials(), clock=moved)


@pytest.mark.parametrize(
    ("later", "readable"),
    [
        (timedelta(), True),
        (timedelta(seconds=30), True),
        (timedelta(seconds=90), False),
        (timedelta(days=1), False),
        (timedelta(days=-1), False),
    ],
)
def test_a_copy_is_read_for_a_while(later: timedelta, readable: bool, moto_machine: Machine, proxy: FaultProxy) -> None:
    moto_machine.create(proxy.url).put(credential("a"), Secret(b"a"))
    moto_machine.open(proxy.url, max_stale="60")
    proxy.close()
    place = place_at(moto_machine, proxy.url, later)
    if readable:
        assert contents(moto_machine.open_at(place)) == {"a": b"a"}
        return
    with pytest.raises(AwsUnreachableError, match="too old"):
        moto_machine.open_at(place)


def test_a_copy_that_somebody_has_put_back_is_a_rollback(moto_machine: Machine, proxy: FaultProxy) -> None:
    from pyvault.files.file_checks import FileChecks
    from pyvault.paths import find_cache
    from pyvault.vaultfile.s3.kept_copy import KeptCopy

    vault = moto_machine.create(proxy.url)
    moto_machine.open(proxy.url)
    copy = KeptCopy(find_cache({}), moto_machine.place(proxy.url).identity, FileChecks())
    old = copy.load()
    assert old is not None
    vault.put(credential("a"), Secret(b"a"))
    assert contents(moto_machine.open(proxy.url)) == {"a": b"a"}
    copy.save(old)
    proxy.close()
    with pytest.raises((RollbackError, ForkError)):
        moto_machine.open(proxy.url)


def test_a_damaged_copy_is_no_copy(moto: Engine, moto_machine: Machine) -> None:
    from pyvault.files.file_checks import FileChecks
    from pyvault.paths import find_cache
    from pyvault.vaultfile.s3.kept_copy import KeptCopy

    moto_machine.create(moto.url).put(credential("a"), Secret(b"a"))
    moto_machine.open(moto.url)
    path = KeptCopy(find_cache({}), moto_machine.place(moto.url).identity, FileChecks()).path
    assert path.stat().st_mode & 0o777 == 0o600
    whole = path.read_bytes()
    line, _, body = whole.partition(b"\n")
    for damaged in (
        b"something else",
        b"",
        whole[:-5],
        whole[:-5] + b"other",
        line + b"\n",
        line + b"\rX: y\n" + body,
        line + b"\xff\n" + body,
        whole.replace(b" ", b" \xb2", 1),
    ):
        path.write_bytes(damaged)
        assert contents(moto_machine.open(moto.url)) == {"a": b"a"}
        assert path.read_bytes() == whole


def test_one_request_for_each_look(moto_machine: Machine, proxy: FaultProxy) -> None:
    moto_machine.create(proxy.url).put(credential("a"), Secret(b"a"))
    moto_machine.open(proxy.url)
    proxy.calm()
    reader = moto_machine.open(proxy.url)
    assert [entry.name for entry in reader.entries()] == [credential("a")]  # of what was just opened
    assert reader.get(credential("a")) == Secret(b"a")  # the same: a command is one request
    assert len(proxy.requests) == 1
    for _ in range(5):
        assert reader.get(credential("a")) == Secret(b"a")
    assert len(proxy.requests) == 6
    assert len(reader.entries()) == 1
    assert len(proxy.requests) == 7


def test_one_command_is_one_request_until_it_writes(moto_machine: Machine, proxy: FaultProxy) -> None:
    moto_machine.create(proxy.url).put(credential("a"), Secret(b"a"))
    command = moto_machine.open(proxy.url, options=replace(OPTIONS, one_command=True))
    proxy.calm()
    for _ in range(3):
        assert command.get(credential("a")) == Secret(b"a")
        assert len(command.entries()) == 1
    assert proxy.requests == []
    command.put(credential("a"), Secret(b"b"))
    proxy.calm()
    assert command.get(credential("a")) == Secret(b"b")
    assert len(proxy.requests) == 1, "what was written is read back from the bucket"
