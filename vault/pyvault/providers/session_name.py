"""The name of a role session, as CloudTrail shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyvault.clock import Clock


def session_name(configured: str | None, clock: Clock) -> str:
    """Give the configured name, else one that tells two sessions apart.

    Nothing about the person or the machine goes into it: it ends up in the logs
    of other accounts.
    """
    return configured or f"pyvault-{clock().timestamp():.0f}"
