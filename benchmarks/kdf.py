"""What Argon2id alone costs here, in milliseconds, for each policy of a new passphrase slot.

Usage: python benchmarks/kdf.py [rounds]
"""

from __future__ import annotations

import statistics
import sys
import time

from pyvault.secret import Secret
from pyvault.vaultfile.format.kdf import MIB, SALT_SIZE, KdfCost, KdfPolicy, argon2id, choose_cost


def derivation(cost: KdfCost) -> float:
    begin = time.perf_counter()
    argon2id(Secret(b"bench"), bytes(SALT_SIZE), cost)
    return (time.perf_counter() - begin) * 1000


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    print(f"{'policy':<12}{'MiB':>8}{'passes':>8}{'lanes':>8}{'median ms':>12}{'least ms':>12}")
    for policy in KdfPolicy:
        cost = choose_cost(policy)
        times = [derivation(cost) for _ in range(rounds)]
        print(
            f"{policy:<12}{cost.memory // MIB:>8}{cost.passes:>8}{cost.lanes:>8}"
            f"{statistics.median(times):>12.0f}{min(times):>12.0f}"
        )


if __name__ == "__main__":
    main()
