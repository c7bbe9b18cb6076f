"""``pyvault import aws-vault``: take over the keys that aws-vault has stored."""

from __future__ import annotations

from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Annotated

from pyvault.errors import BackendError, PyvaultError
from pyvault.migration.between_stores import MigrationOptions
from pyvault.migration.from_aws_vault import SourceError, take_over
from pyvault.storage.typed_store import CredentialStore
from pyvault_cli.commandline import shared_options
from pyvault_cli.commandline.parameters import Option
from pyvault_cli.context import Context
from pyvault_cli.stores import aws_vault_stores
from pyvault_cli.stores.aws_vault_selection import select
from pyvault_cli.stores.import_report import Account, is_stored
from pyvault_cli.stores.migration_report import OverwriteOption
from pyvault_cli.terminal import output

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyvault.migration.aws_vault_names import AwsVaultStore, Listing


def import_aws_vault(
    context: Context,
    from_: Annotated[
        str | None,
        Option("--from", metavar="NAME", help="aws-vault's store; by default all that exist here"),
    ] = None,
    profile: shared_options.OnlyProfilesOption = None,
    dry_run: Annotated[bool, Option("--dry-run", help="only show what would be done")] = False,
    overwrite: OverwriteOption = False,
    json: shared_options.JsonOption = False,
) -> None:
    """Copy the keys out of aws-vault's stores, which stay as they are.

    --from names a store: file, pass, secret-service, kwallet, keychain or wincred.
    Where the keys go, --backend, PYVAULT_BACKEND or config.toml says; without
    --from, --backend names aws-vault's store.
    Every entry is taken over or told with the reason; exit code 1 means that
    aws-vault has something that the vault has not.
    --pass-prefix names aws-vault's folder in the password store; with --from pass
    and no prefix, every entry of the store is decrypted to tell aws-vault's from
    passwords, unless --profile names those to take.
    --backend-option aws-vault.KEY=VALUE is for its store, NAME.KEY=VALUE for ours.
    """
    options = MigrationOptions(overwrite=overwrite, dry_run=dry_run)
    account = Account()
    with context.without_flags(partial(aws_vault_stores.is_of_the_source, with_backend=from_ is None)) as ours:
        try:
            _import(context, ours, from_, tuple(dict.fromkeys(profile or ())), options, account)
        finally:
            if json and account:
                output.data(account.as_json())
    account.settle()


def _import(
    context: Context,
    ours: Context,
    store_name: str | None,
    only: tuple[str, ...],
    options: MigrationOptions,
    account: Account,
) -> None:
    problem: PyvaultError | None = None
    kind = aws_vault_stores.named_kind(context, store_name)
    selection = select(context, only, named=kind is not None)
    for found, store in _stores(context, kind, only):
        shared = aws_vault_stores.is_shared(context, found)
        try:
            with closing(_opened(store)) as source:
                chosen = selection.choose(_list(source), shared=shared)
                account.leave_out(chosen.left_out)
                account.pass_by(chosen.not_read)
                _take_over(source, ours, chosen.profiles, options, account, shared=shared)
        except SourceError as exc:  # the others may be well
            if kind is None:
                output.warn(f"aws-vault's store '{found}': {exc.problem.message}")
            problem = problem or exc.problem
    if problem is None:
        selection.check()
    if account:
        account.summarise(dry_run=options.dry_run)
    if problem is not None:
        raise problem


def _opened(store: AwsVaultStore | PyvaultError) -> AwsVaultStore:
    if isinstance(store, PyvaultError):
        raise SourceError(store)
    return store


def _list(store: AwsVaultStore) -> Listing:
    try:
        return store.listing
    except BackendError as exc:
        raise SourceError(exc) from None


def _stores(
    context: Context, kind: str | None, only: tuple[str, ...]
) -> Iterator[tuple[str, AwsVaultStore | PyvaultError]]:
    if kind is None:
        yield from aws_vault_stores.open_visible(context, only)
    else:
        yield kind, aws_vault_stores.open_named(context, kind, only)


def _take_over(
    store: AwsVaultStore,
    ours: Context,
    profiles: list[str],
    options: MigrationOptions,
    account: Account,
    *,
    shared: bool,
) -> None:
    if not profiles:
        return
    recorded = False
    for result in take_over(CredentialStore(store), ours.store, profiles, options):
        account.add(result, shared=shared)
        if is_stored(result) and not recorded:
            ours.keep_choice()
            recorded = True
