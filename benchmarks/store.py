"""What the vault file costs as it grows: opening, reading, adding and listing, in milliseconds.

Everything is inside one process and opened by a key file, so neither Python's
start nor a key derivation is counted. Writes wait for the disk, as they do for users.

Usage: python benchmarks/store.py [rounds]
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from pyvault.names import credential_name
from pyvault.secret import Secret
from pyvault.vaultfile.unlock.key_file import create_key_file, read_key_file
from pyvault.vaultfile.unlock.key_sources import UnlockSources
from pyvault.vaultfile.unlock.new_slot import KeyFileSlot
from pyvault.vaultfile.vault import Vault

if TYPE_CHECKING:
    from collections.abc import Callable

SIZES = (10, 100, 1000)
PAYLOAD = Secret(b"x" * 240)  # as long as an access key pair's record


def median_ms(action: Callable[[], object], rounds: int) -> float:
    times: list[float] = []
    for _ in range(rounds):
        begin = time.perf_counter()
        action()
        times.append((time.perf_counter() - begin) * 1000)
    return statistics.median(times)


def filled(path: Path, keyfile: Path, size: int) -> Vault:
    vault = Vault.create(path, new_slots=[KeyFileSlot(key=read_key_file(keyfile))])
    with vault.transaction():
        for number in range(size):
            vault.put(credential_name(f"profile-{number}"), PAYLOAD)
    return vault


def measure(directory: Path, keyfile: Path, size: int, rounds: int) -> list[float]:
    path = directory / f"{size}.pyv"
    sources = UnlockSources(keyfile=keyfile)
    wanted = credential_name(f"profile-{size // 2}")
    with filled(path, keyfile, size) as vault:

        def add() -> None:
            vault.put(credential_name("one-more"), PAYLOAD)

        def take_back() -> None:
            vault.delete(credential_name("one-more"))

        opening = median_ms(lambda: Vault.open(path, sources).close(), rounds)
        reading = median_ms(lambda: vault.get(wanted), rounds)
        listing = median_ms(vault.entries, rounds)
        adding: list[float] = []
        for _ in range(rounds):
            adding.append(median_ms(add, 1))
            take_back()
    return [opening, reading, listing, statistics.median(adding)]


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    print(f"{'entries':>8}{'open':>10}{'read':>10}{'list':>10}{'add':>10}   (median ms)")
    with tempfile.TemporaryDirectory(prefix="pyvault-bench-") as home:
        directory = Path(home)
        keyfile = directory / "key"
        create_key_file(keyfile)
        for size in SIZES:
            print(f"{size:>8}" + "".join(f"{value:>10.2f}" for value in measure(directory, keyfile, size, rounds)))


if __name__ == "__main__":
    main()
