"""The partitions of AWS: separate worlds with their own regions, names and hosts."""

from __future__ import annotations

from typing import Final

from pyvault.record import Record


class Partition(Record):
    """One partition.

    Attributes:
        name: as it stands in ARNs.
        region_prefixes: what its regions begin with; none for ``aws``, the rest of the world.
        default_region: where global services answer; stands in when no region is set.
        dns_suffix: of the service endpoints.
        dualstack_suffix: of those that answer over IPv6 too.
        signin_host: where federation and logout go without a region of choice.
        console_host: the console without a region in front.

    Source: botocore's ``partitions.json`` (regions, suffixes); the endpoint rules of
    the AWS Sign-In service and the SAML audience of each partition (hosts).
    """

    name: str
    region_prefixes: tuple[str, ...]
    default_region: str
    dns_suffix: str
    dualstack_suffix: str
    signin_host: str
    console_host: str


AWS: Final = Partition(
    name="aws",
    region_prefixes=(),
    default_region="us-east-1",
    dns_suffix="amazonaws.com",
    dualstack_suffix="api.aws",
    signin_host="us-east-1.signin.aws.amazon.com",
    console_host="console.aws.amazon.com",
)

PARTITIONS: Final[tuple[Partition, ...]] = (
    AWS,
    Partition(
        name="aws-cn",
        region_prefixes=("cn-",),
        default_region="cn-northwest-1",
        dns_suffix="amazonaws.com.cn",
        dualstack_suffix="api.amazonwebservices.com.cn",
        signin_host="signin.amazonaws.cn",
        console_host="console.amazonaws.cn",
    ),
    Partition(
        name="aws-us-gov",
        region_prefixes=("us-gov-",),
        default_region="us-gov-west-1",
        dns_suffix="amazonaws.com",
        dualstack_suffix="api.aws",
        signin_host="signin.amazonaws-us-gov.com",
        console_host="console.amazonaws-us-gov.com",
    ),
    Partition(
        name="aws-eusc",
        region_prefixes=("eusc-",),
        default_region="eusc-de-east-1",
        dns_suffix="amazonaws.eu",
        dualstack_suffix="api.amazonwebservices.eu",
        signin_host="eusc-de-east-1.signin.amazonaws-eusc.eu",
        console_host="console.amazonaws-eusc.eu",
    ),
    Partition(
        name="aws-iso",
        region_prefixes=("us-iso-",),
        default_region="us-iso-east-1",
        dns_suffix="c2s.ic.gov",
        dualstack_suffix="api.aws.ic.gov",
        signin_host="signin.c2shome.ic.gov",
        console_host="console.c2shome.ic.gov",
    ),
    Partition(
        name="aws-iso-b",
        region_prefixes=("us-isob-",),
        default_region="us-isob-east-1",
        dns_suffix="sc2s.sgov.gov",
        dualstack_suffix="api.aws.scloud",
        signin_host="signin.sc2shome.sgov.gov",
        console_host="console.sc2shome.sgov.gov",
    ),
    Partition(
        name="aws-iso-e",
        region_prefixes=("eu-isoe-",),
        default_region="eu-isoe-west-1",
        dns_suffix="cloud.adc-e.uk",
        dualstack_suffix="api.cloud-aws.adc-e.uk",
        signin_host="signin.csphome.adc-e.uk",
        console_host="console.csphome.adc-e.uk",
    ),
    Partition(
        name="aws-iso-f",
        region_prefixes=("us-isof-",),
        default_region="us-isof-south-1",
        dns_suffix="csp.hci.ic.gov",
        dualstack_suffix="api.aws.hci.ic.gov",
        signin_host="signin.csphome.hci.ic.gov",
        console_host="console.csphome.hci.ic.gov",
    ),
)


def partition_of_region(region: str) -> Partition:
    """Find the partition of a region; one that nobody claims is of ``aws``."""
    for partition in PARTITIONS:
        if partition.region_prefixes and region.startswith(partition.region_prefixes):
            return partition
    return AWS


def find_partition_of_arn(arn: str) -> Partition | None:
    """Find the partition that an ARN names; None for what is no ARN of a known one."""
    parts = arn.split(":", 2)
    if len(parts) < 3 or parts[0] != "arn":
        return None
    return next((partition for partition in PARTITIONS if partition.name == parts[1]), None)
