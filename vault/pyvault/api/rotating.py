"""A rotation as a program starts it: nobody is asked but for an MFA code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.api.planning import Planner
from pyvault.errors import PyvaultError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pyvault.mfa.codes import MfaCodes
    from pyvault.runtime import Runtime


def rotate_pair(
    runtime: Runtime,
    profile: str,
    *,
    codes: Callable[[], MfaCodes],
    no_session: bool,
    keep_old: bool,
    delete_inactive: bool,
    abort: bool,
    trust_endpoints: Sequence[str],
) -> str:
    """Rotate the pair that a profile gets its credentials from, and return the profile that it is stored for.

    Raises:
        PyvaultError: it can't be rotated, or not now; no key is lost.
    """
    from pyvault.rotation.carried_out import carry_out
    from pyvault.rotation.preparation import owner_of, rotation_of
    from pyvault.trace import trace

    planner = Planner(runtime)
    owner = owner_of(planner.load(profile), planner.stored)
    rotation = rotation_of(
        owner,
        runtime.store,
        codes=codes,
        no_session=no_session,
        confirm=lambda _: False,  # a key that may be somebody else's stays
        report=lambda text: trace(__name__, "%s", text),
        wait=runtime.wait,
        keep_old=keep_old,
        delete_inactive=delete_inactive,
        trust_endpoints=trust_endpoints,
    )
    carry_out(
        rotation,
        owner.name,
        abort=abort,
        journal=rotation.journal(),
        stored=runtime.store.access_key_id(owner.name),
        locks=runtime.paths.locks,
        forget_sessions=lambda: _forget_sessions(runtime, owner.name),
    )
    return owner.name


def _forget_sessions(runtime: Runtime, name: str) -> None:
    """Drop the sessions made from the old key, which are dead; the rotation itself is not undone by a failure here."""
    try:
        runtime.sessions.clear(name)
    except PyvaultError as problem:
        runtime.warn(f"the old sessions of {name!r} could not be dropped: {problem.message}")
