"""The authenticators kept in the vault, as a source of MFA codes.

Used where one was stored for the profile, or for the MFA device it asks about;
otherwise whoever else can give a code is asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.errors import InputRequiredError, ItemNotFoundError
from pyvault.mfa.totp import decode_totp, encode_totp, totp_name
from pyvault.names import Kind

if TYPE_CHECKING:
    from pyvault.backend import Backend
    from pyvault.clock import Clock
    from pyvault.mfa.codes import MfaRequest, MfaSource
    from pyvault.mfa.totp import Totp
    from pyvault.secret import Secret


class StoredTotp:
    """A typed view over the authenticators of a backend."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def put(self, profile: str, totp: Totp) -> None:
        """Keep the authenticator of a profile; an older one is replaced."""
        self._backend.put(totp_name(profile), encode_totp(totp))

    def get(self, profile: str) -> Totp:
        """Return the authenticator of a profile.

        Raises:
            ItemNotFoundError: there is none.
        """
        return decode_totp(self._backend.get(totp_name(profile)))

    def delete(self, profile: str) -> None:
        """Forget the authenticator of a profile.

        Raises:
            ItemNotFoundError: there is none.
        """
        self._backend.delete(totp_name(profile))

    def find(self, profile: str, serial: str) -> Totp | None:
        """Find the authenticator for a device: the profile's own, else one with this serial.

        A profile's own one with *another* serial stands for another device and
        would only give codes that AWS refuses.
        """
        profiles = [name.name for name in self._backend.names() if name.kind is Kind.TOTP]
        # The profile's own first: it may be there without a serial.
        for name in sorted(profiles, key=lambda name: name != profile):
            try:
                totp = decode_totp(self._backend.get(totp_name(name)))
            except ItemNotFoundError:  # deleted since it was listed
                continue
            if totp.serial == serial or (name == profile and totp.serial is None):
                return totp
        return None


def stored_codes(stored: StoredTotp, *, clock: Clock, otherwise: MfaSource | None) -> MfaSource:
    """Return a source of codes: stored authenticators, else another source.

    Args:
        otherwise: asks a person; None if nobody may be asked.
    """

    def code(request: MfaRequest) -> Secret[str]:
        totp = stored.find(request.profile, request.serial)
        if totp is not None:
            return totp.code(clock())
        if otherwise is not None:
            return otherwise(request)
        from pyvault.surface import argument, call

        raise InputRequiredError(
            f"an MFA code of {request.serial!r} is needed for profile {request.profile!r}",
            hint=f"give it with {argument('mfa_code')}, set mfa_process in the profile, "
            f"or store the device with {call('put_totp')}",
        )

    return code
