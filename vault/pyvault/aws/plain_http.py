"""A request that carries its secret itself goes out by TLS, or stays on this machine.

Signed requests prove a secret without showing it. A web identity token, an SSO access
token, a device code and a client's secret stand in the request as they are, and whoever
reads the line, or answers at the other end of it, has them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pyvault.errors import ConfigError

if TYPE_CHECKING:
    from pyvault.config.clients import ClientSettings


def is_plain(url: str | None) -> bool:
    """Return whether a URL means HTTP without TLS."""
    return url is not None and urlsplit(url).scheme.lower() != "https"


def refuse_plain_http(url: str, *, setting: str) -> None:
    """Refuse an address in plain HTTP that is not this machine's own.

    Args:
        url: where the request would go.
        setting: what names the address, for the error.

    Raises:
        ConfigError: the secret in the request could be read on its way.
    """
    if is_plain(url) and not _is_this_machine(urlsplit(url).hostname or ""):
        raise ConfigError(
            f"{setting}: a token would be sent to '{url}' in plain HTTP, for everybody to read",
            hint="an https URL; plain HTTP is for localhost and the addresses of loopback",
        )


def refuse_plain_endpoint(service: str, settings: ClientSettings) -> None:
    """Refuse the endpoint of a service for requests that carry a token, if it is another machine's in plain HTTP.

    Args:
        service: as the fields of :class:`pyvault.config.clients.Endpoints` call it.
        settings: of the step that would send it.

    Raises:
        ConfigError: it is; the setting that names it is named.
    """
    url: str | None = getattr(settings.endpoints, service)
    if url is not None:
        named = settings.endpoints.settings.get(service, f"the endpoint of {service.replace('_', '-')}")
        refuse_plain_http(url, setting=named)


def _is_this_machine(host: str) -> bool:
    """Return whether a host is loopback by its own text (RFC 6761, section 6.3): other names could lead anywhere."""
    from ipaddress import ip_address

    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
