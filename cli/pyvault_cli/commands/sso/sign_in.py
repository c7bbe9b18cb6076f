"""``pyvault sso login`` and ``logout``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pyvault import clock
from pyvault.clock import to_rfc3339
from pyvault.errors import AwsError, InputRequiredError, ItemCorruptError, ProfileNotFoundError, UsageError
from pyvault.sso.logout import Logout, logout
from pyvault.sso.oidc import Flow
from pyvault_cli.commandline.parameters import Option
from pyvault_cli.context import Context
from pyvault_cli.credentials import sso_portals
from pyvault_cli.credentials.sso_setup import NewSession, write_session
from pyvault_cli.terminal import output
from pyvault_cli.terminal.output import counted

if TYPE_CHECKING:
    from pyvault.sso.session import SsoSession


def sso_login(
    context: Context,
    session: sso_portals.SessionArgument = None,
    device: sso_portals.DeviceOption = False,
    no_browser: sso_portals.NoBrowserOption = False,
    browser: sso_portals.BrowserOption = None,
    region: Annotated[
        str | None, Option("--region", metavar="REGION", help="of the portal, for a URL that no sso-session has yet")
    ] = None,
) -> None:
    """Sign in to SESSION, or to the one of a profile, even if somebody is signed in already.

    Where no sso-session has the URL, or there is none at all, asks for what is missing,
    signs in, and appends the section to the AWS config file.
    """
    if device + no_browser + (browser is not None) > 1:
        raise UsageError("only one of --device, --no-browser and --browser can be used")
    new = _new_session(context, session, region)
    portal = new.portal if new else sso_portals.portal_named(session, context)
    if context.line.has("--no-input"):
        raise InputRequiredError(f"signing in to '{portal.label}' needs a person, and --no-input was given")
    flow = Flow.DEVICE if device else Flow.BROWSER if browser else None
    sign_in = sso_portals.sign_in(context, flow=flow, open_browser=not no_browser, browser=browser, on_purpose=True)
    token = context.sso_login(sign_in).sign_in_again(portal)
    renewed = ", and renews itself" if token.refresh_token else ""
    output.note(f"signed in to '{portal.label}'; the access token lasts until {to_rfc3339(token.expires)}{renewed}")
    if new:
        write_session(context, new)
        output.hint("'pyvault sso populate --write' makes a profile for each of its roles")


def _new_session(context: Context, name: str | None, region: str | None) -> NewSession | None:
    """Return the session to begin with; None where the config file has what is meant."""
    from pyvault.config.profile import find_profile_name
    from pyvault.config.values import is_url
    from pyvault.sso.portal_lookup import find_session
    from pyvault_cli.credentials.sso_setup import ask_for_session

    if name is None and not find_profile_name(context.environ) and not context.aws_config.sso_sessions():
        return ask_for_session(context, region=region)
    if name is not None and is_url(name):
        try:
            find_session(context.aws_config, name, context.environ, credentials_file=context.aws_credentials)
        except ProfileNotFoundError:
            return ask_for_session(context, url=name, region=region)
    if region is not None:
        raise UsageError("Can't use --region here: the config file says where the portal is")
    return None


OUTCOMES = {
    Logout.REVOKED: "signed out of '{}'; its tokens are revoked and forgotten",
    Logout.ALREADY_OVER: "the sign-in to '{}' was over already; what was kept of it is forgotten",
    Logout.ONLY_FORGOTTEN: "the tokens of '{}' are forgotten here, but AWS was out of reach: they end by themselves",
    Logout.NOT_SIGNED_IN: "nobody was signed in to '{}'",
}
#: Said before the error that tells why.
NOT_REVOKED = "the tokens of '{}' are forgotten here, but not revoked: they end by themselves"


def sso_logout(context: Context, session: sso_portals.SessionArgument = None) -> None:
    """Revoke the tokens of SESSION, and forget them and the role credentials made with them."""
    from pyvault.sso.oidc_boto3 import connect

    portal = sso_portals.portal_named(session, context)
    try:
        outcome = logout(
            portal,
            tokens=sso_portals.token_store(context),
            flights=context.flight,
            portal=sso_portals.portal_of(portal),
            oidc=connect(portal),
            clock=clock.now,
            aws_cache=sso_portals.aws_cache(context),
        )
    except (AwsError, ItemCorruptError):
        output.note(NOT_REVOKED.format(portal.label))
        _forget_roles(context, portal)
        raise
    output.note(OUTCOMES[outcome].format(portal.label))
    _forget_roles(context, portal)
    _warn_of_aws_cli(context, portal)


def _warn_of_aws_cli(context: Context, portal: SsoSession) -> None:
    from pyvault.sso.cli_cache import read_aws_cache

    token = read_aws_cache(sso_portals.aws_cache(context), portal)
    if token is not None and token.expires > clock.now():
        output.warn(f"the AWS CLI is signed in to '{portal.label}' by itself, and its token is used from now on")
        output.hint("aws sso logout ends that")


def _forget_roles(context: Context, portal: SsoSession) -> None:
    from pyvault.sso.portal_lookup import profiles_of

    profiles = profiles_of(context.aws_config, portal, context.environ, credentials_file=context.aws_credentials)
    dropped = sum(context.sessions.clear(profile) for profile in profiles)
    if dropped:
        output.note(f"forgot {counted(dropped, 'session')} of its roles; what AWS issued stays valid until it expires")
