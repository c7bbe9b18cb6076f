"""Who provides a backend: now, and when it was used before."""

from __future__ import annotations

from typing import Self

from pyvault.record import Record


class BackendInfo(Record):
    """What the metadata says of a backend.

    Attributes:
        distribution: who provides it; None in a frozen build.
        available: None where saying so would mean running code of others.
        reason: why it is not available.
        refused: the metadata alone forbid to load it; the name may be another's.
    """

    name: str
    distribution: str | None
    version: str | None
    available: bool | None = None
    reason: str | None = None
    hint: str | None = None
    refused: bool = False


class Provider(Record):
    """Who provided a backend when it was used."""

    distribution: str
    version: str

    @classmethod
    def of(cls, info: BackendInfo) -> Self:
        """Return who provides it now."""
        return cls(distribution=info.distribution or "unknown", version=info.version or "unknown")
