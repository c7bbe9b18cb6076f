"""A machine that keeps a vault in a bucket: with its own memory of vaults and its own copies."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import engines
from pyvault.paths import find_paths
from pyvault.vaultfile.file_options import VaultSettings
from pyvault.vaultfile.s3.s3_place import S3Place
from pyvault.vaultfile.state.trust_store import TrustStore
from pyvault.vaultfile.unlock.key_sources import UnlockSources
from pyvault.vaultfile.unlock.new_slot import KeyFileSlot
from pyvault.vaultfile.vault import Vault
from pyvault.vaultfile.vault_options import VaultOptions
from vaults import KEY, key_file

OPTIONS = VaultOptions(lock_timeout=8)


@dataclass(slots=True)
class Machine:
    """What it knows is in its HOME; the test's process is at one machine at a time."""

    home: Path
    url: str

    def here(self) -> None:
        """Be at this machine from now on."""
        self.home.mkdir(exist_ok=True)
        os.environ["HOME"] = str(self.home)

    @property
    def trust(self) -> TrustStore:
        self.here()
        return TrustStore(find_paths({}).trust)

    def place(self, endpoint_url: str, **more: str) -> S3Place:
        self.here()
        options = {
            "path": self.url,
            "endpoint_url": endpoint_url,
            "read_timeout": "1",
            "connect_timeout": "1",
            **more,
        }
        place = VaultSettings.parse(options, engines.credentials()).place
        assert isinstance(place, S3Place)
        return place

    def create(self, endpoint_url: str, **more: str) -> Vault:
        slots = [KeyFileSlot(key=KEY)]
        return Vault.create(self.place(endpoint_url, **more), new_slots=slots, trust=self.trust, options=OPTIONS)

    def open(self, endpoint_url: str, *, options: VaultOptions = OPTIONS, **more: str) -> Vault:
        return self.open_at(self.place(endpoint_url, **more), options=options)

    def open_at(self, place: S3Place, *, options: VaultOptions = OPTIONS) -> Vault:
        self.here()
        return Vault.open(place, UnlockSources(keyfile=key_file(self.home)), trust=self.trust, options=options)
