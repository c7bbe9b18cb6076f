"""IAM Identity Center as commands use it: which portal, who signs in, where the tokens are."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from pyvault import clock
from pyvault_cli import console

if TYPE_CHECKING:
    from pathlib import Path

    from pyvault.aws.calls import SsoPortal
    from pyvault.planning.steps import Plan
    from pyvault.sso.login import SsoLogin
    from pyvault.sso.oidc import Flow
    from pyvault.sso.session import SsoSession
    from pyvault.sso.signin import SignIn
    from pyvault.sso.tokens import TokenStore
    from pyvault_cli.context import Context

SessionArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="[SESSION|PROFILE|URL]",
        help="an sso-session, a profile that signs in by SSO or stands on one that does, or a start URL; "
        "by default the only session there is",
        show_default=False,
    ),
]
DeviceOption = Annotated[bool, typer.Option("--device", help="sign in with a code, from a browser on any machine")]
BrowserOption = Annotated[
    str | None,
    typer.Option(
        "--browser",
        metavar="COMMAND",
        help="sign in with this browser, on this machine; %s is the address, %u the address percent-encoded",
    ),
]
NoBrowserOption = Annotated[
    bool, typer.Option("--no-browser", "--stdout", envvar="AWS_VAULT_STDOUT", help="print the address, open nothing")
]


def portal_named(given: str | None, context: Context) -> SsoSession:
    """Say which portal is meant: the one named, else that of ``AWS_PROFILE``, else the only one.

    Raises:
        ProfileNotFoundError: nothing is called so.
        ConfigError: none is named, and there is not exactly one; or its settings are wrong.
    """
    from pyvault.config.profile import find_profile_name
    from pyvault.sso.lookup import find_session

    name = given or find_profile_name(context.environ)
    return find_session(context.aws_config, name, context.environ, credentials_file=context.aws_credentials)


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
    if context.words.has("--no-input") or not (on_purpose or not open_browser or _somebody_is_there(context)):
        return None
    from pyvault.sso.oidc_boto3 import connect
    from pyvault.sso.signin import SignIn
    from pyvault_cli.person import TerminalPerson

    person = TerminalPerson(
        context.environ,
        runtime=context.paths.runtime,
        flow=flow,
        open_browser=open_browser,
        browser=browser or context.tool_config.browser,
    )
    return SignIn(connect=connect, tokens=token_store(context), person=person, clock=clock.now, sleep=time.sleep)


def aws_cache(context: Context) -> Path:
    """Return the place where the AWS CLI and the SDKs keep tokens."""
    from pyvault.sso.awscache import aws_cache_directory

    return aws_cache_directory(context.environ)


def _somebody_is_there(context: Context) -> bool:
    """Say whether a person would see the question: a job of cron must not wait for a browser."""
    import sys

    from pyvault_cli.prompts import program, terminal

    if sys.platform in {"darwin", "win32"} or context.environ.get("BROWSER"):
        return True
    return program.on_display(context.environ) or terminal.available(context.environ)


def token_store(context: Context) -> TokenStore:
    """Give the place of tokens and registrations: the session vault."""
    from pyvault.sso.tokens import TokenStore

    return TokenStore(context.sessions)


def portal_of(session: SsoSession) -> SsoPortal:
    """Give the portal to ask."""
    from pyvault.aws.boto3_calls import BotoCalls

    return BotoCalls().sso_portal(session.client)


def leave_tokens(context: Context, plan: Plan) -> None:
    """Write the tokens a plan signs in with where the AWS CLI and the SDKs look, and say so.

    The credentials were fetched just before, so the tokens are at hand.
    """
    from pyvault.planning.steps import SsoStep
    from pyvault.sso.awscache import write_aws_cache
    from pyvault.sso.session import session_of

    directory = aws_cache(context)
    for step in plan.steps:
        if isinstance(step, SsoStep):
            session = session_of(step)
            token = sso_login(context).token(session)
            path = write_aws_cache(directory, session, token)
            console.warn(
                f"the SSO access token of '{session.label}' is in '{path}' in plain text, for the child; "
                f"it lasts until {clock.to_rfc3339(token.expires)}"
            )
