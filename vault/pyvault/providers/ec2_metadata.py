"""``credential_source = Ec2InstanceMetadata``: the instance's role, by IMDSv2 only.

Source: EC2 User Guide, "Use the Instance Metadata Service to access instance
metadata"; SDKs and Tools Reference Guide, "IMDS credential provider".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.errors import AwsUnreachableError, NoCredentialsError
from pyvault.providers.link_local import ask, parse_credentials

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyvault.model import Credentials

ADDRESS = {"ipv4": "http://169.254.169.254", "ipv6": "http://[fd00:ec2::254]"}
PATH = "/latest/meta-data/iam/security-credentials/"
TOKEN_LIFE = "300"  # seconds; one run  # noqa: S105 - a number


def from_instance(environ: Mapping[str, str]) -> Credentials:
    """Ask the instance metadata service for the credentials of the instance's role.

    Raises:
        NoCredentialsError: it is turned off, or the instance has no role.
        AwsUnreachableError: this is no instance.
    """
    if environ.get("AWS_EC2_METADATA_DISABLED", "").lower() == "true":
        raise NoCredentialsError("credential_source is 'Ec2InstanceMetadata', and AWS_EC2_METADATA_DISABLED is set")
    mode = environ.get("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "ipv4").lower()
    base = environ.get("AWS_EC2_METADATA_SERVICE_ENDPOINT") or ADDRESS.get(mode, ADDRESS["ipv4"])
    base = base.rstrip("/")
    status, token = ask(
        f"{base}/latest/api/token", method="PUT", headers={"x-aws-ec2-metadata-token-ttl-seconds": TOKEN_LIFE}
    )
    if status != 200:
        raise AwsUnreachableError(f"the instance metadata service gives no token: status {status}")
    status, role = ask(base + PATH, headers={"x-aws-ec2-metadata-token": token.reveal()})
    if status != 200 or not (name := role.reveal().strip().partition("\n")[0]):
        raise NoCredentialsError("this instance has no role")
    status, body = ask(base + PATH + name, headers={"x-aws-ec2-metadata-token": token.reveal()})
    if status != 200:
        raise NoCredentialsError(f"the instance metadata service gives no credentials: status {status}")
    return parse_credentials(body, source="the instance metadata service")
