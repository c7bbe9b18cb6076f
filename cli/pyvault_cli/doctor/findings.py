"""What came out of one look."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.record import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pyvault.errors import PyvaultError
    from pyvault_cli.context import Context


class Finding(Record):
    """One thing that was looked at.

    Attributes:
        ok: False for something that is broken. What merely isn't there, or
            can't be checked here, is ok and says so.
        hint: the remedy; never missing where it is not ok.
    """

    check: str
    ok: bool
    message: str
    hint: str | None = None


class Check(Record):
    """One check.

    Attributes:
        look: yields its findings; an error of ours is a finding too.
        remedy: what to do about an error that brings no advice of its own.
    """

    name: str
    look: Callable[[Context], Iterator[Finding]]
    remedy: str

    def failed(self, exc: PyvaultError) -> Finding:
        """Turn an error into a finding."""
        return Finding(check=self.name, ok=False, message=exc.message, hint=exc.hint or self.remedy)
