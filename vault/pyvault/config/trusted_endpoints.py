"""Endpoints that keys are sent to: AWS's own, this machine's, or one that the caller names for this call.

An endpoint comes from files and variables that a project may bring along. A rotation would fetch
a new key from it and delete the old one, and whoever stores a key believe what it says of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.config.endpoints import is_loopback, is_own_host, origin_of, parse_endpoint
from pyvault.errors import ConfigError, InvalidSettingError, UsageError
from pyvault.surface import argument

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyvault.config.partition import Partition
    from pyvault.config.profile import Profile


def check_endpoints(
    profile: Profile,
    partition: Partition,
    services: Sequence[str],
    trusted: Sequence[str] | None,
    *,
    otherwise: str = "",
) -> None:
    """Refuse an endpoint that nobody vouches for, before anything is sent.

    Args:
        profile: whose endpoints they are.
        partition: that it lives in.
        services: ``sts``, ``iam``.
        trusted: by the caller; scheme, host and port count.
        otherwise: another way out, as the end of the hint.

    Raises:
        UsageError: what is to be trusted is no URL.
        ConfigError: names the endpoint, and where it comes from.
    """
    try:
        origins = {origin_of(parse_endpoint(url, argument("trust_endpoints"))) for url in trusted or ()}
    except InvalidSettingError as problem:
        raise UsageError(problem.message) from None
    for service in services:
        url: str | None = getattr(profile.endpoints, service)
        if url is None or is_loopback(url) or is_own_host(url, service, partition):
            continue
        origin = origin_of(url)
        if origin is not None and origin in origins:
            continue
        named = f"endpoints.{service}" if f"endpoints.{service}" in profile.labels else "endpoint_url"
        raise ConfigError(
            f"the {service.upper()} endpoint {url!r} is neither one of {partition.name!r} nor on this machine "
            f"({profile.describe(named)}); nothing was sent",
            hint=f"{argument('trust_endpoints', [url])} trusts it in this call{otherwise}",
        )
