"""What Argon2id may cost, what this machine can bear, and what is chosen."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from pyvault.errors import NotEnoughMemoryError, UnsupportedVaultError
from pyvault.secret import Secret
from pyvault.vaultfile.disk.free_memory import Memory, find_memory
from pyvault.vaultfile.format.kdf import (
    FLOOR,
    GIB,
    HIGH,
    MIB,
    KdfCost,
    KdfLimits,
    KdfPolicy,
    argon2id,
    check_memory,
    choose_cost,
    parse_params,
)
from vaults import KEY

PLENTY = Memory(total=64 * GIB, available=64 * GIB)
MEMINFO = "MemTotal:       16000000 kB\nMemFree:  100 kB\nMemAvailable:    8000000 kB\n"


class Stopwatch:
    """A timer and a key derivation of a machine that needs so many seconds at the floor, the last of them always."""

    def __init__(self, *seconds: float) -> None:
        self.seconds = list(seconds)
        self.now = 0.0
        self.costs: list[KdfCost] = []

    def timer(self) -> float:
        return self.now

    def derive(self, passphrase: Secret[bytes], salt: bytes, cost: KdfCost) -> Secret[bytes]:
        self.now += self.seconds.pop(0) if len(self.seconds) > 1 else self.seconds[0]
        self.costs.append(cost)
        return KEY


@pytest.mark.parametrize(
    ("seconds", "available", "expected"),
    [
        (0.05, 64 * GIB, 256),
        (0.18, 64 * GIB, 256),
        (0.19, 64 * GIB, 128),
        (0.37, 64 * GIB, 128),
        (0.38, 64 * GIB, 64),
        (5.0, 64 * GIB, 64),  # slow machines still get the floor
        (0.05, 1 * GIB, 256),
        (0.05, 1 * GIB - 1, 128),
        (0.05, 512 * MIB - 1, 64),
        (0.05, 10 * MIB, 64),
        (0.05, None, 256),
    ],
)
def test_the_default_fits_the_machine(seconds: float, available: int | None, expected: int) -> None:
    watch = Stopwatch(seconds)
    memory = Memory(total=None, available=available)
    cost = choose_cost(KdfPolicy.DEFAULT, memory=memory, timer=watch.timer, processors=1, derive=watch.derive)
    assert cost == KdfCost(memory=expected * MIB, passes=3, lanes=4)


@pytest.mark.parametrize(
    ("seconds", "expected", "samples"),
    [
        ([0.1], 256, 1),  # no other could allow more
        ([5.0], 64, 1),  # no other could allow it
        ([0.7, 0.5, 0.1], 256, 3),
        ([0.7, 0.1], 256, 2),
        ([0.3, 0.7, 0.6], 128, 3),
        ([0.6, 0.6, 0.6, 0.1], 64, 3),
    ],
)
def test_the_best_of_a_few_counts(seconds: list[float], expected: int, samples: int) -> None:
    watch = Stopwatch(*seconds)
    plenty = Memory(total=None, available=None)
    cost = choose_cost(KdfPolicy.DEFAULT, memory=plenty, timer=watch.timer, processors=1, derive=watch.derive)
    assert (cost.memory, watch.costs) == (expected * MIB, [FLOOR] * samples)


@pytest.mark.parametrize(("processors", "expected"), [(1, 64), (2, 128), (4, 256), (64, 256)])
def test_lanes_that_run_at_once_share_the_time(processors: int, expected: int) -> None:
    watch = Stopwatch(0.72)
    plenty = Memory(total=None, available=None)
    cost = choose_cost(KdfPolicy.DEFAULT, memory=plenty, timer=watch.timer, processors=processors, derive=watch.derive)
    assert cost.memory == expected * MIB


def test_the_turns_of_others_do_not_count() -> None:
    waited: list[KdfCost] = []

    def waiting(passphrase: Secret[bytes], salt: bytes, cost: KdfCost) -> Secret[bytes]:
        waited.append(cost)
        threading.Event().wait(0.4)  # as long as the machine belongs to others
        return KEY

    plenty = Memory(total=None, available=None)
    cost = choose_cost(KdfPolicy.DEFAULT, memory=plenty, processors=1, derive=waiting)
    assert (cost.memory, waited) == (256 * MIB, [FLOOR])


def test_the_other_policies_measure_nothing() -> None:
    watch = Stopwatch(1)
    assert choose_cost(KdfPolicy.MIN, derive=watch.derive) == KdfCost(memory=65536, passes=3, lanes=4)
    assert choose_cost(KdfPolicy.HIGH, derive=watch.derive) == HIGH == KdfCost(memory=1048576, passes=3, lanes=4)
    assert watch.costs == []


def test_every_policy_is_accepted_when_it_is_read() -> None:
    for cost in (FLOOR, KdfCost(memory=256 * MIB), HIGH):
        assert parse_params(cost.encode(bytes(16)), KdfLimits(), Path("x")) == (cost, bytes(16))
        assert not cost.is_below_floor()


@pytest.mark.parametrize(
    "params", [b"", bytes(27), bytes(29), bytes(28), b"\x02" + bytes(27), b"\x01\x04\x00\x01" + bytes(24)]
)
def test_other_key_derivations(params: bytes) -> None:
    with pytest.raises(UnsupportedVaultError):
        parse_params(params, KdfLimits(), Path("x"))


@pytest.mark.parametrize(
    ("memory", "words"),
    [
        (Memory(total=FLOOR.memory - 1, available=None), "in total"),
        (Memory(total=GIB, available=FLOOR.memory - 1), "free"),
    ],
)
def test_a_machine_that_is_too_small(memory: Memory, words: str) -> None:
    with pytest.raises(NotEnoughMemoryError, match=words):
        check_memory(FLOOR, memory)


def test_a_machine_that_says_nothing_is_tried() -> None:
    check_memory(HIGH, Memory(total=None, available=None))
    check_memory(HIGH, PLENTY)


def test_more_than_the_machine_has_is_not_even_started() -> None:
    here = find_memory()
    if here.total is None:
        pytest.skip("this system doesn't say how much memory it has")
    with pytest.raises(NotEnoughMemoryError):
        argon2id(Secret(b"x"), bytes(16), KdfCost(memory=here.total + 1, passes=1, lanes=1))


def place(directory: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(text)
    return directory


def test_memory_of_the_machine(tmp_path: Path) -> None:
    proc = place(tmp_path, {"meminfo": MEMINFO, "self/cgroup": "0::/\n"})
    assert find_memory(proc, tmp_path / "none") == Memory(total=16000000, available=8000000)


def test_memory_of_a_system_without_proc(tmp_path: Path) -> None:
    assert find_memory(tmp_path, tmp_path) == Memory(total=None, available=None)


def test_memory_of_a_container_with_cgroup_2(tmp_path: Path) -> None:
    proc = place(tmp_path / "proc", {"meminfo": MEMINFO, "self/cgroup": "0::/system/job\n"})
    groups = place(
        tmp_path / "cgroup",
        {
            "memory.max": "max\n",
            "system/memory.max": f"{512 << 20}\n",
            "system/memory.current": f"{300 << 20}\n",
            "system/memory.stat": f"anon 1\ninactive_file {100 << 20}\nactive_file {50 << 20}\n",
            "system/job/memory.max": "max\n",
        },
    )
    assert find_memory(proc, groups) == Memory(total=512 * MIB, available=(512 - 150) * MIB)


def test_memory_of_a_container_with_cgroup_1(tmp_path: Path) -> None:
    proc = place(
        tmp_path / "proc", {"meminfo": MEMINFO, "self/cgroup": "11:cpu:/x\n9:memory:/docker/abc\n0::/\nbroken\n"}
    )
    # Inside the container only its own group is mounted, at the root.
    groups = place(
        tmp_path / "cgroup",
        {
            "memory/memory.limit_in_bytes": f"{256 << 20}\n",
            "memory/memory.usage_in_bytes": f"{400 << 20}\n",
            "memory/memory.stat": f"total_inactive_file {100 << 20}\ntotal_active_file 0\n",
        },
    )
    assert find_memory(proc, groups) == Memory(total=256 * MIB, available=0)


def test_no_limit_in_cgroup_1_is_a_huge_number(tmp_path: Path) -> None:
    proc = place(tmp_path / "proc", {"meminfo": MEMINFO, "self/cgroup": "9:memory:/\n"})
    groups = place(tmp_path / "cgroup", {"memory/memory.limit_in_bytes": "9223372036854771712\n"})
    assert find_memory(proc, groups) == Memory(total=16000000, available=8000000)
