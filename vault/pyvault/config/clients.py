"""How the AWS clients of a profile are made (regions, endpoints, retries), and which partition it lives in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.record import Record, field

if TYPE_CHECKING:
    from collections.abc import Mapping


class Endpoints(Record, uncompared=("settings",)):
    """Where each service is called; None leaves it to the region and partition.

    Attributes:
        settings: where each was set, for an error.
    """

    sts: str | None = None
    iam: str | None = None
    sso: str | None = None
    sso_oidc: str | None = None
    signin: str | None = None
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
