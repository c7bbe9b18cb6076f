"""aws-vault's names for the options of a backend: its flags and variables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyvault_cli.words import Words

#: aws-vault's flag, its variable, and what they mean here: backend and option.
#: Source: aws-vault's usage text.
NAMES = (
    ("--secret-service-collection", "AWS_VAULT_SECRET_SERVICE_COLLECTION_NAME", "secret-service", "collection"),
    ("--pass-dir", "AWS_VAULT_PASS_PASSWORD_STORE_DIR", "pass", "store"),
    ("--pass-cmd", "AWS_VAULT_PASS_CMD", "pass", "command"),
    ("--pass-prefix", "AWS_VAULT_PASS_PREFIX", "pass", "prefix"),
)


def options_of_aws_vault(backend: str, words: Words | None, environ: Mapping[str, str]) -> dict[str, str]:
    """Give the options of a backend that stand under aws-vault's names.

    Raises:
        UsageError: ``--file-dir``; its files have another format. ``--keychain``;
            keyring can't name one.
    """
    if words is not None and words.last("--file-dir") is not None:
        raise UsageError(
            "'--file-dir' names files of aws-vault, which pyvault does not write",
            hint="pyvault import aws-vault takes the keys out of them",
        )
    if words is not None and words.last("--keychain") is not None:
        raise UsageError(
            "'--keychain' names a keychain, and pyvault uses the default one",
            hint="pyvault import aws-vault takes the keys out of another",
        )
    options: dict[str, str] = {}
    for flag, variable, of, option in NAMES:
        value = (words.last(flag) if words else None) or environ.get(variable)
        if of == backend and value:
            options[option] = value
    return options
