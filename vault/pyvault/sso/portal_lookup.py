"""Which portal a name on the command line means, and who is signed in there as far as it can be told without asking."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from pyvault.config.client_settings import home_partition, sso_client_of
from pyvault.config.config_file import ConfigFile
from pyvault.config.load import load_profile
from pyvault.config.sso_settings import DEFAULT_SCOPES
from pyvault.config.values import is_url, portal_url
from pyvault.errors import ConfigError, InvalidSettingError, ItemNotFoundError, ProfileNotFoundError
from pyvault.files import witness
from pyvault.sso.session import SsoSession, session_of
from pyvault.sso.tokens import TokenStore

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from pyvault.config.profile import Profile
    from pyvault.planning.steps import SsoStep
    from pyvault.sessions.cache import BlobStore

#: A profile that exists for the length of a look-up.
_PROBE: Final = "pyvault-sso-look-up"


def find_session(
    config: ConfigFile, name: str | None, environ: Mapping[str, str], *, credentials_file: ConfigFile | None = None
) -> SsoSession:
    """Find a portal by the name of its session, of a profile that signs in there, or by its start URL.

    Args:
        config: the AWS config file.
        name: a profile may sign in there by way of its sources; None takes the only
            session of the config file.
        environ: the ``AWS_*`` variables count, as for a profile.
        credentials_file: the shared credentials file, which is a layer of a profile too.

    Raises:
        ProfileNotFoundError: nothing is called so, or signs in there.
        InvalidSettingError: what is called so can't be signed in to.
        ConfigError: no name was given, and there is not exactly one session.
    """
    if name is None:
        name = _only_session(config)
    if is_url(name):
        return _by_url(config, name, environ, credentials_file)
    if config.find_sso_session(name) is not None:
        return _session(config, _as_profile(config, name, environ), f"sso-session {name!r}")
    in_credentials_file = credentials_file is not None and credentials_file.find_plain_section(name) is not None
    if config.find_profile(name) is not None or in_credentials_file:
        profile = load_profile(config, credentials_file, name, environ)
        origin = _origin(profile)
        what = (
            f"profile {name!r}" if origin is profile else f"profile {origin.name!r}, which {name!r} uses as its source,"
        )
        return _session(config, origin, what, partition_of=profile)
    raise ProfileNotFoundError(f"no sso-session and no profile is called {name!r}", hint=f'looked in "{config.path}"')


def own_session(
    config: ConfigFile, name: str, environ: Mapping[str, str], *, credentials_file: ConfigFile | None = None
) -> SsoSession | None:
    """Return the portal that a profile itself signs in to, not by way of a source; None if to none.

    Raises:
        ConfigError: its settings are wrong.
    """
    profile = load_profile(config, credentials_file, name, environ)
    is_own = _signs_in(profile) and profile.source is None
    return _session(config, profile, f"profile {name!r}") if is_own else None


def _origin(profile: Profile) -> Profile:
    """Return the last profile of the chain: where a plan begins, unless keys are stored on the way."""
    *_, last = profile.chain()
    return last


def _signs_in(profile: Profile) -> bool:
    return bool(profile.sso_session or profile.sso_start_url)


def profiles_of(
    config: ConfigFile, session: SsoSession, environ: Mapping[str, str], *, credentials_file: ConfigFile | None = None
) -> list[str]:
    """List the profiles that sign in to a portal, by way of sources too; profiles with mistakes are left out."""
    found: list[str] = []
    for name in config.profiles():
        try:
            origin = _origin(load_profile(config, credentials_file, name, environ))
            if _signs_in(origin) and _session(config, origin, name).key() == session.key():
                found.append(name)
        except ConfigError:
            continue
    return found


def _by_url(
    config: ConfigFile, url: str, environ: Mapping[str, str], credentials_file: ConfigFile | None
) -> SsoSession:
    """Find the one portal with this start URL: sections of sessions come before profiles.

    Raises:
        ProfileNotFoundError: nothing signs in there.
        ConfigError: what does so does it with settings that differ.
    """
    portals: dict[str, SsoSession] = {}
    for name in (*config.sso_sessions(), *config.profiles()):
        try:
            if config.find_sso_session(name) is not None:
                portal: SsoSession | None = _session(
                    config, _as_profile(config, name, environ), f"sso-session {name!r}"
                )
            else:
                portal = own_session(config, name, environ, credentials_file=credentials_file)
        except ConfigError:
            continue
        if portal is not None and portal.portal_url == portal_url(url):
            portals.setdefault(portal.key(), portal)
    if not portals:
        raise ProfileNotFoundError(
            f"no sso-session and no profile signs in to {url!r}", hint=f'looked in "{config.path}"'
        )
    if len(portals) > 1:
        names = ", ".join(portal.name or portal.profile or portal.start_url for portal in portals.values())
        raise ConfigError(f"{url!r} is signed in to with settings that differ", hint=f"name one of them: {names}")
    return next(iter(portals.values()))


def _only_session(config: ConfigFile) -> str:
    sessions = config.sso_sessions()
    if len(sessions) != 1:
        if not sessions:
            raise ConfigError(f'"{config.path}" has no sso-session', hint="'pyvault sso login' makes one and signs in")
        raise ConfigError(
            f'"{config.path}" has {len(sessions)} sso-sessions', hint=f"name one of them: {', '.join(sessions)}"
        )
    return sessions[0]


def _as_profile(config: ConfigFile, session: str, environ: Mapping[str, str]) -> Profile:
    """Resolve a session as a profile that has nothing else would: one reading of the rules, not two."""
    quote = '"' if "'" in session else "'"
    text = f"\n\n[profile {_PROBE}]\nsso_session = {quote}{session}{quote}\n"
    return load_profile(ConfigFile.parse(config.data + text.encode(), config.path), None, _PROBE, environ)


def _session(config: ConfigFile, profile: Profile, what: str, *, partition_of: Profile | None = None) -> SsoSession:
    misspelt = profile.sso_session is not None and config.find_sso_session(profile.sso_session) is None
    if profile.sso_start_url is None and misspelt:
        known = ", ".join(config.sso_sessions()) or "none"
        raise InvalidSettingError(
            f"{profile.describe('sso_session')}: there is no [sso-session {profile.sso_session}]",
            hint=f'the sso-sessions of "{config.path}" are: {known}',
        )
    if profile.sso_start_url is None or profile.sso_region is None:
        missing = "sso_start_url" if profile.sso_start_url is None else "sso_region"
        raise InvalidSettingError(f"{what} has no {missing}")
    return SsoSession(
        name=profile.sso_session,
        start_url=profile.sso_start_url,
        client=sso_client_of(profile, profile.sso_region, home_partition((partition_of or profile).chain())),
        scopes=profile.sso_registration_scopes or DEFAULT_SCOPES,
        profile=None if profile.name == _PROBE else profile.name,
    )


NO_TIME = timedelta(0)


def signed_in_as(step: SsoStep, blobs: BlobStore, *, environ: Mapping[str, str], at: datetime) -> str:
    """Return the identity of the token that :class:`~pyvault.sso.access_token.SsoLogin` would begin with.

    That is our own, which a refresh does not change; else the one that the AWS CLI
    keeps, while it is good.

    Args:
        step: whose portal.
        blobs: where our own token is.
        environ: tells where the AWS CLI keeps its tokens.
        at: the time that counts as now.

    Raises:
        ItemNotFoundError: nobody is signed in.
        ItemCorruptError: what is kept is no token of ours.
    """
    session = session_of(step)
    try:
        own = TokenStore(blobs).token(session)
    except ItemNotFoundError:
        own = None
    if own is not None and (own.refresh_token is not None or own.is_fresh(at=at, window=NO_TIME)):
        if witness.current is not None and own.refresh_token is None:
            witness.current.saw_end(own.expires)
        return own.identity
    from pyvault.sso.cli_cache import aws_cache_directory, read_aws_cache

    found = read_aws_cache(aws_cache_directory(environ), session)
    if found is not None and found.is_fresh(at=at, window=NO_TIME):
        if witness.current is not None:
            witness.current.saw_end(found.expires)
        return found.identity
    if own is None:
        raise ItemNotFoundError(f"nobody is signed in to {session.label!r}")
    return own.identity
