"""``pyvault vault export``: the stored keys in a new vault file, for another machine."""

from __future__ import annotations

from contextlib import closing
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pyvault.errors import UsageError
from pyvault.moving.migrate import Terms
from pyvault.record import replace
from pyvault_cli import console, options
from pyvault_cli.context import context_of
from pyvault_cli.moving import move_and_tell

if TYPE_CHECKING:
    from pyvault.backend import Question
    from pyvault.secret import Secret


class To(StrEnum):
    """What opens the new file."""

    KEYFILE = "keyfile"
    PASSPHRASE = "passphrase"  # noqa: S105 - a word of the command line


def vault_export(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="the new vault file", show_default=False)],
    to: Annotated[To, typer.Option("--to", help="what opens it", show_default=False)],
    keyfile: Annotated[
        Path | None,
        typer.Option(
            "--keyfile", metavar="FILE", callback=options.not_the_key, help="with --to keyfile: FILE.key by default"
        ),
    ] = None,
    profile: options.OnlyProfilesOption = None,
) -> None:
    """Copy stored keys and their MFA devices into a new encrypted FILE that a key file or passphrase opens."""
    from pyvault.moving.new_vault import NewVaultFile
    from pyvault.storage.registry import open_backend
    from pyvault.storage.store import CredentialStore
    from pyvault.vaultfile.trust import Trust

    context = context_of(ctx)
    if keyfile is not None and to is not To.KEYFILE:
        raise UsageError("--keyfile needs --to keyfile")
    key = None if to is not To.KEYFILE else keyfile or file.with_name(f"{file.name}.key")
    source = context.store
    context.ask.renewing = True  # its passphrase is a new one, whatever opens our own vault

    def ask(question: Question) -> Secret[str]:  # it grows under another name, which says nothing to a person
        return context.ask(replace(question, prompt=f"new passphrase for '{file}'"))

    checks = context.file_checks
    with NewVaultFile(file, key, Trust(context.paths.trust, checks=checks), checks=checks) as new:

        def publish() -> None:
            new.publish()
            if key is not None:
                console.note(
                    f"Made the key file '{key}'. Whoever can read both files has the keys: send them on two ways."
                )
            console.note(f"Wrote '{file}'; pyvault vault import takes the keys out of it.")

        ours = context.options_of("file")
        wishes = {key: ours[key] for key in ("kdf", "weak_passphrase") if key in ours}
        with closing(CredentialStore(open_backend("file", new.options | wishes, ask, warn=console.warn))) as target:
            move_and_tell(source, target, profile or (), Terms(), record=publish)
