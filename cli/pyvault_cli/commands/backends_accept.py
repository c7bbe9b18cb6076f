"""``pyvault backends accept``: let another distribution provide a backend than at its first use."""

from __future__ import annotations

from typing import Annotated

import typer

from pyvault.errors import UsageError
from pyvault.storage.built_in import BUILT_IN
from pyvault.storage.registry import find_backend
from pyvault_cli import console
from pyvault_cli.context import context_of
from pyvault_cli.options import YesOption


def backends_accept(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="the backend", show_default=False)],
    yes: YesOption = False,
) -> None:
    """Trust the distribution that provides the backend NAME now: it gets every secret that is stored there."""
    context = context_of(ctx)
    if name in BUILT_IN:
        raise UsageError(f"the backend '{name}' is built in; there is nothing to accept")
    info = find_backend(name)
    before = context.remembered.plugins.get(name)
    if before and not yes:
        change = f"'{before.distribution}' {before.version} to '{info.distribution}' {info.version}"
        context.ask.confirm(f"Let the backend '{name}' change from {change}?", option="--yes")
    context.choice_file.admit(info, accept=True)
    console.note(f"The backend '{name}' comes from '{info.distribution}' {info.version} from now on.")
