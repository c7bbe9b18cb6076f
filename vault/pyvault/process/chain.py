"""The guard against recursion: the profiles whose commands run above this process.

A ``credential_process`` that runs pyvault for its own profile would start itself
for ever, or wait for a lock that its own parent holds. The variable names the
profiles on the way down, so the error can show the chain.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, cast

from pyvault.errors import ProfileLoopError

if TYPE_CHECKING:
    from collections.abc import Mapping

VARIABLE = "PYVAULT_PROCESS_CHAIN"


def running_for(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the profiles whose commands run above this process, outermost first.

    Any other value counts as no chain: whoever sets our environment only removes
    their own guard.
    """
    from pyvault.json_reader import UnreadableError, read_value

    try:
        chain = read_value(os.fsencode(environ.get(VARIABLE, "[]")))
    except UnreadableError:
        return ()
    if not isinstance(chain, list):
        return ()
    return tuple(str(profile) for profile in cast("list[object]", chain))


def chain_variable(environ: Mapping[str, str], profile: str) -> dict[str, str]:
    """Return the variable to set for a command of *profile*.

    Raises:
        ProfileLoopError: a command of this profile is already running above us.
    """
    import json

    refuse_recursion(environ, profile)
    return {VARIABLE: json.dumps([*running_for(environ), profile])}


def refuse_recursion(environ: Mapping[str, str], profile: str) -> None:
    """Raise an error where a parent of this process is at work on *profile*.

    Called before a lock is taken: the parent holds the same one.

    Raises:
        ProfileLoopError: with the chain in its message.
    """
    above = running_for(environ)
    if profile in above:
        chain = " -> ".join((*above, profile))
        raise ProfileLoopError(
            f"a command of profile {profile!r} asks for the same profile again: {chain}",
            hint="let the command use a profile that has credentials of its own",
        )
