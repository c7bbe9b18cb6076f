"""A process that puts entries into a vault: ``writer.py VAULT NAME COUNT``; COUNT 0 goes on until it is killed."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

from pyvault.record import replace
from pyvault.secret import Secret
from pyvault.vaultfile.state.trust_store import TrustStore
from pyvault.vaultfile.unlock.key_sources import UnlockSources
from pyvault.vaultfile.vault import Vault
from vaults import WEAK, credential


def main(path: Path, name: str, count: int) -> None:
    trust = TrustStore(path.with_name("trust.json"))
    vault = Vault.open(
        path, UnlockSources(keyfile=path.with_name("ci.key")), trust=trust, options=replace(WEAK, lock_timeout=300)
    )  # 16 writers without a pause are not fair
    sys.stdout.write("open\n")
    sys.stdout.flush()
    for number in itertools.count() if count == 0 else range(count):
        # The same names again and again when it goes on for ever: the vault must not grow.
        vault.put(credential(f"{name}-{number % 25}"), Secret(f"{name} {number}".encode() * 50))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
