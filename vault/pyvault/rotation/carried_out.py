"""A rotation from its lock to its end: alone, with the next step in its error, and with no session of a dead key."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from pyvault.errors import PyvaultError
from pyvault.rotation.preparation import only_rotation
from pyvault.storage.unended_rotation import ways_on

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pyvault.rotation.journal import Journal
    from pyvault.rotation.rotate import Rotation

ProblemT = TypeVar("ProblemT", bound=PyvaultError)


def carry_out(
    rotation: Rotation,
    profile: str,
    *,
    abort: bool,
    journal: Journal | None,
    stored: str,
    locks: Path,
    forget_sessions: Callable[[], None],
) -> None:
    """Run or abandon a rotation while no other of the same pair can.

    Args:
        rotation: what is carried out.
        profile: whose key it is.
        abort: abandon it.
        journal: of the rotation that was under way before.
        stored: the access key id that was stored before.
        locks: the directory of locks.
        forget_sessions: drops those made from the old key, which are dead once the new pair is in place.

    Raises:
        PyvaultError: it can't be carried out, or not now; no key is lost.
    """
    with only_rotation(profile, locks):
        try:
            rotation.abort() if abort else rotation.run()
        except PyvaultError as problem:
            with_next_step(problem, profile, rotation)
            raise
        finally:
            if rotation.has_replaced or (journal is not None and journal.new_key_id == stored):
                forget_sessions()


def with_next_step(problem: ProblemT, profile: str, rotation: Rotation) -> ProblemT:
    """Add what to do next; the store isn't asked, it may be what has failed or hangs."""
    if problem.hint is None and rotation.is_under_way:
        problem.hint = f"nothing is lost: {ways_on(profile, 'resumes')}"
    return problem
