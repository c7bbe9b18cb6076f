"""IAM Identity Center from nothing: the two settings that a sign-in needs, and the section that keeps them.

The section is written once somebody has signed in with it, so a mistyped address
leaves nothing behind; tokens are kept by address, and find it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pyvault.config.endpoints import parse_endpoint
from pyvault.config.setting_reader import parse_region
from pyvault.errors import InvalidSettingError, UsageError
from pyvault.record import Record
from pyvault_cli.terminal import output

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pyvault.config.config_file import ConfigFile
    from pyvault.sso.session import SsoSession
    from pyvault_cli.context import Context

OPTIONS = ("'pyvault sso login URL --region REGION'", "a terminal")
#: Made by AWS, and no name that a person would know.
NUMBERED = re.compile(r"(d-|ssoins-)[0-9a-f]+")


class NewSession(Record):
    """An ``sso-session`` section that is not in the file yet.

    Attributes:
        settings: what stands in it.
        portal: as it would be read from there.
    """

    name: str
    settings: Mapping[str, str]
    portal: SsoSession


def ask_for_session(context: Context, *, url: str | None = None, region: str | None = None) -> NewSession:
    """Ask a person for what is not given, and what the address does not say itself.

    Args:
        context: whose config file is to have it.
        url: the start URL, if it is known.
        region: of the portal, if it is known.

    Raises:
        InputRequiredError: something is missing, and nobody may or can be asked.
        ConfigError: the address is no portal's.
        AwsUnreachableError: it is a company's own, and gives no answer.
    """
    from pyvault.config.ca_bundle import OF_AWS, find_ca_bundle
    from pyvault.config.values import portal_url
    from pyvault.sso.vanity import follower, region_of, resolve

    bundle = find_ca_bundle(context.environ.get(OF_AWS), context.environ)
    if url is not None:
        _check_url(url)
    start_url = portal_url(url or _answer(context, "SSO start URL (https://NAME.awsapps.com/start)", _check_url))
    portal = resolve(start_url, follower(bundle))
    found = region_of(portal)
    if region is not None:
        parse_region(region, "--region")
        if found not in {None, region}:
            raise UsageError(f"the portal of '{start_url}' is in {found}, and --region says {region}")
    region = region or found or _region_on_page(portal, bundle) or _ask_region(context)
    return _session(context, start_url, region)


def write_session(context: Context, new: NewSession) -> None:
    """Append the section to the AWS config file; nothing else of it changes."""
    from pyvault.config.append import append_sso_session

    written = append_sso_session(context.aws_config, new.name, new.settings)
    context.__dict__["aws_config"] = written  # for what comes after in this command
    output.note(f"Added [sso-session {new.name}] to '{written.path}'")


def _session(context: Context, start_url: str, region: str) -> NewSession:
    from pyvault.config.append import with_sso_session
    from pyvault.sso.portal_lookup import find_session

    config = context.aws_config
    name = _free_name(config, start_url)
    # With the scope, AWS gives a token that renews itself.
    settings = {"sso_start_url": start_url, "sso_region": region, "sso_registration_scopes": "sso:account:access"}
    portal = find_session(with_sso_session(config, name, settings), name, context.environ)
    return NewSession(name=name, settings=settings, portal=portal)


def _free_name(config: ConfigFile, start_url: str) -> str:
    """Name a session after its portal, as its people call it; another of that name gets a number."""
    label, _, domain = start_url.partition("://")[2].partition("/")[0].partition(".")
    wanted = label if domain.startswith("awsapps.") and not NUMBERED.fullmatch(label) else "sso"
    name, number = wanted, 1
    while config.find_sso_session(name) is not None or config.find_profile(name) is not None:
        number += 1
        name = f"{wanted}-{number}"
    return name


def _region_on_page(portal: str, ca_bundle: str | None) -> str | None:
    from pyvault.sso.portal_page import find_region, reader

    region = find_region(portal, reader(ca_bundle))
    if region is not None:
        output.note(f"The portal is in the region {region}.")
    return region


def _ask_region(context: Context) -> str:
    """Ask for the region of the portal; the one that is set for programs is likely."""
    likely = context.environ.get("AWS_REGION") or context.environ.get("AWS_DEFAULT_REGION") or ""
    return _answer(context, f"SSO region ({likely or 'such as eu-west-1'})", _check_region, default=likely)


def _answer(context: Context, question: str, check: Callable[[str], object], *, default: str = "") -> str:
    """Ask until the answer may be one."""
    shown = question
    while True:
        typed = context.ask.terminal(f"the {question.partition(' (')[0]}", OPTIONS).line(shown).strip() or default
        try:
            check(typed)
        except InvalidSettingError as problem:
            shown = f"{problem.message}; {question}"
        else:
            return typed


def _check_url(text: str) -> None:
    parse_endpoint(text, "the start URL")


def _check_region(text: str) -> None:
    parse_region(text, "the region")
