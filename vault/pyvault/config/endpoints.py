"""The endpoints of a profile, and which hosts are AWS's own or this machine."""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pyvault.config.client_variables import ENDPOINT, variable_of
from pyvault.config.clients import Endpoints
from pyvault.config.partition import AWS, partition_of_region
from pyvault.config.setting_reader import Found, checked_text, parse_switch
from pyvault.errors import InvalidSettingError
from pyvault.record import Record, field

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pyvault.config.config_file import ConfigFile
    from pyvault.config.partition import Partition
    from pyvault.config.setting_reader import SettingReader

SERVICES = ("sts", "iam", "sso", "sso_oidc", "signin")
# No user and password: they would be sent to the host and shown in messages.
_URL = re.compile(r"https?://(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?(?:[/?#]\S*)?")
_SERVICE_ID = re.compile(r"[A-Za-z][A-Za-z0-9 _-]*")


class EndpointSettings(Record):
    """The endpoints in effect for a profile.

    Attributes:
        ignored: the setting that turns all of them off.
        general: the one for all services; its text is the URL.
        services: those of single services, by the variable that AWS defined for each.
    """

    ignored: Found | None = None
    general: Found | None = None
    services: Mapping[str, Found] = field(default_factory=dict[str, Found])

    @property
    def general_url(self) -> str | None:
        """Return the endpoint for all services."""
        return self.general.text if self.general is not None else None

    def ours(self) -> Endpoints:
        """Return those of the services that pyvault itself calls."""
        named = {name: self.services.get(variable_of(name), self.general) for name in SERVICES}
        found = {name: each for name, each in named.items() if each is not None}
        return Endpoints(
            **{name: each.text for name, each in found.items()},
            settings={name: each.label for name, each in found.items()},
        )

    def all(self) -> list[Found]:
        """Return every setting of an endpoint."""
        return [*([self.general] if self.general is not None else []), *self.services.values()]


def read_endpoints(reader: SettingReader, config: ConfigFile) -> EndpointSettings:
    """Return the endpoints in effect for the reader's profile."""
    ignored = reader.find("ignore_configured_endpoint_urls", env=("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",))
    if ignored is not None and reader.take("ignore_configured_endpoint_urls", ignored, parse_switch):
        return EndpointSettings(ignored=ignored)
    general = reader.find("endpoint_url", env=(ENDPOINT,))
    if reader.take("endpoint_url", general, parse_endpoint) is None:
        general = None
    services: dict[str, Found] = {}
    # A variable for all services wins over a file's endpoint for one.
    if general is None or general.rank >= 0:
        services = dict(_from_files(reader, config))
    return EndpointSettings(general=general, services=services | dict(_from_variables(reader)))


def parse_endpoint(text: str, what: str) -> str:
    """Check that a text is an http or https URL with a host, and without a user.

    Raises:
        InvalidSettingError: it is not.
    """
    checked_text(text, what=what)
    if not _URL.fullmatch(text):
        raise InvalidSettingError(f"{what}: {text!r} is not an http or https URL")
    return text


def _from_variables(reader: SettingReader) -> Iterator[tuple[str, Found]]:
    ours = {variable_of(service) for service in SERVICES}
    for variable in sorted(reader.environ):
        found = reader.find_variable(variable) if variable.startswith(f"{ENDPOINT}_") else None
        # Those of other services are not checked: the program gets them as they are.
        if found is None:
            continue
        if variable not in ours or reader.take(variable, found, parse_endpoint) is not None:
            yield variable, found


def _from_files(reader: SettingReader, config: ConfigFile) -> Iterator[tuple[str, Found]]:
    name = reader.find("services")
    if name is None:
        return
    section = config.find_services(name.text)
    if section is None:
        reader.problems.append(InvalidSettingError(f"{name.label}: there is no section [services {name.text}]"))
        return
    for service, entry in section.items():
        text = entry.nested.get("endpoint_url")
        if not text:
            continue
        label = f'"{entry.path}", line {entry.line}: {service} of services {name.text!r}'
        if not _SERVICE_ID.fullmatch(service):
            reader.problems.append(InvalidSettingError(f"{label}: {service!r} is not a valid service name"))
            continue
        found = Found(text=text, origin=f"services {name.text}", label=label, rank=name.rank)
        if reader.take(variable_of(service), found, parse_endpoint) is not None:
            yield variable_of(service), found


PORTS = {"http": 80, "https": 443}

#: Strict, because below amazonaws.com customers have names too: "sts" may be somebody's bucket at sts.s3-us-west-2.
_REGION = re.compile(r"[a-z]{2,8}(?:-[a-z]{2,16})+-[0-9]{1,2}")
_VPC_ENDPOINT = re.compile(r"vpce-[0-9a-z-]+")

Origin = tuple[str, str, int]


def origin_of(url: str) -> Origin | None:
    """Return scheme, host and port of a URL; None if it has no port that can be."""
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        return None
    scheme = parts.scheme.lower()
    return scheme, (parts.hostname or "").lower(), port or PORTS.get(scheme, 0)


def is_loopback(url: str) -> bool:
    """Return whether a URL leads to this machine and nowhere else."""
    origin = origin_of(url)
    if origin is None:
        return False
    try:
        return ip_address(origin[1]).is_loopback
    except ValueError:
        return origin[1] == "localhost"  # RFC 6761, section 6.3; the names below it are the resolver's affair


def is_own_host(url: str, service: str, partition: Partition) -> bool:
    """Return whether a URL is an endpoint of *service* that the partition itself has, over TLS.

    FIPS, dual-stack and VPC endpoints count. What is sent is signed, but what comes
    back is not: CreateAccessKey answers with a secret.
    """
    origin = origin_of(url)
    if origin is None or origin[0] != "https" or origin[2] != PORTS["https"]:
        return False
    host = origin[1]
    vpc = f".vpce.{partition.dns_suffix}"
    if host.endswith(vpc):
        name, *rest = host.removesuffix(vpc).split(".")
        return bool(_VPC_ENDPOINT.fullmatch(name)) and len(rest) == 2 and _is_service(rest, service, partition)
    for suffix in (partition.dualstack_suffix, partition.dns_suffix):
        if host.endswith(f".{suffix}"):
            return _is_service(host.removesuffix(f".{suffix}").split("."), service, partition)
    return False


def _is_service(labels: list[str], service: str, partition: Partition) -> bool:
    """Return whether the labels before a suffix are the service and a place of the partition."""
    name, *place = labels
    if name not in {service, f"{service}-fips"} or len(place) > 1:
        return False
    where = "".join(place)
    if _REGION.fullmatch(where):
        return partition_of_region(where) is partition
    # The names without a region are those of aws where two partitions have one suffix.
    shared = partition is not AWS and partition.dns_suffix == AWS.dns_suffix
    return where == partition.name.removeprefix("aws-") if shared else where in {"", "global"}
