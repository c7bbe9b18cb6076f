"""End the warm path: no answer that was given so far is given again."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from pyvault.errors import AccessDeniedError

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping


def end_warm(environ: Mapping[str, str]) -> None:
    """Revoke the key and remove the entries.

    Raises:
        AccessDeniedError: something is left that works.
    """
    if not _end(environ):
        raise AccessDeniedError(
            "the credentials that are kept for the next command can't be dropped",
            hint="log out and in again, or set PYVAULT_WARM=0",
        )


@contextmanager
def warm_ends(environ: Mapping[str, str]) -> Generator[None]:
    """End the warm path before and after a change.

    Before, so that a change which is broken off leaves nothing; after, for what a command that
    began meanwhile may have kept.

    Raises:
        AccessDeniedError: an answer from before the change could still be given.
    """
    _end(environ)
    try:
        yield
    except BaseException:
        _end(environ)
        raise
    end_warm(environ)


def _end(environ: Mapping[str, str]) -> bool:
    """Revoke the key and remove the entries; return whether nothing is left that works."""
    from pyvault.login.halves import end_halves
    from pyvault.login.kernel_keyring import kernel_keyring
    from pyvault.login.runtime_directory import find_runtime_directory
    from pyvault.warm.replay import PURPOSE, Warm

    state = _find_any_state(environ)
    if state is None:
        return True  # without a place there was nothing
    runtime = find_runtime_directory(environ)
    warm = Warm(state, runtime or "")
    if runtime:
        ended = end_halves(warm.halves, PURPOSE)
    else:  # the seed may be where another process finds it
        keyring = kernel_keyring()
        ended = keyring is not None and keyring.end(warm.halves.prefix + PURPOSE)
    return _remove(warm.directory) or ended


def _find_any_state(environ: Mapping[str, str]) -> str | None:
    """Return the directory of states, also where this environment alone doesn't tell: another's may have, by HOME."""
    import sys

    from pyvault.errors import ConfigError
    from pyvault.paths import find_paths
    from pyvault.warm.replay import find_state

    state = find_state(environ)
    if state is not None or sys.platform != "linux":
        return state
    with suppress(ConfigError):  # without a home there is no such place
        return str(find_paths(environ).state.parent)
    return None


def _remove(directory: str) -> bool:
    """Remove the directory of the entries; return whether it is gone."""
    try:
        for name in os.listdir(directory):
            with suppress(FileNotFoundError):
                os.unlink(f"{directory}/{name}")
        os.rmdir(directory)
    except FileNotFoundError:
        return True
    except OSError:  # not ours, or another process has just put an entry into it, under the key of before
        return False
    return True
