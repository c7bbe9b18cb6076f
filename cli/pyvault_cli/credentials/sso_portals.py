"""IAM Identity Center as commands use it: which portal, who signs in, where the tokens are."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

from pyvault import clock
from pyvault.errors import ConfigError, ProfileNotFoundError
from pyvault.names import Kind
from pyvault_cli.commandline.parameters import Argument, Option
from pyvault_cli.terminal import output

if TYPE_CHECKING:
    from pathlib import Path

    from pyvault.aws.calls import SsoPortal
    from pyvault.planning.steps import Plan
    from pyvault.sso.access_token import SsoLogin
    from pyvault.sso.oidc import Flow
    from pyvault.sso.person_signs_in import SignIn
    from pyvault.sso.session import SsoSession
    from pyvault.sso.tokens import TokenStore
    from pyvault_cli.context import Context

SessionArgument = Annotated[
    str | None,
    Argument(
        metavar="[SESSION|PROFILE|URL]",
        help="an sso-session, a profile that signs in by SSO itself or by its source, or a start URL; "
        "by default the only session there is",
        show_default=False,
    ),
]
DeviceOption = Annotated[bool, Option("--device", help="sign in with a code, from a browser on any machine")]
BrowserOption = Annotated[
    str | None,
    Option(
        "--browser",
        metavar="COMMAND",
        help="sign in with this browser, on this machine; %s is the address, %u the address percent-encoded",
    ),
]
NoBrowserOption = Annotated[
    bool, Option("--no-browser", "--stdout", envvar="AWS_VAULT_STDOUT", help="print the address, open nothing")
]


def portal_named(name: str | None, context: Context) -> SsoSession:
    """Return the portal that is named, else that of ``AWS_PROFILE``, else the only one.

    Raises:
        ProfileNotFoundError: nothing is called so.
        ConfigError: none is named, and there is not exactly one; or its settings are wrong.
    """
    from pyvault.config.profile import find_profile_name
    from pyvault.sso.portal_lookup import find_session

    name = name or find_profile_name(context.environ)
    config = context.aws_config
    try:
        return find_session(config, name, context.environ, credentials_file=context.aws_credentials)
    except ProfileNotFoundError as problem:
        from pyvault_cli.credentials.missing_key import name_nearest

        name_nearest(problem, name or "", {*config.sso_sessions(), *config.profiles()})
        raise


def sso_login(context: Context) -> SsoLogin:
    """Return the source of access tokens for a command that needs one beside other things; see :func:`sign_in`."""
    return context.sso_login(sign_in(context))


def sign_in(
    context: Context,
    *,
    flow: Flow | None = None,
    open_browser: bool = True,
    browser: str | None = None,
    on_purpose: bool = False,
) -> SignIn | None:
    """Return the way to have a person sign in; None where nobody may or could.

    With ``--no-input``, and where nobody would see the question, nobody signs
    in: what is kept is used and refreshed, and what needs a person fails at once
    and says what to run. Who has the address printed reads it, terminal or not.

    Args:
        context: of the command line.
        flow: how to sign in; None chooses by where this is.
        open_browser: False shows the address only.
        browser: what opens it; None leaves that to config.toml and the desktop.
        on_purpose: signing in is what the command is for, so whoever started it is there.
    """
    if context.line.has("--no-input") or not (on_purpose or not open_browser or somebody_is_there(context)):
        return None
    from pyvault.sso.oidc_boto3 import connect
    from pyvault.sso.person_signs_in import SignIn
    from pyvault_cli.terminal.sign_in_prompt import TerminalSignInPrompt

    prompt = TerminalSignInPrompt(
        context.environ,
        runtime=context.paths.runtime,
        flow=flow,
        open_browser=open_browser,
        browser=browser or context.tool_config.browser,
    )
    return SignIn(connect=connect, tokens=token_store(context), prompt=prompt, clock=clock.now, sleep=time.sleep)


def aws_cache(context: Context) -> Path:
    """Return the place where the AWS CLI and the SDKs keep tokens."""
    from pyvault.sso.cli_cache import aws_cache_directory

    return aws_cache_directory(context.environ)


def somebody_is_there(context: Context) -> bool:
    """Return whether a person would see the question: a job of cron must not wait for a browser."""
    import sys

    from pyvault_cli.terminal.mfa_prompts import program, terminal

    if sys.platform in {"darwin", "win32"} or context.environ.get("BROWSER"):
        return True
    return program.on_display(context.environ) or terminal.available(context.environ)


def token_store(context: Context) -> TokenStore:
    """Return the store of tokens and registrations, which is the session vault."""
    from pyvault.sso.tokens import TokenStore

    return TokenStore(context.sessions)


def portal_of(session: SsoSession) -> SsoPortal:
    """Return the client of a portal."""
    from pyvault.aws.client import BotoCalls

    return BotoCalls().sso_portal(session.client)


def leave_tokens(context: Context, plan: Plan) -> None:
    """Write the tokens a plan signs in with where the AWS CLI and the SDKs look, and say so.

    The credentials were fetched just before, so the tokens are at hand.
    """
    from pyvault.planning.steps import SsoStep
    from pyvault.sso.cli_cache import write_aws_cache
    from pyvault.sso.session import session_of

    directory = aws_cache(context)
    for step in plan.steps:
        if isinstance(step, SsoStep):
            session = session_of(step)
            token = sso_login(context).token(session)
            path = write_aws_cache(directory, session, token)
            output.warn(
                f"the SSO access token of '{session.label}' is in '{path}' in plain text, for the child; "
                f"it lasts until {clock.to_rfc3339(token.expires)}"
            )


def kept_portals(context: Context) -> dict[str, SsoSession]:
    """Return the portal of each profile whose token is kept; profiles with mistakes are left out."""
    kept = set(context.sessions.blobs(Kind.SSO_TOKEN))
    if not kept:
        return {}  # resolving every profile is not for those who never signed in
    from pyvault.sso.portal_lookup import own_session

    portals: dict[str, SsoSession] = {}
    for name in context.aws_config.profiles():
        try:
            portal = own_session(context.aws_config, name, context.environ, credentials_file=context.aws_credentials)
        except ConfigError:
            continue
        if portal is not None and portal.key() in kept:
            portals[name] = portal
    return portals


def label_of(portal: SsoSession) -> str:
    """Name a token as aws-vault's ``list`` does: by its session, else by the host of its start URL."""
    from urllib.parse import urlsplit

    return f"oidc:{portal.name or urlsplit(portal.start_url).hostname or portal.start_url}"


def drop_tokens(context: Context, profile: str | None) -> int:
    """Forget the token of a profile's portal, which others may share, or all tokens; return how many."""
    if profile is None:
        doomed = {*context.sessions.blobs(Kind.SSO_TOKEN)}
    else:
        doomed = {portal.key() for name, portal in kept_portals(context).items() if name == profile}
    return context.sessions.drop(doomed, kind=Kind.SSO_TOKEN) if doomed else 0
