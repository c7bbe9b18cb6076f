"""How the AWS clients of a profile are made (regions, endpoints, retries), and which partition it lives in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.config.partition import AWS, Partition, check_same_partition, find_partition_of_arn, partition_of_region
from pyvault.record import Record, field, replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pyvault.config.profile import Profile


class Endpoints(Record, uncompared=("settings",)):
    """Where each service is called; None leaves it to the region and partition.

    Attributes:
        settings: where each was set, for an error.
    """

    sts: str | None = None
    iam: str | None = None
    sso: str | None = None
    sso_oidc: str | None = None
    settings: Mapping[str, str] = field(default_factory=dict[str, str])


class ClientSettings(Record):
    """The settings of a step's AWS client.

    Attributes:
        region: the one that requests are signed for; the region of the start URL in an SSO step.
        sts_region: where STS is called, if elsewhere.
        region_is_default: no region was set; it is the partition's default.
        endpoints: only those that are configured.
        sts_regional: ``legacy`` or ``regional``; None means regional.
        ca_bundle: a path, ``~`` expanded.
        retry_mode: ``legacy``, ``standard`` or ``adaptive``; None leaves it to the SDK.
        max_attempts: 1 or more; None leaves it to the SDK.
    """

    region: str
    sts_region: str | None = None
    region_is_default: bool = False
    endpoints: Endpoints = field(default_factory=Endpoints)
    sts_regional: str | None = None
    ca_bundle: str | None = None
    use_fips: bool = False
    use_dualstack: bool = False
    retry_mode: str | None = None
    max_attempts: int | None = None

    @property
    def region_of_sts(self) -> str:
        """Return where STS is called."""
        return self.sts_region or self.region


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
