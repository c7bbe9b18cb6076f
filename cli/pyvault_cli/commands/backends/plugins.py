"""``pyvault backends accept`` and ``new``: backends of other distributions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pyvault.errors import UsageError
from pyvault.storage.built_in import BUILT_IN
from pyvault.storage.registry import find_backend
from pyvault_cli.commandline.parameters import Argument
from pyvault_cli.commandline.shared_options import YesOption
from pyvault_cli.context import Context
from pyvault_cli.terminal import output


def backends_accept(
    context: Context,
    name: Annotated[str, Argument(help="the backend", show_default=False)],
    yes: YesOption = False,
) -> None:
    """Trust the distribution that provides the backend NAME now: it gets every secret that is stored there."""
    if name in BUILT_IN:
        raise UsageError(f"the backend '{name}' is built in; there is nothing to accept")
    info = find_backend(name)
    before = context.remembered.plugins.get(name)
    if before and not yes:
        change = f"'{before.distribution}' {before.version} to '{info.distribution}' {info.version}"
        context.ask.confirm(f"Let the backend '{name}' change from {change}?", option="--yes")
    context.choice_file.admit(info, accept=True)
    output.note(f"The backend '{name}' comes from '{info.distribution}' {info.version} from now on.")


def backends_new(
    _: Context,
    name: Annotated[str, Argument(help="the backend's name", show_default=False)],
    directory: Annotated[Path, Argument(help="a new directory", show_default=False)],
) -> None:
    """Write a plug-in of one file that provides the backend NAME, with its contract test."""
    from pyvault.testing.scaffold import write_plugin

    for path in write_plugin(name, directory):
        output.out(str(path))
    output.note(f"Next: cd '{directory}', python -m pip install -e '.[test]', python -m pytest")
