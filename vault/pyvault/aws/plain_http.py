"""A request that carries a secret uses TLS, or stays on this machine.

Signed requests prove a secret without showing it. A web identity token, an SSO access
token, a device code and a client's secret are part of the request itself: whoever reads
the connection, or answers it, has them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pyvault.errors import ConfigError

if TYPE_CHECKING:
    from pyvault.config.clients import ClientSettings


def is_plain(url: str | None) -> bool:
    """Return whether a URL has no TLS."""
    return url is not None and urlsplit(url).scheme.lower() != "https"


def refuse_plain_http(url: str, *, setting: str, what: str = "a token") -> None:
    """Refuse an address in plain HTTP that is not this machine's own.

    Args:
        url: where the request would go.
        setting: where the address was set, for the error.
        what: would be sent.

    Raises:
        ConfigError: the secret in the request could be read on the network.
    """
    if is_plain(url) and not _is_this_machine(urlsplit(url).hostname or ""):
        raise ConfigError(
            f"{setting}: {what} would be sent to '{url}' in plain HTTP, readable on the network",
            hint="use an https URL; plain HTTP is for localhost and loopback addresses only",
        )


def refuse_plain_endpoint(service: str, settings: ClientSettings) -> None:
    """Refuse the endpoint of a service for requests that carry a token, if it is another machine's in plain HTTP.

    Args:
        service: a field of :class:`pyvault.config.clients.Endpoints`.
        settings: of the step that would send it.

    Raises:
        ConfigError: it is; names the setting.
    """
    url: str | None = getattr(settings.endpoints, service)
    if url is not None:
        named = settings.endpoints.settings.get(service, f"the endpoint of {service.replace('_', '-')}")
        refuse_plain_http(url, setting=named)


def _is_this_machine(host: str) -> bool:
    """Return whether a host is literally loopback (RFC 6761, section 6.3): other names could resolve anywhere."""
    from ipaddress import ip_address

    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
