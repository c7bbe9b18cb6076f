"""What the clients of a program have to be told, so that they are the profile's clients."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.config.client_variables import ENDPOINT, IGNORE, ClientVariable, ClientVariables, Covered
from pyvault.config.config_file import DEFAULT
from pyvault.config.setting_reader import one_of, parse_switch
from pyvault.config.syntax import unquoted
from pyvault.errors import InvalidSettingError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyvault.config.config_file import ConfigFile
    from pyvault.config.endpoints import EndpointSettings
    from pyvault.config.setting_reader import SettingReader
    from pyvault.config.syntax import Entry

ACCOUNT_ID_ENDPOINTS = one_of("preferred", "disabled", "required")


def read_client_variables(
    reader: SettingReader,
    config: ConfigFile,
    credentials_file: ConfigFile | None,
    name: str,
    endpoints: EndpointSettings,
    *,
    ca_bundle: str | None,
) -> ClientVariables:
    """Return the client settings of the profile *name* as variables.

    Args:
        reader: collects the settings that contradict each other.
        config: has ``[default]``.
        credentials_file: may have more of it.
        name: the profile.
        endpoints: the ones of the profile.
        ca_bundle: a path, ``~`` expanded.
    """
    given = [*_switches(reader, endpoints), *_named(reader, ca_bundle), *_endpoints(endpoints)]
    if name == DEFAULT or endpoints.ignored is not None:
        return ClientVariables(given=tuple(given))
    defaults, are_ignored = _of_default(config, credentials_file)
    if not endpoints.all():
        if defaults:
            given.append(ClientVariable(name=IGNORE, value="true", origin="built-in"))
        return ClientVariables(given=tuple(given))
    if are_ignored:  # by [default], which would also turn off the profile's own endpoints
        given.append(ClientVariable(name=IGNORE, value="false", origin="built-in"))
    covered = (
        [] if endpoints.general is not None else [each for each in defaults if each.variable not in endpoints.services]
    )
    return ClientVariables(given=tuple(given), covered=tuple(covered))


def _switches(reader: SettingReader, endpoints: EndpointSettings) -> Iterator[ClientVariable]:
    for key, variable in (
        ("use_fips_endpoint", "AWS_USE_FIPS_ENDPOINT"),
        ("use_dualstack_endpoint", "AWS_USE_DUALSTACK_ENDPOINT"),
    ):
        switch = reader.parsed(key, parse_switch, env=(variable,))
        if switch is not None:
            yield ClientVariable(name=variable, value="true" if switch else "false", origin=reader.origins[key])
        if switch and key == "use_fips_endpoint":
            _refuse_fips(reader, endpoints)


def _named(reader: SettingReader, ca_bundle: str | None) -> Iterator[ClientVariable]:
    if ca_bundle is not None:
        yield ClientVariable(name="AWS_CA_BUNDLE", value=ca_bundle, origin=reader.origins["ca_bundle"])
    key, variable = "account_id_endpoint_mode", "AWS_ACCOUNT_ID_ENDPOINT_MODE"
    mode = reader.parsed(key, ACCOUNT_ID_ENDPOINTS, env=(variable,))
    if mode is not None:
        yield ClientVariable(name=variable, value=mode, origin=reader.origins[key])


def _refuse_fips(reader: SettingReader, endpoints: EndpointSettings) -> None:
    """Record a conflict between FIPS and an endpoint: every SDK refuses the pair at each call."""
    if found := next(iter(endpoints.all()), None):
        problem = InvalidSettingError(
            f"{reader.labels['use_fips_endpoint']}: FIPS endpoints are AWS's own, but {found.label} sets another one",
            hint="set use_fips_endpoint = false in the profile, or remove the endpoint",
        )
        reader.problems.append(problem)


def _endpoints(endpoints: EndpointSettings) -> Iterator[ClientVariable]:
    if endpoints.ignored is not None:
        yield ClientVariable(name=IGNORE, value="true", origin=endpoints.ignored.origin)
    if endpoints.general is not None:
        yield ClientVariable(name=ENDPOINT, value=endpoints.general.text, origin=endpoints.general.origin)
    for variable, found in endpoints.services.items():
        yield ClientVariable(name=variable, value=found.text, origin=found.origin)


def _of_default(config: ConfigFile, credentials_file: ConfigFile | None) -> tuple[list[Covered], bool]:
    """Return the endpoints that an SDK finds in ``[default]``, and whether ``[default]`` says to ignore them."""
    entries = {key: (config, entry) for key, entry in (config.find_profile(DEFAULT) or {}).items()}
    if credentials_file is not None:  # whose keys win in an SDK
        found = credentials_file.find_plain_section(DEFAULT) or {}
        entries |= {key: (credentials_file, entry) for key, entry in found.items()}
    covered: list[Covered] = []
    for key in ("endpoint_url", "services"):
        file, entry = entries.get(key, (config, None))
        if entry is None or not unquoted(entry.value):
            continue
        if key == "endpoint_url":
            covered.append(Covered(service="", label=f'"{file.path}", line {entry.line}: {key} of [default]'))
        else:
            covered += _of_section(config, unquoted(entry.value))
    _, switch = entries.get("ignore_configured_endpoint_urls", (config, None))
    return covered, switch is not None and unquoted(switch.value).lower() == "true"


def _of_section(config: ConfigFile, name: str) -> Iterator[Covered]:
    section: dict[str, Entry] = dict(config.find_services(name) or {})
    for service, entry in section.items():
        if entry.nested.get("endpoint_url"):
            label = f'"{config.path}", line {entry.line}: {service} of services {name!r}'
            yield Covered(service=service, label=label)
