"""Recovery codes: 130 random bits that a person can write down.

26 characters of Crockford's base32, which has no I, L, O and U; typed ones are
read as the digits they look like.

Source: docs/vault-format.md, section 4; Crockford, "Base 32".
"""

from __future__ import annotations

import secrets

from pyvault.secret import Secret

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 26
GROUP = 4
LOOKALIKES = str.maketrans("ILO", "110")


def new_recovery_code() -> Secret[str]:
    """Choose a recovery code: 26 characters, without groups."""
    return Secret("".join(secrets.choice(ALPHABET) for _ in range(LENGTH)))


def grouped(code: Secret[str]) -> Secret[str]:
    """Write a code in groups of four, for people."""
    return Secret("-".join(code.reveal()[start : start + GROUP] for start in range(0, len(code), GROUP)))


def parse_recovery_code(typed: Secret[str]) -> Secret[str] | None:
    """Read a typed code; None if the input hasn't the shape of one."""
    code = Secret("".join(typed.reveal().upper().replace("-", "").split()).translate(LOOKALIKES))
    if len(code) != LENGTH or not set(code.reveal()) <= set(ALPHABET):
        return None
    return code
