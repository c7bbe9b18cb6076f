"""Where to sign in: an ``sso-session`` section, or the inline keys of a profile."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from pyvault.config.sso_settings import DEFAULT_SCOPES
from pyvault.config.values import portal_url
from pyvault.record import Record

if TYPE_CHECKING:
    from pyvault.config.clients import ClientSettings
    from pyvault.planning.steps import SsoStep


class SsoSession(Record, uncompared=("profile",)):
    """One portal that a person signs in to.

    Attributes:
        name: of the ``sso-session`` section; None for inline keys.
        start_url: as it stands in the file.
        client: how to reach AWS; its region is the portal's, which need not be
            the profile's.
        profile: that signs in here; it tells the portal of inline keys to ``sso login``.
    """

    name: str | None
    start_url: str
    client: ClientSettings
    scopes: tuple[str, ...] = DEFAULT_SCOPES
    profile: str | None = None

    @property
    def portal_url(self) -> str:
        """The start URL in the form that AWS is asked with."""
        return portal_url(self.start_url)

    @property
    def how_to_sign_in(self) -> str:
        """The command that signs in here."""
        import shlex

        profile = self.profile if self._has_client_settings() else None
        return f"pyvault sso login {shlex.quote(profile or self.name or self.profile or self.start_url)}"

    @property
    def where_to_look(self) -> str:
        """What to check where AWS doesn't know the portal."""
        whose = f"sso-session {self.name!r}" if self.name else f"profile {self.profile!r}"
        return f"look at sso_start_url ({self.start_url}) and sso_region ({self.client.region}) of {whose}"

    def _has_client_settings(self) -> bool:
        """Return whether the profile says how to reach AWS, which its sso-session alone does not know."""
        client, endpoints = self.client, self.client.endpoints
        return bool(client.ca_bundle or client.use_fips or client.use_dualstack or endpoints.sso or endpoints.sso_oidc)

    @property
    def label(self) -> str:
        """Its name in messages."""
        return self.name or self.start_url

    def key(self) -> str:
        """Return the name of its items in the session vault: 32 hex digits over every parameter.

        The section's name is left out: a token belongs to what it was issued
        for, so two sections with one portal share it, and an edited section
        never finds the token of another portal.
        """
        endpoints = self.client.endpoints
        where = (self.portal_url, self.client.region, endpoints.sso or "", endpoints.sso_oidc or "")
        text = "\0".join((*where, *sorted(self.scopes)))
        return hashlib.sha256(text.encode()).hexdigest()[:32]


def session_of(step: SsoStep) -> SsoSession:
    """Return the portal that a planned step signs in to."""
    return SsoSession(
        name=step.session,
        start_url=step.start_url,
        client=step.client,
        scopes=step.registration_scopes or DEFAULT_SCOPES,
        profile=step.profile,
    )
