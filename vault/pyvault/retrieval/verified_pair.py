"""Whether AWS knows a key pair that is about to be stored: no permission is needed to ask."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.access_keys import shown
from pyvault.config.client_settings import client_of, home_partition
from pyvault.errors import PyvaultError
from pyvault.model import Credentials
from pyvault.surface import argument

if TYPE_CHECKING:
    from pyvault.aws.calls import CallerIdentity
    from pyvault.config.profile import Profile
    from pyvault.secret import Secret


def may_have_any_id(profile: Profile) -> bool:
    """Return whether the profile is of another service, maybe one with ids of its own."""
    return any((profile.endpoint_url, profile.endpoints.sts, profile.endpoints.iam))


def mfa_devices(profile: Profile, access_key_id: str, secret_access_key: Secret[str]) -> list[str]:
    """Return the serials of the MFA devices of a pair's user; asked once, which takes seconds at most.

    Raises:
        PyvaultError: AWS refuses to tell, or gives no answer.
    """
    from pyvault.aws.client import BotoCalls

    credentials = Credentials(access_key_id=access_key_id, secret_access_key=secret_access_key)
    return BotoCalls().iam(client_of(profile, home_partition([profile])), credentials).list_mfa_devices()


def identify(profile: Profile, access_key_id: str, secret_access_key: Secret[str]) -> CallerIdentity:
    """Ask AWS who a pair belongs to.

    Raises:
        PyvaultError: AWS refuses it, or gives no answer.
    """
    from pyvault.aws.client import BotoCalls

    credentials = Credentials(access_key_id=access_key_id, secret_access_key=secret_access_key)
    try:
        return BotoCalls().sts(client_of(profile, home_partition([profile])), credentials).get_caller_identity()
    except PyvaultError as problem:
        # A service may repeat the id in its answer, and this one may be something else.
        problem.message = problem.message.replace(access_key_id, shown(access_key_id))
        without = argument("verify", value=False)
        problem.hint = problem.hint or f"nothing was stored; {without} stores the key without asking AWS"
        raise
