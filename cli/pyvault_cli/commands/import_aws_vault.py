"""``pyvault import aws-vault``: take over the keys that aws-vault has stored."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

from pyvault.errors import UsageError
from pyvault.moving.migrate import Terms
from pyvault.secret import Secret
from pyvault.storage.registry import open_aws_vault_store
from pyvault.storage.store import CredentialStore
from pyvault_cli import options
from pyvault_cli.context import Context, context_of
from pyvault_cli.moving import OverwriteOption, move_and_tell

if TYPE_CHECKING:
    from pyvault.backend import Question

SOURCE = "aws-vault"  # what its options begin with: here are two stores, which may be of one kind
OF_THE_SOURCE = frozenset(
    {"--backend", "--file-dir", "--pass-dir", "--pass-cmd", "--pass-prefix", "--secret-service-collection"}
)


def import_aws_vault(
    ctx: typer.Context,
    profile: options.OnlyProfilesOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only say what would be done")] = False,
    overwrite: OverwriteOption = False,
) -> None:
    """Copy the keys out of a store of aws-vault, which stays as it is.

    --backend names aws-vault's store here: file, pass, secret-service, kwallet,
    keychain or wincred. Where the keys go, PYVAULT_BACKEND or config.toml says.
    --pass-prefix names aws-vault's folder in the password store; without it, every
    entry of the store is decrypted to tell aws-vault's from passwords, unless
    --profile names those to take.
    --backend-option aws-vault.KEY=VALUE is for its store, NAME.KEY=VALUE for ours.
    """
    context = context_of(ctx)
    kind = context.words.last("--backend") or context.environ.get("AWS_VAULT_BACKEND") or "file"
    terms = Terms(overwrite=overwrite, dry_run=dry_run)
    given = _given_options(context)
    with context.without_flags(_means_the_source) as ours:
        places = _places(context, kind, profile)
        store = open_aws_vault_store(kind, {**places, **given}, lambda question: _ask(context, question))
        with closing(CredentialStore(store)) as source:
            move_and_tell(source, ours.store, profile or (), terms, record=ours.record_choice)


def _ask(context: Context, question: Question) -> Secret[str]:
    given = context.environ.get("AWS_VAULT_FILE_PASSPHRASE")
    if question.key == "aws-vault-passphrase" and given is not None:
        return Secret(given)
    return context.ask(question)


def _means_the_source(option: str, value: str) -> bool:
    return option in OF_THE_SOURCE or (option == "--backend-option" and value.startswith(f"{SOURCE}."))


def _given_options(context: Context) -> dict[str, str]:
    """Give the source's share of ``--backend-option``.

    Raises:
        UsageError: one that does not say whose it is: where keys are read, or where they go.
    """
    from pyvault.storage.options import parse_flags

    options: dict[str, str] = {}
    for key, value in parse_flags(context.words.every("--backend-option")).items():
        name, dot, rest = key.partition(".")
        if not dot:
            raise UsageError(
                f"the backend option '{key}' does not say which of the two stores it is for",
                hint=f"{SOURCE}.{key}=... is for aws-vault's store, NAME.{key}=... for the backend where the keys go",
            )
        if name == SOURCE:
            options[rest] = value
    return options


def _places(context: Context, kind: str, profiles: list[str] | None) -> dict[str, str]:
    """Read aws-vault's own flags and variables for its stores."""
    environ, words = context.environ, context.words
    match kind:
        case "file":
            places = {"path": words.last("--file-dir") or environ.get("AWS_VAULT_FILE_DIR")}
        case "pass":
            places = {
                "store": words.last("--pass-dir") or environ.get("AWS_VAULT_PASS_PASSWORD_STORE_DIR"),
                "prefix": words.last("--pass-prefix") or environ.get("AWS_VAULT_PASS_PREFIX"),
                "command": words.last("--pass-cmd") or environ.get("AWS_VAULT_PASS_CMD"),
            }
        case "secret-service":
            flag = words.last("--secret-service-collection")
            places = {"collection": flag or environ.get("AWS_VAULT_SECRET_SERVICE_COLLECTION_NAME")}
        case "keychain":  # it can't be listed, so the names come from the AWS config
            places = {"profiles": "\n".join(profiles or context.aws_config.profiles())}
        case _:
            places = {}
    return {key: value for key, value in places.items() if value}
