"""Which of aws-vault's stores ``import aws-vault`` reads, and where each of them is."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from pyvault.errors import BackendError, BackendUnavailableError, ConfigError, InputRequiredError, UsageError
from pyvault.secret import Secret
from pyvault.storage.built_in import AWS_VAULT_STORES
from pyvault.storage.registry import open_aws_vault_store

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pyvault.backend import Question
    from pyvault.errors import PyvaultError
    from pyvault.migration.aws_vault_names import AwsVaultStore
    from pyvault_cli.context import Context

SOURCE = "aws-vault"  # what its options begin with: here are two stores, which may be of one kind

#: aws-vault's flags for one kind of store only, which name that kind.
KIND_OF_FLAG: Mapping[str, str] = {
    "--file-dir": "file",
    "--pass-dir": "pass",
    "--pass-cmd": "pass",
    "--pass-prefix": "pass",
    "--secret-service-collection": "secret-service",
    "--keychain": "keychain",
}


def named_kind(context: Context, given: str | None) -> str | None:
    """Return the kind of store that the line or aws-vault's variable names; None if nothing does.

    Args:
        context: with the flags.
        given: with ``--from``; without it, ``--backend`` means aws-vault's store here.

    Raises:
        UsageError: the flags mean more than one kind.
    """
    if named := given or context.line.last("--backend"):
        return named
    meant = {kind for flag, kind in KIND_OF_FLAG.items() if context.line.last(flag) is not None}
    if len(meant) > 1:
        raise UsageError(f"the options name stores of {' and '.join(sorted(meant))}", hint="--from names the one")
    return next(iter(meant), None) or context.environ.get("AWS_VAULT_BACKEND") or None


def is_of_the_source(option: str, value: str, *, with_backend: bool) -> bool:
    """Return whether a global option speaks of aws-vault's store, and not of ours.

    Args:
        option, value: of the line.
        with_backend: ``--backend`` does, as no ``--from`` was given.
    """
    if option == "--backend-option":
        return value.startswith(f"{SOURCE}.")
    return option in KIND_OF_FLAG or (with_backend and option == "--backend")


def open_named(context: Context, kind: str, profiles: Iterable[str] | None) -> AwsVaultStore:
    """Open the store that was named; may ask.

    Raises:
        BackendUnavailableError: it is not here, or we can't read such a one.
        BackendError: locked, or it failed.
    """
    options = {**_places(context, kind, profiles), **_given_options(context)}
    store = open_aws_vault_store(kind, options, lambda question: _ask(context, question))
    return cast("AwsVaultStore", store)  # all of them are


def open_visible(
    context: Context, profiles: Iterable[str] | None
) -> Iterator[tuple[str, AwsVaultStore | PyvaultError]]:
    """Open every store that is here, one after another; may ask.

    Returns:
        The kind, and the store, or why one that is here does not open.

    Raises:
        BackendUnavailableError: there is none.
        ConfigError: an option of the line that no store here knows.
    """
    found, problem = False, None
    for kind in AWS_VAULT_STORES:
        try:
            store: AwsVaultStore | PyvaultError = open_named(context, kind, profiles)
        except BackendUnavailableError:
            continue
        except ConfigError as exc:
            problem = exc
            continue
        except (BackendError, InputRequiredError) as exc:
            store = exc
        found = True
        yield kind, store
    if not found:
        raise problem or BackendUnavailableError(
            "none of aws-vault's stores is here", hint=f"--from names one: {', '.join(AWS_VAULT_STORES)}"
        )


def is_shared(context: Context, kind: str) -> bool:
    """Return whether others keep their own in this store too, so that their entries are no concern of ours."""
    return kind == "pass" and "prefix" not in {**_places(context, kind, ()), **_given_options(context)}


def _ask(context: Context, question: Question) -> Secret[str]:
    given = context.environ.get("AWS_VAULT_FILE_PASSPHRASE")
    if question.key == "aws-vault-passphrase" and given is not None:
        return Secret(given)
    return context.ask(question)


def _given_options(context: Context) -> dict[str, str]:
    """Return the source's share of ``--backend-option``.

    Raises:
        UsageError: one that does not say whose it is: where keys are read, or where they go.
    """
    from pyvault.storage.backend_options import parse_flags

    options: dict[str, str] = {}
    for key, value in parse_flags(context.line.every("--backend-option")).items():
        name, dot, rest = key.partition(".")
        if not dot:
            raise UsageError(
                f"the backend option '{key}' does not say which of the two stores it is for",
                hint=f"{SOURCE}.{key}=... is for aws-vault's store, NAME.{key}=... for the backend where the keys go",
            )
        if name == SOURCE:
            options[rest] = value
    return options


def _places(context: Context, kind: str, profiles: Iterable[str] | None) -> dict[str, str]:
    """Read aws-vault's own flags and variables for its stores."""
    environ, words = context.environ, context.line
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
