"""The check of MFA codes: the right device, the right window, and never twice."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from . import totp
from .constraints import SERIAL_PATTERN, Constraints
from .errors import AwsError, access_denied
from .model import Caller, MfaDevice
from .world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class MfaProof:
    """What the form says: a device and what it showed."""

    serial: str
    code: str


def read_proof(form: Mapping[str, str], checks: Constraints) -> MfaProof | None:
    """Take SerialNumber and TokenCode from a form.

    Raises:
        AwsError: one stands there without the other.
    """
    serial, given = form.get("SerialNumber"), form.get("TokenCode")
    if serial is None and given is None:
        return None
    if not serial or not given:
        raise access_denied(
            "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code."
        )
    checks.length("serialNumber", serial, 9, 256)
    checks.pattern("serialNumber", serial, SERIAL_PATTERN)
    checks.length("tokenCode", given, 6, 6)
    checks.pattern("tokenCode", given, r"[\d]*")
    return MfaProof(serial=serial, code=given)


def spend(world: World, caller: Caller, proof: MfaProof) -> None:
    """Accept a code and use it up.

    The window of an accepted code must lie after that of the last one, so neither the
    same code nor an older one passes again: what makes a second prompt within 30 seconds
    fail at AWS, and a program that shares one code among several calls.

    Raises:
        AwsError: the device is not the caller's, or the code is wrong or used.
    """
    user = caller.principal.user
    device = next((d for d in user.devices if d.serial == proof.serial), None) if user else None
    if device is None:
        raise access_denied(
            "MultiFactorAuthentication failed, unable to validate MFA code.  "
            "Please verify your MFA serial number is valid and associated with this user."
        )
    for step in acceptable_steps(world, device):
        if hmac.compare_digest(totp.code(device.seed, step), proof.code):
            device.last_used_step = step
            return
    raise wrong_code()


def acceptable_steps(world: World, device: MfaDevice) -> range:
    """Give the windows whose codes a device would be believed now, oldest first."""
    present, drift = totp.step_at(world.now()), world.settings.mfa_drift_steps
    return range(max(present - drift, device.last_used_step + 1), present + drift + 1)


def wrong_code() -> AwsError:
    """Refuse a code; AWS does not say whether it was wrong, late or used."""
    return access_denied("MultiFactorAuthentication failed with invalid MFA one time pass code. ")
