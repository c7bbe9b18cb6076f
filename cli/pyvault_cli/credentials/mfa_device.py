"""Which MFA device a new profile has: AWS is asked, with the key just given; a person only where it won't tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.config.values import objection_to
from pyvault.errors import PyvaultError
from pyvault_cli.terminal import output

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyvault.config.profile import Profile
    from pyvault_cli.context import Context
    from pyvault_cli.credentials.key_input import GivenKey

QUESTION = "Enter MFA Device ARN (If MFA is not enabled, leave this blank)"


def find_device(context: Context, profile: Profile, key: GivenKey, trusted: Sequence[str] | None) -> str | None:
    """Return the device whose codes the key's sessions need; None where there is none.

    Args:
        context: who may be asked.
        profile: of the key, for AWS's endpoints.
        key: that AWS knows.
        trusted: endpoints that may be asked although they are none of AWS's.
    """
    try:
        devices = _devices_of(profile, key, trusted)
    except PyvaultError:  # the user may not list them, or IAM can't be reached from here
        return ask_for_device(context)
    usable = [serial for serial in devices if objection_to(serial) is None]
    if len(usable) > 1:
        output.note(f"AWS knows {len(usable)} MFA devices of this user: {', '.join(usable)}")
        return ask_for_device(context)
    if usable:
        output.note(f"Its sessions will ask for codes of the MFA device {usable[0]}.")
        return usable[0]
    if devices:
        output.note("Its only MFA device is a security key, which can't be used through the API.")
    return None


def ask_for_device(context: Context) -> str | None:
    """Ask for the MFA device until it is one that AWS may take a code of; None where there is none."""
    terminal = context.ask.terminal("the MFA device", ("--mfa-serial", "a terminal"))
    shown = QUESTION
    while serial := terminal.line(shown).strip():
        objection = objection_to(serial)
        if objection is None:
            return serial
        shown = f"that one {objection}; {QUESTION}"
    return None


def _devices_of(profile: Profile, key: GivenKey, trusted: Sequence[str] | None) -> list[str]:
    from pyvault.config.client_settings import home_partition
    from pyvault.config.trusted_endpoints import check_endpoints
    from pyvault.retrieval.verified_pair import mfa_devices

    check_endpoints(profile, home_partition([profile]), ("iam",), trusted)
    return mfa_devices(profile, key.access_key_id, key.secret_access_key)
