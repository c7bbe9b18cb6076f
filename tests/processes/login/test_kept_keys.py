"""Keys in the runtime directory, with the real keyring of the kernel."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import settings

from login_keys import end_keys
from pyvault.clock import Moment, moment
from pyvault.login.kept_keys import KeptKey, KeptKeys, LoginKeys
from pyvault.login.lifetime import Lifetime
from pyvault.login.runtime_directory import Place
from pyvault.secret import Secret
from unlock_machine import UnlockMachine

pytestmark = pytest.mark.kernel_keyring

NOW = Moment(wall=1_700_000_000_000, boot=1_000_000)
HOUR = timedelta(hours=1)


class InTheKernel(UnlockMachine):
    def keys_in(self, home: Path) -> KeptKeys:
        return LoginKeys(Place(str(home / "run"), str(home / "state")), "unlock", lambda: self.now)


InTheKernel.TestCase.settings = settings(max_examples=30, stateful_step_count=25, derandomize=True, deadline=None)
TestInTheKernel = InTheKernel.TestCase


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    runtime, state = tmp_path / "run", tmp_path / "state"
    runtime.mkdir(mode=0o700)
    yield Place(str(runtime), str(state))
    end_keys(runtime, state)


def keys_at(place: Place, now: Moment = NOW) -> LoginKeys:
    return LoginKeys(place, "unlock", lambda: now)


def keep(place: Place, name: str = "a", key: bytes = bytes(48)) -> KeptKey:
    kept = KeptKey(lifetime=Lifetime.begin(NOW, idle=HOUR, most=HOUR), key=Secret(key))
    keys_at(place).keeper(seconds=60)(name, kept)
    return kept


def file_of(place: Place, name: str = "a") -> Path:
    return Path(place.directory, f"unlock-{name}.kept")


def test_a_use_is_noted_in_the_file(place: Place) -> None:
    kept = keep(place)
    later = Moment(wall=NOW.wall + 600_000, boot=NOW.boot + 600_000)
    assert keys_at(place, later).look("a") == kept
    assert keys_at(place, later).find("a") == kept
    noted = keys_at(place, later).look("a")
    assert noted
    assert noted.lifetime.used == later
    assert noted.lifetime.end == kept.lifetime.end


def test_a_use_after_the_file_was_removed_brings_nothing_back(place: Place) -> None:
    keep(place)

    def now() -> Moment:
        file_of(place).unlink()
        return Moment(wall=NOW.wall + 600_000, boot=NOW.boot + 600_000)

    assert LoginKeys(place, "unlock", now).find("a")
    assert not file_of(place).exists()


def test_what_was_begun_before_a_lock_is_dead_after_it(place: Place) -> None:
    keys = keys_at(place)
    slow = keys.keeper(seconds=60)
    assert keys.end()
    slow("a", KeptKey(lifetime=Lifetime.begin(NOW, idle=HOUR, most=HOUR), key=Secret(bytes(48))))
    assert keys.find("a") is None
    keep(place, "b")
    assert keys.find("a") is None
    assert keys.find("b")


def flipped(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


@pytest.mark.parametrize(
    "damage",
    [
        flipped,
        lambda file: file.write_bytes(b""),
        lambda file: file.write_bytes(file.read_bytes()[:-1]),
        lambda file: file.write_bytes(file.read_bytes() + b"x"),
        lambda file: file.write_bytes(bytes(5000)),
        lambda file: file.write_bytes(file.with_name("unlock-b.kept").read_bytes()),
        lambda file: file.chmod(0o640),
        lambda file: (file.unlink(), file.symlink_to(file.with_name("unlock-b.kept"))),
        lambda file: (file.unlink(), file.mkdir()),
        lambda file: (file.unlink(), os.mkfifo(file, 0o600)),
    ],
    ids=["flipped", "empty", "short", "long", "huge", "swapped", "readable", "link", "directory", "fifo"],
)
def test_a_damaged_file_is_none(place: Place, damage: Callable[[Path], object]) -> None:
    keep(place, "a")
    keep(place, "b", bytes(range(48)))
    damage(file_of(place))
    assert keys_at(place).find("a") is None
    assert keys_at(place).find("b")


def test_an_earlier_file_is_none_after_a_lock(place: Place) -> None:
    keep(place)
    before = file_of(place).read_bytes()
    keys_at(place).end()
    keep(place, "b")
    file_of(place).write_bytes(before)
    file_of(place).chmod(0o600)
    assert keys_at(place).find("a") is None


def test_ending_leaves_other_purposes(place: Place) -> None:
    kept = keep(place)
    LoginKeys(place, "sso", lambda: NOW).keeper(seconds=60)("a", kept)
    assert keys_at(place).end()
    assert LoginKeys(place, "sso", lambda: NOW).find("a") == kept


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is read-only for root")
def test_where_nothing_can_be_written_nothing_is_kept(place: Place) -> None:
    Path(place.directory).parents[1].chmod(0o500)
    with pytest.raises(OSError):
        keys_at(place).keeper(seconds=60)


FULL = """
import resource, sys
from pyvault.clock import moment
from pyvault.login.kept_keys import LoginKeys
from pyvault.login.runtime_directory import Place
keys = LoginKeys(Place(sys.argv[1], sys.argv[2]), sys.argv[3], moment)
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
try:
    keep = keys.keeper(seconds=60)
    found = keys.look("a")
    keep("b", found)
except OSError as exc:
    print(exc.strerror)
"""


@pytest.mark.parametrize("purpose", ["unlock", "sso"], ids=["with a seed", "without"])
def test_on_a_full_disk_nothing_is_kept_and_nothing_lost(place: Place, purpose: str) -> None:
    now = moment()
    kept = KeptKey(lifetime=Lifetime.begin(now, idle=HOUR, most=HOUR), key=Secret(bytes(48)))
    keys_at(place, now).keeper(seconds=60)("a", kept)
    runtime = Path(place.directory).parents[1]
    ended = subprocess.run(
        [sys.executable, "-c", FULL, runtime, runtime.with_name("state"), purpose],
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stdout == "File too large\n"
    assert keys_at(place, now).look("a") == kept
    assert [
        file.name for file in Path(place.directory).iterdir() if file.stat().st_size == 0 and "kept" in file.name
    ] == []
