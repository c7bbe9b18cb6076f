"""``pyvault vault import``: take the keys out of a vault file of another machine."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from pyvault.moving.migrate import Terms
from pyvault_cli import options
from pyvault_cli.context import context_of
from pyvault_cli.moving import OverwriteOption, move_and_tell


def vault_import(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="the vault file", show_default=False)],
    keyfile: Annotated[
        Path | None,
        typer.Option("--keyfile", metavar="FILE", callback=options.not_the_key, help="the key file that opens it"),
    ] = None,
    passphrase_file: Annotated[
        Path | None, typer.Option("--passphrase-file", metavar="FILE", help="a file with the passphrase that opens it")
    ] = None,
    profile: options.OnlyProfilesOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only say what would be done")] = False,
    overwrite: OverwriteOption = False,
) -> None:
    """Store the keys and MFA devices that are in FILE; another state of this very vault is merged entry by entry.

    FILE stays as it is.
    """
    from pyvault.moving.another_vault import AnotherVault, check_way_in
    from pyvault.storage.store import CredentialStore
    from pyvault_cli.merging import find_same_vault, merge_and_tell

    context = context_of(ctx)
    options = {"path": str(file.absolute())}
    if not context.file_checks.modes:
        options["insecure_directory"] = "true"
    if keyfile is not None:
        options["keyfile"] = str(keyfile)
    if passphrase_file is not None:
        options["passphrase_file"] = str(passphrase_file)
    # The variables and descriptors are those of our own vault; this one's passphrase is typed.
    ask = context.ask.for_another_vault()
    same = find_same_vault(context, file)
    if same is not None and not profile:
        merge_and_tell(same, file, options, ask, overwrite=overwrite, dry_run=dry_run)
        return
    check_way_in(file, keyfile=keyfile, passphrase_file=passphrase_file, checks=context.file_checks)
    with closing(CredentialStore(AnotherVault.open(options, ask))) as source:
        terms = Terms(overwrite=overwrite, dry_run=dry_run)
        move_and_tell(source, context.store, profile or (), terms, record=context.record_choice)
