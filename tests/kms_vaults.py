"""Vaults with a slot of a KMS key, and who opens them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from bad_vaults.build import Plan, Record, Slot, made_up
from fake_kms import KEY, FakeKms
from pyvault.aws.kms import BotoKms
from pyvault.secret import Secret
from pyvault.vaultfile.format.external_key import ExternalKey
from pyvault.vaultfile.state.trust_store import TrustStore
from pyvault.vaultfile.unlock.external_keys import ExternalKeys, encryption_context
from pyvault.vaultfile.unlock.key_sources import UnlockSources
from pyvault.vaultfile.unlock.new_slot import KmsSlot
from pyvault.vaultfile.vault import Vault
from pyvault.vaultfile.vault_options import VaultOptions
from vaults import WEAK, make_vault


def kms_slot(kms: FakeKms, key: str = KEY) -> KmsSlot:
    calls = BotoKms(kms.environ())

    def encrypt(vault_id: bytes, slot_id: bytes, plain: Secret[bytes]) -> bytes:
        return calls.encrypt(key, encryption_context(vault_id, slot_id), plain)

    return KmsSlot(reference=key, encrypt=encrypt, label="the runners")


def by_kms(kms: FakeKms, *allowed: str, environ: Mapping[str, str] | None = None) -> UnlockSources:
    """Give the sources of a machine that has nothing but its role."""
    found = kms.environ() if environ is None else dict(environ)
    return UnlockSources(external=ExternalKeys(allowed=allowed or (KEY,), calls=lambda: BotoKms(found)))


def shared_vault(directory: Path, kms: FakeKms, *keys: str) -> Vault:
    """Make a vault that the key file opens, and each KMS key."""
    return make_vault(directory, *(kms_slot(kms, key) for key in keys or (KEY,)), items={"prod": b"ours"})


def expecting(*vaults: Vault) -> VaultOptions:
    return VaultOptions(weak_kdf_for_tests=True, expect_fingerprints=frozenset(vault.fingerprint for vault in vaults))


def opener(path: Path, kms: FakeKms, trust: TrustStore | None = None) -> Callable[[VaultOptions], Vault]:
    def opened(options: VaultOptions = WEAK) -> Vault:
        return Vault.open(path, by_kms(kms), trust=trust, options=options)

    return opened


HIS_KEY, HIS_KEK = made_up("his data key", 32), made_up("his wrapping key", 32)


def forged(vault: Vault, kms: FakeKms, *, epoch: int = 1, slot_id: bytes | None = None) -> bytes:
    """Make another vault of the same id, with the attacker's content and a valid slot of the runners' key."""
    slot_id = slot_id or made_up("his slot", 8)
    sealed = BotoKms(kms.environ()).encrypt(KEY, encryption_context(vault.vault_id, slot_id), Secret(HIS_KEK))
    slot = Slot(
        kind=7,
        slot_id=slot_id,
        params=ExternalKey(reference=KEY, ciphertext=sealed).encode(),
        key=HIS_KEK,
        data_key=HIS_KEY,
        bound_to=vault.vault_id,
    )
    plan = Plan(
        vault_id=vault.vault_id,
        generation=99,
        epoch=epoch,
        slots=(slot,),
        data_key=HIS_KEY,
        records=(Record(payload=b"his", bound_to=vault.vault_id),),
        meta={"prev": [vault.fingerprint.hex()]},
    )
    return plan.build("forged")
