"""Small vaults for tests: cheap to make, cheap to open."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path

from pyvault.names import ItemName, Kind
from pyvault.record import replace
from pyvault.secret import Secret
from pyvault.vaultfile.disk.vault_reader import read_header
from pyvault.vaultfile.format.kdf import KdfCost, argon2id
from pyvault.vaultfile.state.trust_store import TrustStore
from pyvault.vaultfile.unlock.key_sources import UnlockSources
from pyvault.vaultfile.unlock.new_slot import KeyFileSlot, NewSlot
from pyvault.vaultfile.vault import Vault
from pyvault.vaultfile.vault_options import VaultOptions

KNOWN_ANSWER = Path(__file__).parent / "vectors" / "kat1.pyv"
KNOWN_PASSPHRASE = "Caf\u00e9 correct horse"

CHEAP = KdfCost(memory=64, passes=1)  # far below the floor: for tests that don't test the KDF
WEAK = VaultOptions(weak_kdf_for_tests=True)

KEY = Secret(bytes(range(32)))
KEY_TEXT = b"pyvault-keyfile-v1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"


@dataclass(slots=True)
class RememberingKdf:
    """Argon2id that computes each answer once, for thousands of openings of one file."""

    calls: int = 0
    known: dict[tuple[bytes, bytes, KdfCost], Secret[bytes]] = field(
        default_factory=dict[tuple[bytes, bytes, KdfCost], Secret[bytes]]
    )

    def __call__(self, passphrase: Secret[bytes], salt: bytes, cost: KdfCost) -> Secret[bytes]:
        key = (passphrase.reveal(), salt, cost)
        if key not in self.known:
            self.calls += 1
            self.known[key] = argon2id(passphrase, salt, cost)
        return self.known[key]


def credential(name: str) -> ItemName:
    return ItemName(Kind.CREDENTIAL, name)


def by_passphrase(passphrase: str) -> UnlockSources:
    return UnlockSources(passphrase=lambda: Secret(passphrase))


def key_file(directory: Path) -> Path:
    """Write the key file that opens the vaults of these tests."""
    path = directory / "ci.key"
    path.write_bytes(KEY_TEXT)
    path.chmod(0o600)
    return path


def make_vault(
    directory: Path,
    *more_slots: NewSlot,
    items: dict[str, bytes] | None = None,
    trust: TrustStore | None = None,
    options: VaultOptions = WEAK,
) -> Vault:
    """Make ``vault.pyv`` and ``ci.key`` in *directory*; the key file opens it."""
    key_file(directory)
    vault = Vault.create(
        directory / "vault.pyv", new_slots=[KeyFileSlot(key=KEY), *more_slots], trust=trust, options=options
    )
    if items:
        with vault.transaction():
            for name, payload in items.items():
                vault.put(credential(name), Secret(payload))
    return vault


def open_again(vault: Vault, *, trust: TrustStore | None = None, options: VaultOptions = WEAK) -> Vault:
    """Open the same file by its key file."""
    sources = UnlockSources(keyfile=vault.path.with_name("ci.key"))
    return Vault.open(vault.path, sources, trust=trust, options=options)


def contents(vault: Vault) -> dict[str, bytes]:
    """Give everything a vault holds."""
    return {entry.name.name: vault.get(entry.name).reveal() for entry in vault.entries()}


def area_of(path: Path) -> tuple[bytes, bytes, bytes, bytes]:
    """Cut a vault file into header, HMAC, index box and record area."""
    header = read_header(path)
    content = path.read_bytes()
    end = len(header.encode())
    index_end = end + 32 + header.index_size
    return content[:end], content[end : end + 32], content[end + 32 : index_end], content[index_end:]


def known_answer(directory: Path) -> Path:
    """Copy the known answer to where it may be opened."""
    path = directory / "kat1.pyv"
    shutil.copyfile(KNOWN_ANSWER, path)
    path.chmod(0o600)
    return path


def remembering(options: VaultOptions = WEAK) -> VaultOptions:
    return replace(options, derive=RememberingKdf())
