"""A rotation as a program starts it: nobody is asked but for an MFA code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.api.planning import Planner
from pyvault.errors import ItemNotFoundError, PyvaultError
from pyvault.surface import call

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pyvault.mfa.codes import MfaCodes
    from pyvault.rotation.rotate import Rotation
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
    from pyvault.config.client_settings import home_partition
    from pyvault.config.trusted_endpoints import check_endpoints
    from pyvault.rotation.preparation import only_rotation, owner_of, rotation_of
    from pyvault.trace import trace

    planner = Planner(runtime)
    owner = owner_of(planner.load(profile), planner.stored)
    check_endpoints(owner, home_partition(owner.chain()), ("iam", "sts"), trust_endpoints)
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
    )
    journal = rotation.journal()
    if abort and journal is None:
        raise ItemNotFoundError(f"no rotation of {owner.name!r} is under way")
    stored = runtime.store.access_key_id(owner.name)
    with only_rotation(owner.name, runtime.paths.locks):
        try:
            rotation.abort() if abort else rotation.run()
        except PyvaultError as problem:
            _add_next_step(problem, owner.name, rotation)
            raise
        finally:
            if rotation.has_replaced or (journal is not None and journal.new_key_id == stored):
                _forget_sessions(runtime, owner.name)
    return owner.name


def _add_next_step(problem: PyvaultError, name: str, rotation: Rotation) -> None:
    if problem.hint is None and rotation.is_under_way:
        problem.hint = (
            f"nothing is lost: {call('rotate', name)} resumes it, {call('rotate', name, abort=True)} abandons it"
        )


def _forget_sessions(runtime: Runtime, name: str) -> None:
    """Drop the sessions made from the old key, which are dead; the rotation itself is not undone by a failure here."""
    try:
        runtime.sessions.clear(name)
    except PyvaultError as problem:
        runtime.warn(f"the old sessions of {name!r} could not be dropped: {problem.message}")
