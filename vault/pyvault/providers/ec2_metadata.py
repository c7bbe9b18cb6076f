"""``credential_source = Ec2InstanceMetadata``: the instance's role, by IMDSv2 only.

Source: EC2 User Guide, "Use the Instance Metadata Service to access instance
metadata"; SDKs and Tools Reference Guide, "IMDS credential provider".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.errors import AwsUnreachableError, NoCredentialsError
from pyvault.providers.link_local import ask_patiently, parse_credentials

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyvault.model import Credentials
    from pyvault.providers.link_local import Sleep

ADDRESS = {"ipv4": "http://169.254.169.254", "ipv6": "http://[fd00:ec2::254]"}
PATH = "/latest/meta-data/iam/security-credentials/"
TOKEN_LIFE = "300"  # seconds; one run  # noqa: S105 - a number


def from_instance(environ: Mapping[str, str], sleep: Sleep) -> Credentials:
    """Ask the instance metadata service for the credentials of the instance's role, again if it is busy.

    Where nobody answers this is no instance, and is not asked again.

    Raises:
        NoCredentialsError: it is turned off, or the instance has no role.
        AwsUnreachableError: this is no instance.
    """
    if environ.get("AWS_EC2_METADATA_DISABLED", "").lower() == "true":
        raise NoCredentialsError("credential_source is 'Ec2InstanceMetadata', and AWS_EC2_METADATA_DISABLED is set")
    mode = environ.get("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "ipv4").lower()
    base = environ.get("AWS_EC2_METADATA_SERVICE_ENDPOINT") or ADDRESS.get(mode, ADDRESS["ipv4"])
    base = base.rstrip("/")
    life = {"x-aws-ec2-metadata-token-ttl-seconds": TOKEN_LIFE}
    status, token = ask_patiently(f"{base}/latest/api/token", sleep=sleep, method="PUT", headers=life)
    if status != 200:
        raise AwsUnreachableError(f"the instance metadata service gives no token: status {status}")
    proof = {"x-aws-ec2-metadata-token": token.reveal()}
    status, role = ask_patiently(base + PATH, sleep=sleep, headers=proof)
    if status != 200 or not (name := role.reveal().strip().partition("\n")[0]):
        raise NoCredentialsError("this instance has no role")
    status, body = ask_patiently(base + PATH + name, sleep=sleep, headers=proof)
    if status != 200:
        raise NoCredentialsError(f"the instance metadata service gives no credentials: status {status}")
    return parse_credentials(body, source="the instance metadata service")
