"""How the AWS clients of a profile are made, and which partition it lives in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.config.partition import AWS, Partition, check_same_partition, find_partition_of_arn, partition_of_region
from pyvault.record import replace

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyvault.config.profile import Profile


from pyvault.config.clients import ClientSettings


def home_partition(profiles: Iterable[Profile]) -> Partition:
    """Find the partition of a chain: by a region, a role, an MFA device, a sign-in; credentials never leave theirs."""
    for profile in profiles:
        if profile.region is not None:
            return partition_of_region(profile.region)
        for arn in (profile.role_arn, profile.mfa_serial, profile.login_session):
            partition = find_partition_of_arn(arn) if arn else None
            if partition is not None:
                return partition
        if profile.sso_region is not None:
            return partition_of_region(profile.sso_region)
    return AWS


def client_of(profile: Profile, partition: Partition) -> ClientSettings:
    """Return the client settings for a profile's calls.

    Raises:
        InvalidSettingError: ``sts_region`` is in another partition.
    """
    if profile.sts_region is not None:
        check_same_partition(profile.sts_region, partition, what=profile.describe("sts_region"))
    return ClientSettings(
        region=profile.region or partition.default_region,
        sts_region=profile.sts_region,
        region_is_default=profile.region is None,
        endpoints=profile.endpoints,
        # The global endpoint would answer for the region that was named.
        sts_regional=profile.sts_regional_endpoints if profile.sts_region is None else "regional",
        ca_bundle=profile.ca_bundle,
        use_fips=profile.use_fips_endpoint,
        use_dualstack=profile.use_dualstack_endpoint,
        retry_mode=profile.retry_mode,
        max_attempts=profile.max_attempts,
    )


def sso_client_of(profile: Profile, sso_region: str, partition: Partition) -> ClientSettings:
    """Return the client settings for the SSO calls: those in the region of the start URL."""
    return replace(client_of(profile, partition), region=sso_region, sts_region=None, region_is_default=False)
