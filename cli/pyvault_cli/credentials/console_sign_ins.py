"""Console sign-ins as commands use them: who may be asked, and which person a profile is for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.errors import ConfigError
from pyvault.names import Kind

if TYPE_CHECKING:
    from pyvault.config.profile import Profile
    from pyvault.loginsession.console_sign_in import ConsolePrompt
    from pyvault.loginsession.login_session import LoginSession
    from pyvault_cli.context import Context


def console_prompt(
    context: Context,
    *,
    remote: bool = False,
    open_browser: bool = True,
    browser: str | None = None,
    on_purpose: bool = False,
) -> ConsolePrompt | None:
    """Return the way to have a person sign in; None where nobody may or could, as for SSO.

    Args:
        context: of the command line.
        remote: the browser is on another machine.
        open_browser: False shows the address only.
        browser: what opens it; None leaves that to config.toml and the desktop.
        on_purpose: signing in is what the command is for, so whoever started it is there.
    """
    from pyvault_cli.credentials.sso_portals import somebody_is_there

    if context.line.has("--no-input") or not (on_purpose or not open_browser or somebody_is_there(context)):
        return None
    from pyvault_cli.terminal.console_prompt import TerminalConsolePrompt

    return TerminalConsolePrompt(
        context.environ,
        runtime=context.paths.runtime,
        remote=remote,
        open_browser=open_browser,
        browser=browser or context.tool_config.browser,
    )


def origin_of(profile: Profile) -> Profile:
    """Return the profile at the end of a chain of sources: the one that signs in."""
    *_, last = profile.chain()
    return last


def session_of_profile(name: str, context: Context) -> LoginSession:
    """Return the console sign-in of a profile, its own or that of its source.

    Raises:
        ProfileNotFoundError: there is no such profile.
        ConfigError: it has none.
    """
    from pyvault.config.client_settings import client_of, home_partition
    from pyvault.config.load import load_profile
    from pyvault.errors import ProfileNotFoundError
    from pyvault.loginsession.login_session import LoginSession

    profile = load_profile(context.aws_config, context.aws_credentials, name, context.environ)
    if not profile.known:
        raise ProfileNotFoundError(f"profile {name!r} not found", hint="pyvault list shows all profiles")
    origin = origin_of(profile)
    if origin.login_session is None:
        raise ConfigError(f"profile {name!r} has no login_session, so there is no console sign-in to end")
    client = client_of(origin, home_partition(profile.chain()))
    return LoginSession(arn=origin.login_session, client=client, profile=origin.name)


def drop_sign_ins(context: Context, profile: str | None) -> int:
    """Forget the console sign-in of a profile, which others may share, or all; return how many."""
    kept = set(context.sessions.blobs(Kind.LOGIN_SESSION))
    if not kept:
        return 0
    if profile is not None:
        try:
            kept &= {session_of_profile(profile, context).key()}
        except ConfigError:
            return 0
    return context.sessions.drop(kept, kind=Kind.LOGIN_SESSION) if kept else 0
