"""What this distribution brings: names, and where their classes are.

A table and not entry points: no other distribution can take one of these
names, a frozen build without entry points has them, and the common case costs
no plug-in machinery.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

DISTRIBUTION = "pyvault-aws"

#: The backends, in the order of the list for people.
BUILT_IN: Mapping[str, str] = MappingProxyType(
    {
        "file": "pyvault_backends.file:FileBackend",
        "keychain": "pyvault_backends.keychain:KeychainBackend",
        "wincred": "pyvault_backends.wincred:WincredBackend",
        "secret-service": "pyvault_backends.secret_service:SecretServiceBackend",
        "pass": "pyvault_backends.pass_store:PassBackend",
        "keyring": "pyvault_backends.keyring_backend:KeyringAdapter",
        "memory": "pyvault_backends.memory:MemoryBackend",
    }
)

#: aws-vault's stores by its names for them, as backends that can only be read.
AWS_VAULT_STORES: Mapping[str, str] = MappingProxyType(
    {
        "file": "pyvault_backends.aws_vault_files:AwsVaultFiles",
        "pass": "pyvault_backends.aws_vault_files:AwsVaultPass",
        "secret-service": "pyvault_backends.aws_vault_desktop:AwsVaultSecretService",
        "kwallet": "pyvault_backends.aws_vault_desktop:AwsVaultKWallet",
        "keychain": "pyvault_backends.aws_vault_desktop:AwsVaultKeychain",
        "wincred": "pyvault_backends.aws_vault_desktop:AwsVaultWincred",
    }
)
