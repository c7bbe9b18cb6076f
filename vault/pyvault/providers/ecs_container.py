"""``credential_source = EcsContainer``: the task's role.

Source: SDKs and Tools Reference Guide, "Container credential provider".
"""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pyvault.ca_bundle import OF_AWS, find_ca_bundle
from pyvault.errors import ConfigError, NoCredentialsError
from pyvault.providers.link_local import ask_patiently, parse_credentials

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyvault.model import Credentials
    from pyvault.providers.link_local import Sleep

ECS_ADDRESS = "http://169.254.170.2"
#: Hosts that may be asked over plain HTTP, beside loopback: ECS and EKS.
PLAIN_HOSTS = frozenset({"169.254.170.2", "169.254.170.23", "fd00:ec2::23"})
RELATIVE = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
FULL = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
TOKEN = "AWS_CONTAINER_AUTHORIZATION_TOKEN"  # noqa: S105 - the name of a variable
TOKEN_FILE = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"  # noqa: S105 - the name of a variable


def from_container(environ: Mapping[str, str], sleep: Sleep) -> Credentials:
    """Ask the container's credential endpoint, again if it is busy.

    Raises:
        NoCredentialsError: the environment names none, or it has none.
        ConfigError: the endpoint or the token file is not usable.
        AwsUnreachableError: it does not answer.
    """
    url = _url(environ)
    trusted = find_ca_bundle(environ.get(OF_AWS), environ)
    headers = _authorization(environ)
    status, body = ask_patiently(url, sleep=sleep, headers=headers, also_silence=True, ca_bundle=trusted)
    if status != 200:
        raise NoCredentialsError(f"the container's credential endpoint answers with status {status}")
    return parse_credentials(body, source="the container's credential endpoint")


def _url(environ: Mapping[str, str]) -> str:
    if relative := environ.get(RELATIVE):
        # "@other.host/x" or ".example" would otherwise make another host of it
        return ECS_ADDRESS + "/" + relative.lstrip("/")
    full = environ.get(FULL)
    if not full:
        raise NoCredentialsError(f"credential_source is 'EcsContainer', and neither {RELATIVE!r} nor {FULL!r} is set")
    parts = urlsplit(full)
    if parts.scheme == "https" or (parts.scheme == "http" and _may_be_plain(parts.hostname or "")):
        return full
    raise ConfigError(f"{FULL!r} leads over plain HTTP to a host that is neither loopback nor a container endpoint")


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
            token = Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as exc:
            raise ConfigError(f"the {TOKEN_FILE} {path!r} can't be read: {type(exc).__name__}") from None
    if not (token.isascii() and (token.isprintable() or not token)):  # a blank may be in it: "Basic ..."
        raise ConfigError("the container's authorization token has control characters or characters outside ASCII")
    return {"Authorization": token} if token else {}
