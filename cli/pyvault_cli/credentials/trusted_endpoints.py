"""Endpoints that keys are sent to: AWS's own, this machine's, or one that the person names in this call.

An endpoint comes from files and variables that a project may bring along. ``rotate`` would fetch
a new key from it and delete the old one, and ``add`` believe what it says of a key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pyvault.errors import ConfigError, InvalidSettingError, UsageError
from pyvault_cli.commandline.parameters import Option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyvault.config.partition import Partition
    from pyvault.config.profile import Profile

TrustEndpointOption = Annotated[
    list[str] | None,
    Option("--trust-endpoint", metavar="URL", help="an IAM or STS endpoint that is not AWS's; may be repeated"),
]


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
        trusted: of ``--trust-endpoint``; scheme, host and port count.
        otherwise: another way out, as the end of the hint.

    Raises:
        UsageError: what is to be trusted is no URL.
        ConfigError: names the endpoint, and where it comes from.
    """
    from pyvault.config.endpoints import is_loopback, is_own_host, origin_of, parse_endpoint

    try:
        origins = {origin_of(parse_endpoint(url, "--trust-endpoint")) for url in trusted or ()}
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
            hint=f"--trust-endpoint {url} trusts it in this call{otherwise}",
        )
