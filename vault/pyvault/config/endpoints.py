"""Where a profile wants its services called.

For one service: ``AWS_ENDPOINT_URL_<SERVICE>``, ``AWS_ENDPOINT_URL``, the
``[services X]`` section, then the profile's ``endpoint_url``.

Source: AWS SDKs and Tools Reference Guide, "Service-specific endpoints".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pyvault.config.reader import Found, checked_text, parse_switch
from pyvault.errors import InvalidSettingError
from pyvault.planning.steps import Endpoints

if TYPE_CHECKING:
    from pyvault.config.file import ConfigFile
    from pyvault.config.reader import SettingReader

SERVICES = ("sts", "iam", "sso", "sso_oidc")
# No user and password: they would be sent to the host and shown in messages.
_URL = re.compile(r"https?://(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?(?:[/?#]\S*)?")


def read_endpoints(reader: SettingReader, config: ConfigFile) -> tuple[str | None, Endpoints]:
    """Give the general endpoint and those that hold for each service."""
    ignored = reader.parsed(
        "ignore_configured_endpoint_urls", parse_switch, env=("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",)
    )
    if ignored:
        return None, Endpoints()
    general = reader.find("endpoint_url", env=("AWS_ENDPOINT_URL",))
    general_url = reader.take("endpoint_url", general, parse_endpoint)
    chosen: dict[str, str | None] = {}
    for service in SERVICES:
        found = _find_for_service(reader, config, service)
        # A variable for all services is nearer than a file's word for one.
        if found is None or (general is not None and general.rank < 0 <= found.rank):
            chosen[service] = general_url
        else:
            chosen[service] = reader.take(f"endpoints.{service}", found, parse_endpoint)
    return general_url, Endpoints(**chosen)


def parse_endpoint(text: str, what: str) -> str:
    """Check that a text is an http or https URL with a host, and without a user.

    Raises:
        InvalidSettingError: it is not.
    """
    checked_text(text, what=what)
    if not _URL.fullmatch(text):
        raise InvalidSettingError(f"{what}: {text!r} is not an http or https URL")
    return text


def _find_for_service(reader: SettingReader, config: ConfigFile, service: str) -> Found | None:
    if variable := reader.find_variable(f"AWS_ENDPOINT_URL_{service.upper()}"):
        return variable
    name = reader.find("services")
    if name is None:
        return None
    section = config.find_services(name.text)
    if section is None:
        message = f"{name.label}: there is no section [services {name.text}]"
        if all(problem.message != message for problem in reader.problems):
            reader.problems.append(InvalidSettingError(message))
        return None
    entry = section.get(service)
    text = entry.nested.get("endpoint_url") if entry is not None else None
    if entry is None or not text:
        return None
    label = f'"{reader.path}", line {entry.line}: {service} of services {name.text!r}'
    return Found(text=text, origin=f"services {name.text}", label=label, rank=name.rank)
