"""What ``[default]`` of the shared files does to programs that are given credentials by a server or by ``exec``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault_cli.checkup.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyvault_cli.context import Context

CLIENTS = "clients of 'pyvault server' must have no source in [default] of their own AWS files, which they ask first"


def sources(context: Context) -> Iterator[Finding]:
    """Every key that programs take before a server, some of them even before the environment."""
    from pyvault.sharedfiles.obstacles import find_obstacles, is_source
    from pyvault_cli.shared_config import FILES_FIRST, FLAG, seen_files

    obstacles = find_obstacles(*seen_files(context.environ))
    hint = f"give it to a named profile, or use exec {FLAG}"
    for obstacle in obstacles:  # it is no mistake in the files, so nothing is broken
        who = f"programs beside a server, and {FILES_FIRST}," if is_source(obstacle.key) else "programs beside a server"
        yield Finding(check="aws config", ok=True, message=f"{who} are led by {obstacle}", hint=hint)
    yield Finding(check="aws config", ok=True, message=CLIENTS)
