"""``pyvault login-session`` and ``logout-session``: sign in with a console identity, as ``aws login`` does."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING, Annotated

from pyvault import clock
from pyvault.clock import to_rfc3339
from pyvault.errors import ConfigError, InputRequiredError, InvalidSettingError, UsageError, WriteFailedError
from pyvault_cli.commandline import shared_options
from pyvault_cli.commandline.parameters import Option
from pyvault_cli.context import Context
from pyvault_cli.terminal import output
from pyvault_cli.terminal.output import counted

if TYPE_CHECKING:
    from pyvault.config.clients import ClientSettings
    from pyvault.config.profile import Profile
    from pyvault.loginsession.login_tokens import LoginToken


def login_session(
    context: Context,
    profile: shared_options.ProfileArgument,
    remote: Annotated[
        bool, Option("--remote", help="sign in with a browser on another machine, and paste the text it shows")
    ] = False,
    take_over: Annotated[bool, Option("--import", help="take over the AWS CLI's sign-in, and remove its file")] = False,
    region: Annotated[
        str | None, Option("--region", metavar="REGION", help="sign in there, and write it into a profile without one")
    ] = None,
    no_browser: Annotated[bool, Option("--no-browser", help="print the address, open nothing")] = False,
    browser: Annotated[str | None, Option("--browser", metavar="COMMAND", help="sign in with this browser")] = None,
) -> None:
    """Sign in to AWS with your console identity, for PROFILE; its login_session is written if it has none."""
    if remote + take_over + no_browser + (browser is not None) > 1:
        raise UsageError("only one of --remote, --import, --no-browser and --browser can be used")
    loaded = _loaded(context, profile, region)
    client = _client(loaded)
    if take_over:
        token = _taken_over(context, loaded, client)
    elif context.line.has("--no-input"):
        raise InputRequiredError(f"signing in for profile {profile!r} needs a person, and --no-input was given")
    else:
        token = _signed_in(context, client, remote=remote, no_browser=no_browser, browser=browser)
        _keep(context, loaded, client, token)
    context.sessions.signed_in()
    _write_settings(context, loaded, token.arn, region)
    if take_over:
        output.note("took over the AWS CLI's sign-in; 'aws' itself has to sign in again")
    output.note(f"signed in as {token.arn}; the sign-in renews itself until {to_rfc3339(token.ends)} at the latest")
    if not take_over:
        _warn_of_the_aws_cli(context, token.arn)


def _loaded(context: Context, name: str, region: str | None) -> Profile:
    """Return the profile, if a console sign-in can be its source.

    Raises:
        ConfigError: it has another source already, or names nobody.
    """
    from pyvault.config.load import load_profile
    from pyvault.config.profile import duration_flags
    from pyvault.config.sources import SOURCE_KEYS, SSO_CHOICE, Source
    from pyvault.loginsession.login_session import PERSON
    from pyvault.names import parse_profile_name

    name, stored = parse_profile_name(name), context.store.profiles()
    flags = duration_flags(None, region=region)
    loaded = load_profile(context.aws_config, context.aws_credentials, name, context.environ, flags, stored=stored)
    if name in stored:
        raise ConfigError(
            f"profile {name!r} has keys in the vault, which are used before a console sign-in",
            hint="name another profile; one that does not exist yet is made",
        )
    own = {**(context.aws_credentials.find_plain_section(name) or {}), **(context.aws_config.find_profile(name) or {})}
    pair = ("aws_access_key_id", "aws_secret_access_key")
    others = [key for kind, keys in SOURCE_KEYS.items() if kind is not Source.LOGIN for key in keys]
    included = {key for key, origin in loaded.origins.items() if origin.startswith("include ")}
    found = next((key for key in (*others, *SSO_CHOICE, *pair) if key in own or key in included), None)
    if found is not None:
        from pyvault_cli.credentials.console_sign_ins import origin_of

        origin = origin_of(loaded)
        hint = "name another profile; one that does not exist yet is made"
        if origin is not loaded and origin.login_session is not None:
            hint = f"its source signs in: pyvault login-session {quote(origin.name)}"
        raise ConfigError(f"profile {name!r} has another source of credentials: {found}", hint=hint)
    if loaded.login_session is not None and not PERSON.fullmatch(loaded.login_session):
        raise ConfigError(
            f"{loaded.describe('login_session')}: {loaded.login_session!r} is not the ARN of a person",
            hint="remove the setting; signing in writes the right one",
        )
    return loaded


def _client(loaded: Profile) -> ClientSettings:
    from pyvault.config.client_settings import client_of, home_partition

    return client_of(loaded, home_partition([loaded]))


def _signed_in(
    context: Context, client: ClientSettings, *, remote: bool, no_browser: bool, browser: str | None
) -> LoginToken:
    from pyvault.loginsession.console_sign_in import sign_in
    from pyvault_cli.credentials.console_sign_ins import console_prompt

    prompt = console_prompt(context, remote=remote, open_browser=not no_browser, browser=browser, on_purpose=True)
    if prompt is None:
        raise InputRequiredError("signing in needs a person")
    return sign_in(client, prompt)


def _taken_over(context: Context, loaded: Profile, client: ClientSettings) -> LoginToken:
    """Move the AWS CLI's sign-in to us.

    Raises:
        ConfigError: the profile does not say whose sign-in it is.
        ItemNotFoundError: the AWS CLI has none.
    """
    from pyvault.loginsession.cli_sign_in import cache_path, take_over
    from pyvault.loginsession.console_sign_in import LONGEST_SESSION
    from pyvault.loginsession.login_session import LoginSession
    from pyvault.loginsession.login_tokens import LoginTokens

    if loaded.login_session is None:
        raise ConfigError(
            f"profile {loaded.name!r} has no login_session, which says whose sign-in to take over",
            hint="name the profile that 'aws login' has written it to",
        )
    session = LoginSession(arn=loaded.login_session, client=client, profile=loaded.name)
    path, ends = cache_path(context.environ, session.arn), clock.now() + LONGEST_SESSION
    with context.flight.alone(session.key(), what=f"the sign-in of '{session.arn}'"):
        return take_over(path, session, LoginTokens(context.sessions), ends=ends)


def _keep(context: Context, loaded: Profile, client: ClientSettings, token: LoginToken) -> None:
    from pyvault.loginsession.fresh_credentials import check_person
    from pyvault.loginsession.login_session import LoginSession
    from pyvault.loginsession.login_tokens import LoginTokens

    session = LoginSession(arn=loaded.login_session or token.arn, client=client, profile=loaded.name)
    check_person(session, token)
    with context.flight.alone(session.key(), what=f"the sign-in of '{session.arn}'"):
        LoginTokens(context.sessions).put(session, token)


def _write_settings(context: Context, loaded: Profile, arn: str, region: str | None) -> None:
    """Write into the profile what it lacks."""
    from pyvault.config.insert import add_settings
    from pyvault.files.modes import make_directory

    settings: dict[str, str] = {}
    own = context.aws_config.find_profile(loaded.name) or {}
    if loaded.login_session is None:
        settings["login_session"] = arn
    if region is not None and "region" not in own:
        settings["region"] = region
    if settings:
        make_directory(context.paths.locks)
        try:
            add_settings(context.aws_config, loaded.name, settings, lock=context.paths.locks / "aws-config.lock")
        except (InvalidSettingError, WriteFailedError) as error:
            lines = " and ".join(f"{key} = {value}" for key, value in settings.items())
            error.hint = (
                error.hint or f"{arn} is signed in all the same; add {lines} to profile {loaded.name!r} by hand"
            )
            raise
        output.note(f"wrote {' and '.join(settings)} of profile '{loaded.name}' to '{context.aws_config.path}'")


def _warn_of_the_aws_cli(context: Context, arn: str) -> None:
    from pyvault.loginsession.cli_sign_in import find_cli_session

    if (found := find_cli_session(context.environ, arn)) is not None:
        output.warn(f"the AWS CLI keeps a sign-in of its own in '{found}', in clear text")
        output.hint("aws logout ends that")


def logout_session(context: Context, profile: shared_options.ProfileArgument) -> None:
    """Revoke the console sign-in of PROFILE where AWS can, and forget it and the sessions made with it."""
    from pyvault.loginsession.login_tokens import LoginTokens
    from pyvault.loginsession.revoking import Logout, logout
    from pyvault_cli.credentials.console_sign_ins import session_of_profile

    session = session_of_profile(profile, context)
    outcome = logout(session, tokens=LoginTokens(context.sessions), flights=context.flight, clock=clock.now)
    told = {
        Logout.REVOKED: "signed out as {}; the sign-in is revoked and forgotten",
        Logout.ALREADY_OVER: "the sign-in of {} was over already; what was kept of it is forgotten",
        Logout.ONLY_FORGOTTEN: "the sign-in of {} is forgotten here, but not revoked: it ends within 12 hours",
        Logout.NOT_SIGNED_IN: "nobody was signed in as {}",
    }
    output.note(told[outcome].format(session.arn))
    users = frozenset(_profiles_of(context, session.arn))
    made = {entry.key for entry in context.sessions.entries() if entry.profile in users and entry.root is None}
    dropped = context.sessions.drop(made) if made else 0  # and none that was made with a stored key
    if dropped:
        output.note(f"forgot {counted(dropped, 'session')}; what AWS issued stays valid until it expires")


def _profiles_of(context: Context, arn: str) -> list[str]:
    """Return the profiles that use a person's sign-in, also by way of a source; those with mistakes are left out."""
    from pyvault.config.load import load_profile
    from pyvault_cli.credentials.console_sign_ins import origin_of

    found: list[str] = []
    for name in context.aws_config.profiles():
        try:
            loaded = load_profile(context.aws_config, context.aws_credentials, name, context.environ)
            if origin_of(loaded).login_session == arn:
                found.append(name)
        except ConfigError:
            continue
    return found
