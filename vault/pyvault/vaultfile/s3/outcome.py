"""Whether a write without a clear answer was done: its identity is in the descent of the present state, or not."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final

from pyvault.errors import PyvaultError
from pyvault.vaultfile.format.descent import Descent, Step
from pyvault.vaultfile.format.header import FIXED_SIZE, parse_fixed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyvault.vaultfile.disk.vault_reader import Snapshot
    from pyvault.vaultfile.s3.bucket_object import BucketObject

MOST_LOOKED_AT: Final = 200  # versions: a request for each


def led_here(tried: Sequence[Step], snapshot: Snapshot) -> bool | None:
    """Return whether a state that was tried is the present one or in its descent; None if that doesn't reach back."""
    descent = Descent.of(snapshot.header, snapshot.index.meta)
    answers = [descent.includes(step) for step in tried]
    if True in answers:
        return True
    return None if None in answers else False


def is_among_versions(target: BucketObject, tried: Sequence[Step]) -> bool:
    """Return whether the bucket has kept a version that is one of those tried: then others wrote on top of it.

    Their headers are not verified: whoever may write the bucket could put one there, which
    would only make us believe in a write that a later look does not find.
    """
    for version in target.versions()[:MOST_LOOKED_AT]:
        with contextlib.suppress(PyvaultError):
            start = target.get(version=version.version_id, most=FIXED_SIZE)
            if start is not None:
                header = parse_fixed(start.body, version.size, target).header
                if Step(header.generation, header.txid) in tried:
                    return True
    return False
