"""Which profiles have a command of theirs running above us: the guard against recursion.

A ``credential_process`` that runs pyvault for its own profile would start
itself again for ever, or wait for a lock that its own parent holds. The
variable names the profiles on the way down, so the error can show the chain.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, cast

from pyvault.errors import ProfileLoopError

if TYPE_CHECKING:
    from collections.abc import Mapping

VARIABLE = "PYVAULT_PROCESS_CHAIN"


def running_for(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Give the profiles whose commands run above this process, outermost first.

    A value that we did not write is no chain: somebody who can set our
    environment can only take the guard away from himself.
    """
    from pyvault.json_reader import UnreadableError, read_value

    try:
        chain = read_value(os.fsencode(environ.get(VARIABLE, "[]")))
    except UnreadableError:
        return ()
    if not isinstance(chain, list):
        return ()
    return tuple(str(profile) for profile in cast("list[object]", chain))


def entered(environ: Mapping[str, str], profile: str) -> dict[str, str]:
    """Give the variable to set for a command of *profile*.

    Raises:
        ProfileLoopError: a command of this profile is already running above us.
    """
    import json

    refuse_recursion(environ, profile)
    return {VARIABLE: json.dumps([*running_for(environ), profile])}


def refuse_recursion(environ: Mapping[str, str], profile: str) -> None:
    """Stop where *profile* is being worked on by a parent of this process.

    Called before a lock is taken: the parent holds the same one.

    Raises:
        ProfileLoopError: it is; the message shows the chain.
    """
    above = running_for(environ)
    if profile in above:
        chain = " -> ".join((*above, profile))
        raise ProfileLoopError(
            f"a configured command of profile {profile!r} asks for the same profile again: {chain}",
            hint="let the command name a profile with credentials of its own",
        )
