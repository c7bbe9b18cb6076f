"""Keys that stand in plain text in a config file; planned only when that is allowed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.record import Record

if TYPE_CHECKING:
    from pyvault.model import Credentials
    from pyvault.planning.steps import PlaintextStep


class Plaintext(Record):
    """Gives what the planner read."""

    step: PlaintextStep

    def retrieve(self) -> Credentials:
        """Give the keys as they stand in the file."""
        return self.step.credentials
