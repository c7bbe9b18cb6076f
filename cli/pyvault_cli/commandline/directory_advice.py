"""One piece of advice for every error about pyvault's own directories: read-only, unreadable, or full."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.errors import AccessDeniedError, ConfigError, WriteFailedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyvault.errors import PyvaultError


def hint_for(problem: PyvaultError, environ: Mapping[str, str]) -> str | None:
    """Return the hint of an error, or the advice on our directories if it has none and names a place in them."""
    if problem.hint is not None or not isinstance(problem, WriteFailedError | AccessDeniedError | ConfigError):
        return problem.hint
    from pyvault.paths import find_paths

    try:
        paths = find_paths(environ)
    except ConfigError:  # there is no home at all
        return None
    for directory, variable in ((paths.state, "XDG_STATE_HOME"), (paths.data, "XDG_DATA_HOME")):
        if f"'{directory}" in problem.message:
            advice = "has to be yours to read and write, with room on its disk"
            return f"'{directory}' {advice}; {variable} names another place"
    return None
