"""The partitions of AWS, separate worlds with names and hosts of their own, and the regions of each."""

from __future__ import annotations

from typing import Final

from pyvault.config.setting_reader import parse_region
from pyvault.errors import InvalidSettingError
from pyvault.record import Record


class Partition(Record):
    """One partition.

    Attributes:
        name: as in ARNs.
        region_prefixes: what its regions begin with; none for ``aws``, the rest of the world.
        default_region: where global services answer; used when no region is set.
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
    """Return the partition of a region; an unknown region is in ``aws``."""
    for partition in PARTITIONS:
        if partition.region_prefixes and region.startswith(partition.region_prefixes):
            return partition
    return AWS


def find_partition_of_arn(arn: str) -> Partition | None:
    """Return the partition that an ARN names; None if it is no ARN of a known one."""
    parts = arn.split(":", 2)
    if len(parts) < 3 or parts[0] != "arn":
        return None
    return next((partition for partition in PARTITIONS if partition.name == parts[1]), None)


#: Enabled in every account; nobody can switch them off.
ALWAYS_ENABLED: Final = """
    ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-southeast-1 ap-southeast-2 ca-central-1 eu-central-1
    eu-north-1 eu-west-1 eu-west-2 eu-west-3 sa-east-1 us-east-1 us-east-2 us-west-1 us-west-2
"""
OPT_IN: Final = """
    af-south-1 ap-east-1 ap-east-2 ap-south-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-6
    ap-southeast-7 ca-west-1 eu-central-2 eu-south-1 eu-south-2 il-central-1 me-central-1 me-south-1 me-west-1
    mx-central-1 sa-west-1
"""
REGIONS: Final = {
    "aws": ALWAYS_ENABLED + OPT_IN,
    "aws-cn": "cn-north-1 cn-northwest-1",
    "aws-eusc": "eusc-de-east-1",
    "aws-iso": "us-iso-east-1 us-iso-west-1",
    "aws-iso-b": "us-isob-east-1 us-isob-west-1",
    "aws-iso-e": "eu-isoe-west-1",
    "aws-iso-f": "us-isof-east-1 us-isof-south-1",
    "aws-us-gov": "us-gov-east-1 us-gov-west-1",
}


def is_opt_in(region: str) -> bool:
    """Return whether accounts have to enable this region before anything answers them there."""
    return partition_of_region(region) is AWS and region not in ALWAYS_ENABLED.split()


def parse_sts_region(text: str, what: str) -> str:
    """Return a region that exists.

    Raises:
        InvalidSettingError: it is misspelt, or a pseudo region such as ``aws-global``.
    """
    region = parse_region(text, what)
    if region not in REGIONS[partition_of_region(region).name].split():
        raise InvalidSettingError(
            f"{what}: {text!r} is not a region that pyvault knows",
            hint="name one that every account has enabled, such as us-east-1",
        )
    return region


def check_same_partition(region: str, partition: Partition, *, what: str) -> None:
    """Check that a region belongs to the partition that the credentials live in.

    Raises:
        InvalidSettingError: it doesn't: credentials of one partition are unknown in all others.
    """
    if partition_of_region(region) is not partition:
        raise InvalidSettingError(f"{what}: {region!r} is not a region of the partition {partition.name!r}")
