"""What stands in the way while a stored pair is being rotated, and how one goes on."""

from __future__ import annotations

from pyvault.errors import ConflictError
from pyvault.surface import call


def unended(profile: str, *, where: str = "") -> ConflictError:
    """Return the error of who would touch a pair whose rotation has not ended: its journal and it belong together.

    Args:
        profile: that is rotated.
        where: said behind, if there are two stores.
    """
    return ConflictError(f"a rotation of {profile!r} has not ended{where}", hint=ways_on(profile, "finishes"))


def ways_on(profile: str, resumes: str) -> str:
    """Return how a rotation is resumed, which *resumes* it, and how it is abandoned."""
    return f"{call('rotate', profile)} {resumes} it, {call('rotate', profile, abort=True)} abandons it"
