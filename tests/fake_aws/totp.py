"""Six-digit codes of a virtual MFA device. Source: RFC 6238 with SHA-1, 30 s, 6 digits."""

from __future__ import annotations

import hmac
from datetime import datetime

#: Seconds that one code lasts. Source: RFC 6238, section 5.2.
STEP_S = 30


def step_at(when: datetime) -> int:
    """Number the 30-second window of a moment."""
    return int(when.timestamp()) // STEP_S


def code(seed: bytes, step: int) -> str:
    """Compute the code of a device for one window."""
    digest = hmac.digest(seed, step.to_bytes(8, "big"), "sha1")
    at = digest[-1] & 0xF
    number = int.from_bytes(digest[at : at + 4], "big") & 0x7FFF_FFFF
    return f"{number % 1_000_000:06d}"
