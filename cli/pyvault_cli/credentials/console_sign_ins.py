"""Console sign-ins as commands use them: who may be asked, and which person a profile is for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.config.config_file import DEFAULT
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


def resolved(name: str, context: Context) -> Profile:
    """Return a profile with the source that it uses.

    Stored keys of the profile rank before a sign-in that it inherits, of ``[default]`` say. Only for such a
    one they are looked for: who ends a sign-in shall not have to open the vault.
    """
    from pyvault.config.load import load_profile

    profile = load_profile(context.aws_config, context.aws_credentials, name, context.environ)
    origin = origin_of(profile)
    if origin.name == DEFAULT or origin.origins.get("login_session") in {f"profile {origin.name}", None}:
        return profile
    stored = context.store.profiles()
    return load_profile(context.aws_config, context.aws_credentials, name, context.environ, stored=stored)


def session_of_profile(name: str, context: Context) -> LoginSession:
    """Return the console sign-in of a profile, its own or that of its source.

    Raises:
        ProfileNotFoundError: there is no such profile.
        ConfigError: it has none.
    """
    from pyvault.errors import ProfileNotFoundError

    profile = resolved(name, context)
    if not profile.known:
        raise ProfileNotFoundError(f"profile {name!r} not found", hint="pyvault list shows all profiles")
    session = _session(origin_of(profile), profile)
    if session is None:
        raise ConfigError(
            f"profile {name!r} has no login_session, so there is no console sign-in to end",
            hint="pyvault list shows the profiles that have one",
        )
    return session


def kept_sign_ins(context: Context, *, only: str | None = None) -> dict[str, LoginSession]:
    """Return the sign-in of each profile that has one of its own and is signed in; those with mistakes are left out.

    Args:
        context: of the command line.
        only: leaves all other profiles out.
    """
    kept = set(context.sessions.blobs(Kind.LOGIN_SESSION))
    if not kept:
        return {}  # resolving every profile is not for those who never signed in
    found: dict[str, LoginSession] = {}
    for name in context.aws_config.profiles():
        if only not in {name, None}:
            continue
        try:
            profile = resolved(name, context)
        except ConfigError:
            continue
        session = _session(profile, profile) if profile.source is None else None
        if session is not None and session.key() in kept:
            found[name] = session
    return found


def label_of(session: LoginSession) -> str:
    """Name a sign-in in a list: by whose it is."""
    return f"login:{session.arn.split(':', 4)[-1]}"


def drop_sign_ins(context: Context, profile: str | None) -> int:
    """Forget the console sign-in of a profile, which others may share, or all; return how many."""
    if profile is None:
        doomed = {*context.sessions.blobs(Kind.LOGIN_SESSION)}
    else:
        doomed = {session.key() for session in kept_sign_ins(context, only=profile).values()}
    return context.sessions.drop(doomed, kind=Kind.LOGIN_SESSION) if doomed else 0


def _session(origin: Profile, user: Profile) -> LoginSession | None:
    """Return the sign-in that *origin* makes for the profile that is used; None if it has none."""
    from pyvault.config.client_settings import client_of, home_partition
    from pyvault.loginsession.login_session import LoginSession

    if origin.login_session is None:
        return None
    client = client_of(origin, home_partition(user.chain()))
    return LoginSession(arn=origin.login_session, client=client, profile=origin.name)
