"""The shared AWS files of a command's child: refused if they hold what wins, or hidden behind a view."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pyvault.config.config_file import (
    CONFIG_FILE,
    CREDENTIALS_FILE,
    DEFAULT,
    ConfigFile,
    find_config_path,
    find_credentials_path,
    seen_path,
)
from pyvault.errors import ConfigError, UsageError
from pyvault_cli.terminal import output

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyvault.planning.steps import Plan
    from pyvault.sharedfiles.obstacles import Obstacle
    from pyvault.sharedfiles.view_directory import View
    from pyvault_cli.context import Context

FLAG: Final = "--hide-shared-config"

#: Source: AWS SDK for .NET v3, FallbackCredentialsFactory; AWS Tools for PowerShell, "Credentials search order".
FILES_FIRST: Final = "clients that ask files before the environment (.NET v3, PowerShell tools)"


def wants_view(context: Context, *, flag: bool | None, json: bool) -> bool:
    """Return whether the child is to see a view of the shared files.

    Args:
        context: for config.toml.
        flag: of the command line; None leaves it to ``[exec] hide_shared_config``.
        json: there is no child.

    Raises:
        UsageError: the flag was given where there is no child.
    """
    if flag and json:
        raise UsageError(f"Can't use {FLAG} with --json")
    return (context.tool_config.hide_shared_config if flag is None else flag) and not json


def refuse_obstacles(environ: Mapping[str, str]) -> None:
    """Refuse a server beside a child whose files name other credentials; nothing has been asked yet.

    Raises:
        ConfigError: names every such key, and the ways out.
    """
    from pyvault.sharedfiles.obstacles import find_obstacles

    if obstacles := find_obstacles(*seen_files(environ)):
        raise ConfigError(
            f"programs would take this before the server: {_listed(obstacles)}",
            hint=f"use exec without a server, give [{DEFAULT}]'s credentials to a named profile, or add {FLAG}",
        )


def refuse_rivals(plan: Plan, environ: Mapping[str, str], *, hide: bool) -> None:
    """Refuse ``--profile-env`` where an SDK would find other credentials for the profile than the plan, or none.

    Raises:
        UsageError: the profile itself is to be hidden.
        ConfigError: names every such key, and the ways out.
    """
    from pyvault.sharedfiles.rivals import find_rivals

    if hide and plan.profile == DEFAULT:
        raise UsageError(f"Can't use {FLAG} with --profile-env for [{DEFAULT}]", hint="add --no-hide-shared-config")
    files = ConfigFile.load(find_config_path(environ)), ConfigFile.load(find_credentials_path(environ))
    if rivals := find_rivals(plan, *files):
        raise ConfigError(
            f"with --profile-env programs would take this instead: {_listed(rivals)}",
            hint="remove it, or use exec without --profile-env",
        )


def seen_files(environ: Mapping[str, str]) -> tuple[ConfigFile, ConfigFile]:
    """Read both files as the child finds them.

    Raises:
        ConfigError: one can't be read, or is no config file.
    """
    return ConfigFile.load(seen_path(environ, CONFIG_FILE)), ConfigFile.load(seen_path(environ, CREDENTIALS_FILE))


def warn_of_default(environ: Mapping[str, str]) -> None:
    """Tell a person whose ``[default]`` has credentials that some clients prefer them to those of ``exec``."""
    from pyvault.sharedfiles.obstacles import find_sources

    if sources := find_sources(*seen_files(environ)):
        output.warn(f"{FILES_FIRST} would take this instead, in a child of exec: {_listed(sources)}")
        output.hint(f"exec {FLAG} hides it")


def make_view(context: Context) -> View:
    """Write the view for a child; whoever gets it removes it.

    Raises:
        ConfigError: something can't be hidden, or the directory for it is not ours alone.
        WriteFailedError: it can't be written.
    """
    from pyvault.sharedfiles.hidden_default import hide_default
    from pyvault.sharedfiles.view_directory import RealFiles, View

    hidden = hide_default(*seen_files(context.environ))
    real = RealFiles(
        config=find_config_path(context.environ).absolute(),  # the child may go elsewhere
        credentials=find_credentials_path(context.environ).absolute(),
    )
    return View.make(_room(context), hidden, real)


def real_files(environ: Mapping[str, str]) -> dict[str, str]:
    """Return what shows the real files to a child again, below an ``exec`` that hid them."""
    real = {CONFIG_FILE: find_config_path(environ), CREDENTIALS_FILE: find_credentials_path(environ)}
    return {name: str(path) for name, path in real.items() if path != seen_path(environ, name)}


def profile_variables(plan: Plan, environ: Mapping[str, str]) -> dict[str, str]:
    """Return what ``--profile-env`` gives a child: the profile, and no way on to whoever else has credentials.

    An SDK that finds nothing for the profile, since its keys are in the vault, asks boto's own
    file and the metadata service next: theirs are not the profile's.
    """
    from pyvault.config.sources import CredentialSource
    from pyvault.planning.steps import SourceStep

    variables = {"AWS_PROFILE": plan.profile, "BOTO_CONFIG": os.devnull, **real_files(environ)}
    instance = CredentialSource.EC2_INSTANCE_METADATA
    if not any(isinstance(step, SourceStep) and step.source is instance for step in plan.steps):
        variables["AWS_EC2_METADATA_DISABLED"] = "true"
    return variables


def run_behind(view: View, command: Sequence[str], environ: Mapping[str, str]) -> int:
    """Run a command below us, since a view has to go when the command has ended; return its exit code.

    Raises:
        UsageError: no process can be started here.
        CommandNotFoundError, CommandNotExecutableError: as without a view.
    """
    from pyvault_cli.credentials.parent import run_below

    try:
        return run_below(command, environ, started=view.hand_to, purpose=FLAG)
    finally:
        take_away(view)


def take_away(view: View) -> None:
    """Remove a view where its command has ended; nothing is lost that the command has written to it."""
    if (aside := view.remove()) is not None:
        output.warn(f"the command wrote to its copy of the AWS files, now in '{aside}'; your own are as they were")


def _room(context: Context) -> Path:
    """Return the place for views: the user's runtime directory, or where there is none, a private temporary one."""
    import tempfile

    from pyvault.errors import WriteFailedError
    from pyvault.sharedfiles.view_directory import open_view_directory

    runtime = context.paths.runtime
    if runtime is not None:
        try:
            return open_view_directory(runtime)
        except OSError as exc:
            output.warn(f"can't use the runtime directory '{runtime}': {exc.strerror}")
    owner = f"-{os.getuid()}" if os.name == "posix" else ""
    room = Path(tempfile.gettempdir(), f"pyvault{owner}")
    output.warn(f"without a runtime directory, what the command sees of the AWS files is in '{room}' until it ends")
    try:
        return open_view_directory(room)
    except OSError as exc:
        raise WriteFailedError(f"can't make '{room}': {exc.strerror}", hint="set XDG_RUNTIME_DIR") from exc


def _listed(found: Sequence[Obstacle]) -> str:
    return "; ".join(map(str, found))
