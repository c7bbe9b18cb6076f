"""Credentials of the machine: the role of an EC2 instance (by IMDSv2 only), and that of a container's task.

Source: EC2 User Guide, "Use the Instance Metadata Service to access instance metadata";
SDKs and Tools Reference Guide, "IMDS credential provider", "Container credential provider".
"""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pyvault.config.ca_bundle import OF_AWS, find_ca_bundle
from pyvault.errors import AwsUnreachableError, ConfigError, NoCredentialsError
from pyvault.files.reading import read_file
from pyvault.interruptions import pass_interruption
from pyvault.retrieval.link_local import ask_with_retries, parse_credentials

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyvault.model import Credentials
    from pyvault.retrieval.link_local import Sleep

ADDRESS = {"ipv4": "http://169.254.169.254", "ipv6": "http://[fd00:ec2::254]"}
PATH = "/latest/meta-data/iam/security-credentials/"
TOKEN_LIFE = "300"  # seconds  # noqa: S105 - a number

ECS_ADDRESS = "http://169.254.170.2"
#: Hosts that may be asked over plain HTTP, besides loopback: ECS and EKS.
PLAIN_HOSTS = frozenset({"169.254.170.2", "169.254.170.23", "fd00:ec2::23"})
RELATIVE = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
FULL = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
TOKEN = "AWS_CONTAINER_AUTHORIZATION_TOKEN"  # noqa: S105 - the name of a variable
MAX_TOKEN_FILE = 40_000  # bytes, as of a web identity token
TOKEN_FILE = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"  # noqa: S105 - the name of a variable


def from_instance(environ: Mapping[str, str], sleep: Sleep) -> Credentials:
    """Ask the instance metadata service for the credentials of the instance's role, again if it is busy.

    If nobody answers, this is not an instance, and there is no second try.

    Raises:
        NoCredentialsError: it is turned off, or the instance has no role.
        AwsUnreachableError: this is not an instance.
    """
    if environ.get("AWS_EC2_METADATA_DISABLED", "").lower() == "true":
        raise NoCredentialsError("credential_source is 'Ec2InstanceMetadata', but AWS_EC2_METADATA_DISABLED is set")
    mode = environ.get("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "ipv4").lower()
    base = environ.get("AWS_EC2_METADATA_SERVICE_ENDPOINT") or ADDRESS.get(mode, ADDRESS["ipv4"])
    base = base.rstrip("/")
    life = {"x-aws-ec2-metadata-token-ttl-seconds": TOKEN_LIFE}
    status, token = ask_with_retries(f"{base}/latest/api/token", sleep=sleep, method="PUT", headers=life)
    if status != 200:
        raise AwsUnreachableError(f"the instance metadata service returned no token: status {status}")
    proof = {"x-aws-ec2-metadata-token": token.reveal()}
    status, role = ask_with_retries(base + PATH, sleep=sleep, headers=proof)
    if status != 200 or not (name := role.reveal().strip().partition("\n")[0]):
        raise NoCredentialsError("this instance has no role")
    status, body = ask_with_retries(base + PATH + name, sleep=sleep, headers=proof)
    if status != 200:
        raise NoCredentialsError(f"the instance metadata service returned no credentials: status {status}")
    return parse_credentials(body, source="the instance metadata service")


def from_container(environ: Mapping[str, str], sleep: Sleep) -> Credentials:
    """Ask the container's credential endpoint, again if it is busy.

    Raises:
        NoCredentialsError: the environment names no endpoint, or it has no credentials.
        ConfigError: the endpoint or the token file is not usable.
        AwsUnreachableError: it does not answer.
    """
    url = _url(environ)
    trusted = find_ca_bundle(environ.get(OF_AWS), environ)
    headers = _authorization(environ)
    status, body = ask_with_retries(url, sleep=sleep, headers=headers, also_silence=True, ca_bundle=trusted)
    if status != 200:
        raise NoCredentialsError(f"the container's credential endpoint returned status {status}")
    return parse_credentials(body, source="the container's credential endpoint")


def _url(environ: Mapping[str, str]) -> str:
    if relative := environ.get(RELATIVE):
        # or "@other.host/x" and ".example" would make another host of it
        return ECS_ADDRESS + "/" + relative.lstrip("/")
    full = environ.get(FULL)
    if not full:
        raise NoCredentialsError(f"credential_source is 'EcsContainer', but neither {RELATIVE!r} nor {FULL!r} is set")
    parts = urlsplit(full)
    if parts.scheme == "https" or (parts.scheme == "http" and _may_be_plain(parts.hostname or "")):
        return full
    raise ConfigError(f"{FULL!r} is a plain HTTP URL of a host that is neither loopback nor a container endpoint")


def _may_be_plain(host: str) -> bool:
    if host == "localhost" or host in PLAIN_HOSTS:
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _authorization(environ: Mapping[str, str]) -> dict[str, str]:
    token = environ.get(TOKEN, "")
    if path := environ.get(TOKEN_FILE):
        try:
            token = read_file(Path(path), MAX_TOKEN_FILE).decode().strip()
        except OSError as exc:
            pass_interruption(exc)
            raise ConfigError(f"the {TOKEN_FILE} {path!r} can't be read: {exc.strerror}") from None
        except ValueError:  # also of a NUL in the path
            raise ConfigError(f"the {TOKEN_FILE} {path!r} is no text") from None
    if not (token.isascii() and (token.isprintable() or not token)):  # a blank may be in it: "Basic ..."
        raise ConfigError("the container's authorization token has control characters or characters outside ASCII")
    return {"Authorization": token} if token else {}
