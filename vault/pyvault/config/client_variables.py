"""The client settings of a profile as the variables that AWS defined for them.

The program that credentials are for looks at ``[default]`` of the config file, not at
the profile, nor at what an ``include_profile`` leads to: what the profile says reaches
it by its environment alone. An endpoint of ``[default]`` that is not the profile's is
kept from the program: by ``AWS_IGNORE_CONFIGURED_ENDPOINT_URLS`` where the profile has
none of its own (that switch would turn those off too), else by an endpoint of AWS in
front of it.

Source: AWS SDKs and Tools Reference Guide, "Service-specific endpoints", "Dual-stack and
FIPS endpoints", "Account-based endpoints", "General configuration settings" (ca_bundle).
"""

from __future__ import annotations

from typing import Final

from pyvault.record import Record

ENDPOINT: Final = "AWS_ENDPOINT_URL"
IGNORE: Final = "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"


class ClientVariable(Record):
    """One variable.

    Attributes:
        origin: as in :class:`pyvault.config.profile.Setting`; ``env NAME`` is the user's own.
    """

    name: str
    value: str
    origin: str


class Covered(Record):
    """An endpoint of ``[default]`` that a client would use although the profile doesn't name it.

    Attributes:
        service: as the config file writes it; empty for the endpoint of all services.
        label: how a message names the place.
    """

    service: str
    label: str

    @property
    def variable(self) -> str:
        """Return the variable that overrides it."""
        return variable_of(self.service)


class ClientVariables(Record):
    """The client settings of a profile, for the environment of a program.

    Attributes:
        given: to be set; the user's own variables among them, which are set already.
        covered: endpoints of ``[default]`` that have to be overridden by those of AWS.
    """

    given: tuple[ClientVariable, ...] = ()
    covered: tuple[Covered, ...] = ()

    def values(self) -> dict[str, str]:
        """Return the variables with their values."""
        return {variable.name: variable.value for variable in self.given}


def variable_of(service: str) -> str:
    """Return the variable of a service's endpoint: its id in upper case, blanks and dashes as underscores."""
    return f"{ENDPOINT}_{service.upper().replace(' ', '_').replace('-', '_')}" if service else ENDPOINT
