"""A traceback without what exceptions say: their texts quote what they stumbled over, and that may be a secret.

Files, lines, our source and the types of the exceptions are what a report needs.
"""

from __future__ import annotations

import traceback


def told(crash: BaseException) -> list[str]:
    """Return the lines of a traceback, causes first, with the type of each exception alone."""
    before = crash.__cause__ or (None if crash.__suppress_context__ else crash.__context__)
    lines = [*told(before), "", "and then:"] if before is not None else []
    frames = "".join(traceback.format_tb(crash.__traceback__)).splitlines()
    return [*lines, "Traceback (most recent call last):", *frames, type(crash).__name__]
