"""What may stand as ``mfa_serial``: one device whose codes AWS's API takes. Pure.

Source: STS API Reference, GetSessionToken, SerialNumber: the ARN of a virtual device or the number of a
hardware token; IAM User Guide, "Passkeys and security keys" (not for the API) and "IAM identifiers".
"""

from __future__ import annotations

import re

_ARN = re.compile(r"arn:[^:]*:iam::[^:]*:(?P<kind>[^/:]+)(?:/.*)?")
_SEVERAL = re.compile(r"[,\s]\s*arn:")


def objection_to(serial: str) -> str | None:
    """Return why AWS will never take a code for this ``mfa_serial``; None where it may."""
    if _SEVERAL.search(serial):
        return "names several MFA devices; AWS takes the code of one, so name that one"
    if not serial.startswith("arn:"):
        return None  # the number of a hardware token
    found = _ARN.fullmatch(serial)
    kind = found["kind"] if found else ""
    if kind == "mfa" and "/" in serial:
        return None
    if kind == "u2f":
        return "is a security key (u2f), which can't be used through the API; name a virtual device"
    if kind == "user":
        return "is the ARN of a user, not of an MFA device; those have ':mfa/' in the place of ':user/'"
    return "is not the ARN of an MFA device, which has ':mfa/'"
