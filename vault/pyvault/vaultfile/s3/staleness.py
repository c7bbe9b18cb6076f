"""How old the copy of a vault on this machine may be when the bucket can't be reached."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.vaultfile.state.places import vault_at
from pyvault.vaultfile.state.trust_store import TrustStore

if TYPE_CHECKING:
    from pathlib import Path

    from pyvault.files.file_checks import FileChecks


def find_verified(trust: Path, identity: str, checks: FileChecks) -> int | None:
    """Return when the bucket last said what the present state is, in epoch seconds; None if that is not known.

    Args:
        trust: the trust file.
        identity: of the place.
        checks: of the directory of the trust file.

    Raises:
        PyvaultError: the trust file can't be read; then nothing is opened anyway.
    """
    known = TrustStore(trust, checks=checks).known_states()
    seen = vault_at(known, identity)
    return None if seen is None else seen.verified.get(identity)


def is_fresh(verified: int | None, moment: float, max_stale: float) -> bool:
    """Return whether a copy may be read; a clock that is before the note proves nothing, so it may not."""
    return verified is not None and 0 <= moment - verified <= max_stale
