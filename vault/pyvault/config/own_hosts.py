"""Which endpoints of a service are AWS's own, and which are this machine. Pure.

Source: the endpoint rule sets of STS and IAM in botocore; AWS PrivateLink Guide, "Access AWS
services through interface VPC endpoints", for the names of VPC endpoints.
"""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pyvault.config.partition import AWS, partition_of_region

if TYPE_CHECKING:
    from pyvault.config.partition import Partition

PORTS = {"http": 80, "https": 443}

#: Strict, because below amazonaws.com customers have names too: "sts" may be somebody's bucket at sts.s3-us-west-2.
_REGION = re.compile(r"[a-z]{2,8}(?:-[a-z]{2,16})+-[0-9]{1,2}")
_VPC_ENDPOINT = re.compile(r"vpce-[0-9a-z-]+")

Origin = tuple[str, str, int]


def origin_of(url: str) -> Origin | None:
    """Return scheme, host and port of a URL; None if it has no port that can be."""
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        return None
    scheme = parts.scheme.lower()
    return scheme, (parts.hostname or "").lower(), port or PORTS.get(scheme, 0)


def is_loopback(url: str) -> bool:
    """Return whether a URL leads to this machine and nowhere else."""
    origin = origin_of(url)
    if origin is None:
        return False
    try:
        return ip_address(origin[1]).is_loopback
    except ValueError:
        return origin[1] == "localhost"  # RFC 6761, section 6.3; the names below it are the resolver's affair


def is_own_host(url: str, service: str, partition: Partition) -> bool:
    """Return whether a URL is an endpoint of *service* that the partition itself has, over TLS.

    FIPS, dual-stack and VPC endpoints count. What is sent is signed, but what comes
    back is not: CreateAccessKey answers with a secret.
    """
    origin = origin_of(url)
    if origin is None or origin[0] != "https" or origin[2] != PORTS["https"]:
        return False
    host = origin[1]
    vpc = f".vpce.{partition.dns_suffix}"
    if host.endswith(vpc):
        name, *rest = host.removesuffix(vpc).split(".")
        return bool(_VPC_ENDPOINT.fullmatch(name)) and len(rest) == 2 and _is_service(rest, service, partition)
    for suffix in (partition.dualstack_suffix, partition.dns_suffix):
        if host.endswith(f".{suffix}"):
            return _is_service(host.removesuffix(f".{suffix}").split("."), service, partition)
    return False


def _is_service(labels: list[str], service: str, partition: Partition) -> bool:
    """Return whether the labels before a suffix are the service and a place of the partition."""
    name, *place = labels
    if name not in {service, f"{service}-fips"} or len(place) > 1:
        return False
    where = "".join(place)
    if _REGION.fullmatch(where):
        return partition_of_region(where) is partition
    # The names without a region are those of aws where two partitions have one suffix.
    shared = partition is not AWS and partition.dns_suffix == AWS.dns_suffix
    return where == partition.name.removeprefix("aws-") if shared else where in {"", "global"}
