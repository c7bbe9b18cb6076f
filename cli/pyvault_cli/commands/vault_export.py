"""``pyvault vault export``: the stored keys in a new vault file, for another machine."""

from __future__ import annotations

from contextlib import closing
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from pyvault.errors import UsageError, VaultExistsError
from pyvault.moving.migrate import Terms, select_profiles
from pyvault_cli import console, options
from pyvault_cli.context import context_of
from pyvault_cli.moving import move_and_tell


class To(StrEnum):
    """What opens the new file."""

    KEYFILE = "keyfile"
    PASSPHRASE = "passphrase"  # noqa: S105 - a word of the command line


def vault_export(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="the new vault file", show_default=False)],
    to: Annotated[To, typer.Option("--to", help="what opens it", show_default=False)],
    keyfile: Annotated[
        Path | None, typer.Option("--keyfile", metavar="FILE", help="with --to keyfile: FILE.key by default")
    ] = None,
    profile: options.OnlyProfilesOption = None,
) -> None:
    """Copy stored keys and their MFA devices into a new encrypted FILE that a key file or passphrase opens."""
    from pyvault.storage.registry import open_backend
    from pyvault.storage.store import CredentialStore
    from pyvault.vaultfile.backups import delete_backups
    from pyvault.vaultfile.keyfile import create_key_file

    context = context_of(ctx)
    if keyfile is not None and to is not To.KEYFILE:
        raise UsageError("--keyfile needs --to keyfile")
    if file.exists() or file.is_symlink():
        raise VaultExistsError(f"'{file}' exists already")
    source = context.store
    profiles = select_profiles(source, profile or ())  # before anything is made that a second try would meet
    options = {"path": str(file.absolute())}
    if to is To.KEYFILE:
        key = keyfile or file.with_name(f"{file.name}.key")
        create_key_file(key)
        console.note(f"Made the key file '{key}'. Whoever can read both files has the keys: send them on two ways.")
        options["keyfile"] = str(key.absolute())
    context.ask.renewing = True  # its passphrase is a new one, whatever opens our own vault
    with closing(CredentialStore(open_backend("file", options, context.ask, warn=console.warn))) as target:
        move_and_tell(source, target, profiles, Terms())
    # Written item by item; what that left beside it holds the same keys and is not to be sent.
    delete_backups(file.absolute())
    console.note(f"Wrote '{file}'; pyvault vault import takes the keys out of it.")
