"""Where a profile wants its services called.

For one service: ``AWS_ENDPOINT_URL_<SERVICE>``, ``AWS_ENDPOINT_URL``, the
``[services X]`` section, then the profile's ``endpoint_url``. What ``[default]`` says
is for ``[default]`` alone: a local stand-in there is not every profile's.

Source: AWS SDKs and Tools Reference Guide, "Service-specific endpoints".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pyvault.config.client_variables import ENDPOINT, variable_of
from pyvault.config.clients import Endpoints
from pyvault.config.reader import Found, checked_text, parse_switch
from pyvault.errors import InvalidSettingError
from pyvault.record import Record, field

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pyvault.config.file import ConfigFile
    from pyvault.config.reader import SettingReader

SERVICES = ("sts", "iam", "sso", "sso_oidc")
# No user and password: they would be sent to the host and shown in messages.
_URL = re.compile(r"https?://(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?(?:[/?#]\S*)?")
_SERVICE_ID = re.compile(r"[A-Za-z][A-Za-z0-9 _-]*")


class EndpointSettings(Record):
    """The endpoints that count for a profile.

    Attributes:
        ignored: says that none counts; where that stands.
        general: where the one for all services stands; its text is the URL.
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
        """Return everything that names an endpoint."""
        return [*([self.general] if self.general is not None else []), *self.services.values()]


def read_endpoints(reader: SettingReader, config: ConfigFile) -> EndpointSettings:
    """Return the endpoints that count for the reader's profile."""
    ignored = reader.find("ignore_configured_endpoint_urls", env=("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",))
    if ignored is not None and reader.take("ignore_configured_endpoint_urls", ignored, parse_switch):
        return EndpointSettings(ignored=ignored)
    general = reader.find("endpoint_url", env=(ENDPOINT,))
    if reader.take("endpoint_url", general, parse_endpoint) is None:
        general = None
    services: dict[str, Found] = {}
    # A variable for all services is nearer than a file's word for one.
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
        # The others are no matter of ours: the program gets them as they are.
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
            reader.problems.append(InvalidSettingError(f"{label}: {service!r} can't be the name of a service"))
            continue
        found = Found(text=text, origin=f"services {name.text}", label=label, rank=name.rank)
        if reader.take(variable_of(service), found, parse_endpoint) is not None:
            yield variable_of(service), found
