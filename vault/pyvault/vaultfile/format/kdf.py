"""Argon2id: what a file may ask for, what we ask for, and the derivation itself.

An attacker can choose the parameters in a file until the header is verified, which
needs the key: so they are checked before a byte is allocated.

Source: RFC 9106; docs/vault-format.md, section 6.
"""

from __future__ import annotations

import os
import struct
import time
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from pyvault.errors import KdfLimitsError, NotEnoughMemoryError, UnsupportedVaultError
from pyvault.record import Record
from pyvault.sealing import KEY_SIZE
from pyvault.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyvault.vaultfile.disk.free_memory import Memory

ARGON2ID = 1
SALT_SIZE = 16
PARAMS = struct.Struct(">BBHII16s")  # kdf, lanes, 0, passes, memory_KiB, salt

ARGON2_VERSION = 0x13
LANES = 4  # always: vaults travel between machines
MAX_LANES = 16
MAX_PASSES = 64
MIN_MEMORY_PER_LANE = 8  # KiB; RFC 9106, section 3.1
MIB = 1024  # in KiB
GIB = 1 << 20
MAX_WORK = 4 * GIB  # KiB times passes


class KdfCost(Record):
    """What Argon2id costs.

    Attributes:
        memory: KiB.
        passes: times over that memory.
        lanes: degree of parallelism.
    """

    memory: int
    passes: int = 3
    lanes: int = LANES

    @property
    def work(self) -> int:
        """KiB times passes; the time is proportional to it."""
        return self.memory * self.passes

    def is_below_floor(self) -> bool:
        """Return whether it is cheaper than RFC 9106's second recommendation."""
        return self.memory < FLOOR.memory or self.passes < FLOOR.passes

    def encode(self, salt: bytes) -> bytes:
        """Return the 28 bytes of slot parameters."""
        return PARAMS.pack(ARGON2ID, self.lanes, 0, self.passes, self.memory, salt)


FLOOR = KdfCost(memory=64 * MIB)  # RFC 9106, section 4, second recommended option
HIGH = KdfCost(memory=GIB)
DEFAULT_CHOICES = (64 * MIB, 128 * MIB, 256 * MIB)
DEFAULT_SECONDS = 0.75
SAMPLES = 3
DEFAULT_SHARE = 4  # use at most a quarter of the available memory


class KdfLimits(Record):
    """How much work a file may demand of this machine.

    Attributes:
        memory: KiB; 1 GiB unless the configuration allows up to 4 GiB.
    """

    memory: int = GIB


class KdfPolicy(StrEnum):
    """How expensive a new passphrase slot is."""

    MIN = "min"
    DEFAULT = "default"
    HIGH = "high"


class KeyDerivation(Protocol):
    """Derives a wrapping key from a normalised passphrase."""

    def __call__(self, passphrase: Secret[bytes], salt: bytes, cost: KdfCost) -> Secret[bytes]:
        """Return 32 bytes; takes as long as *cost* says."""
        ...


def parse_params(params: bytes, limits: KdfLimits, path: object) -> tuple[KdfCost, bytes]:
    """Return the cost and the salt that a passphrase slot's parameters hold.

    Raises:
        UnsupportedVaultError: another KDF than Argon2id.
        KdfLimitsError: more work than we accept from a file, or parameters
            that Argon2id doesn't allow.
    """
    if len(params) != PARAMS.size:
        raise UnsupportedVaultError(f"'{path}' has a passphrase slot with {len(params)} bytes of parameters")
    kdf, lanes, reserved, passes, memory, salt = PARAMS.unpack(params)
    if kdf != ARGON2ID or reserved:
        raise UnsupportedVaultError(f"'{path}' has a passphrase slot with an unknown key derivation ({kdf})")
    cost = KdfCost(memory=memory, passes=passes, lanes=lanes)
    if (
        not 1 <= lanes <= MAX_LANES
        or not 1 <= passes <= MAX_PASSES
        or not MIN_MEMORY_PER_LANE * lanes <= memory <= limits.memory
        or cost.work > MAX_WORK
    ):
        raise KdfLimitsError(
            f"'{path}' asks for Argon2id with {memory} KiB, {passes} passes and {lanes} lanes, "
            f"which is over the limit of {limits.memory} KiB and {MAX_PASSES} passes, or below the minimum"
        )
    return cost, salt


def argon2id(passphrase: Secret[bytes], salt: bytes, cost: KdfCost) -> Secret[bytes]:
    """Return a 32-byte wrapping key; takes a fraction of a second, by design.

    Args:
        passphrase: normalised, see :mod:`pyvault.vaultfile.unlock.passphrase`.
        salt: the slot's 16 random bytes.
        cost: checked by :func:`parse_params` or chosen by us.

    Raises:
        NotEnoughMemoryError: the machine or its cgroup is too small.

    Source: RFC 9106, version 0x13, without secret and associated data.
    """
    from pyvault.vaultfile.disk.free_memory import find_memory

    check_memory(cost, find_memory())
    from argon2.exceptions import HashingError
    from argon2.low_level import Type, hash_secret_raw

    try:
        return Secret(
            hash_secret_raw(
                passphrase.reveal(),
                salt,
                time_cost=cost.passes,
                memory_cost=cost.memory,
                parallelism=cost.lanes,
                hash_len=KEY_SIZE,
                type=Type.ID,
                version=ARGON2_VERSION,
            )
        )
    except (HashingError, MemoryError):
        raise NotEnoughMemoryError(
            f"Argon2id needs {cost.memory} KiB of memory, which could not be allocated"
        ) from None


def check_memory(cost: KdfCost, memory: Memory) -> None:
    """Refuse a cost that would get the process killed; it is no sign of damage.

    Raises:
        NotEnoughMemoryError: the machine or its cgroup is too small.
    """
    for amount, what in ((memory.total, "in total"), (memory.available, "free")):
        if amount is not None and cost.memory > amount:
            raise NotEnoughMemoryError(
                f"Argon2id needs {cost.memory} KiB of memory, but there are only {amount} KiB {what}",
                hint="free some memory, or raise the container's limit",
            )


def choose_cost(
    policy: KdfPolicy,
    *,
    memory: Memory | None = None,
    timer: Callable[[], float] = time.process_time,
    processors: int | None = None,
    derive: KeyDerivation = argon2id,
) -> KdfCost:
    """Choose the cost of a new passphrase slot on this machine.

    ``default`` runs Argon2id at the floor to measure the machine's speed: the time
    grows in proportion to the memory. A slot keeps its cost for good, so what else
    the machine does just now shall not count: see :func:`_seconds_at_floor`.

    Args:
        timer: processor time of all threads, in seconds.
        processors: how many may run us at once; those of this process by default.

    Raises:
        NotEnoughMemoryError: there is too little memory even for the floor.
    """
    match policy:
        case KdfPolicy.MIN:
            return FLOOR
        case KdfPolicy.HIGH:
            return HIGH
        case KdfPolicy.DEFAULT:
            from pyvault.vaultfile.disk.free_memory import find_memory

            lanes_at_once = min(FLOOR.lanes, processors or _processors())
            per_kib = _seconds_at_floor(timer, lanes_at_once, derive) / FLOOR.memory
            available = (memory or find_memory()).available
            room = DEFAULT_CHOICES[-1] if available is None else available // DEFAULT_SHARE
            fitting = [size for size in DEFAULT_CHOICES if size * per_kib <= DEFAULT_SECONDS and size <= room]
            return KdfCost(memory=max(fitting, default=FLOOR.memory))


def _seconds_at_floor(timer: Callable[[], float], lanes_at_once: int, derive: KeyDerivation) -> float:
    """Return how long a derivation at the floor takes where nothing else runs.

    Processor time leaves out the turns of others, and the best of a few what others do to the caches.
    One is enough if it already allows the most, or is so long that no other could allow more than the least.
    """
    best = float("inf")
    for _ in range(SAMPLES):
        started = timer()
        derive(Secret(b"calibration"), bytes(SALT_SIZE), FLOOR)
        best = min(best, (timer() - started) / lanes_at_once)
        if best * DEFAULT_CHOICES[-1] / FLOOR.memory <= DEFAULT_SECONDS or best > DEFAULT_SECONDS:
            break
    return best


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
