"""The client settings of a profile, complete: with AWS's endpoints in front of those of ``[default]``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pyvault.config.client_variables import ClientVariables, Covered
    from pyvault.planning.steps import Plan

HINT = (
    "give the profile an endpoint_url, or one of its own for each service that [default] has one for;"
    " or move those of [default] to a profile of their own"
)


def client_settings(plan: Plan, *, reads_default: bool = True) -> dict[str, str]:
    """Return the variables that make a program's clients those of the profile.

    Args:
        plan: of the profile.
        reads_default: the program looks at ``[default]``; False where AWS_PROFILE names the profile to it.

    Raises:
        ConfigError: an endpoint of ``[default]`` can't be kept from the program.
    """
    variables = plan.client.values()
    if reads_default and plan.client.covered:
        refuse_uncoverable(plan)
        variables |= _covers(plan.client, plan.region or "")
    return variables


def new_settings(plan: Plan, environ: Mapping[str, str]) -> dict[str, str]:
    """Return those that an environment does not have yet: a shell keeps what its user set.

    Raises:
        ConfigError: an endpoint of ``[default]`` can't be kept from the program.
    """
    return {name: value for name, value in client_settings(plan).items() if environ.get(name) != value}


def refuse_uncoverable(plan: Plan) -> None:
    """Refuse what no variable can cover: an endpoint for all services, or any where no region is named.

    Raises:
        ConfigError: names the endpoints.
    """
    covered = plan.client.covered
    if general := [each for each in covered if not each.service]:
        raise _refusal(general)
    if covered and plan.region is None:
        raise _refusal(covered)


def _covers(client: ClientVariables, region: str) -> dict[str, str]:
    from pyvault.aws.client import find_own_endpoint

    values = client.values()
    fips, dualstack = (values.get(f"AWS_USE_{kind}_ENDPOINT") == "true" for kind in ("FIPS", "DUALSTACK"))
    found = {
        each: find_own_endpoint(each.service, region, use_fips=fips, use_dualstack=dualstack) for each in client.covered
    }
    if unknown := [each for each, url in found.items() if url is None]:
        raise _refusal(unknown)
    return {each.variable: url for each, url in found.items() if url is not None}


def _refusal(covered: Iterable[Covered]) -> ConfigError:
    places = "; ".join(each.label for each in covered)
    return ConfigError(f"endpoints of [default] would reach the program and can't be kept from it: {places}", hint=HINT)
