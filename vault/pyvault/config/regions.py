"""The regions of each partition, and which of them an account has to enable first.

A region that is newer than this table is refused as ``sts_region`` only: it has to be
opted in to, and then its own STS is no better than that of the profile's region.

Source: botocore's ``partitions.json``; AWS Account Management Guide, "Enable or disable
AWS Regions in your account" (what is enabled by default). As of 2026.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pyvault.config.partition import AWS, partition_of_region
from pyvault.config.reader import parse_region
from pyvault.errors import InvalidSettingError

if TYPE_CHECKING:
    from pyvault.config.partition import Partition

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
    """Return a region that there is.

    Raises:
        InvalidSettingError: a misspelt one, or a stand-in such as ``aws-global``.
    """
    region = parse_region(text, what)
    if region not in REGIONS[partition_of_region(region).name].split():
        raise InvalidSettingError(
            f"{what}: {text!r} is no region that pyvault knows",
            hint="name one that every account has enabled, such as us-east-1",
        )
    return region


def check_same_partition(region: str, partition: Partition, *, what: str) -> None:
    """Check that a region belongs to the partition that the credentials live in.

    Raises:
        InvalidSettingError: it doesn't; what is good in one partition is unknown in all others.
    """
    if partition_of_region(region) is not partition:
        raise InvalidSettingError(f"{what}: {region!r} is not a region of the partition {partition.name!r}")
