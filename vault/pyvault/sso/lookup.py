"""Which portal a name on the command line means: an ``sso-session``, or what a profile names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pyvault.config.file import ConfigFile
from pyvault.config.load import load_profile
from pyvault.errors import ConfigError, InvalidSettingError, ProfileNotFoundError
from pyvault.planning.client_settings import home_partition, sso_client_of
from pyvault.sso.session import DEFAULT_SCOPES, SsoSession

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyvault.config.profile import Profile

#: A profile that exists for the length of a look-up.
_PROBE: Final = "pyvault-sso-look-up"


def find_session(config: ConfigFile, name: str | None, environ: Mapping[str, str]) -> SsoSession:
    """Find a portal by the name of its session, or of a profile that signs in there.

    Args:
        name: None takes the only session of the config file.
        environ: the ``AWS_*`` variables count, as for a profile.

    Raises:
        ProfileNotFoundError: nothing is called so.
        InvalidSettingError: what is called so can't be signed in to.
        ConfigError: no name was given, and there is not exactly one session.
    """
    if name is None:
        name = _only_session(config)
    if config.find_sso_session(name) is not None:
        return _session(_probe(config, name, environ), f"sso-session {name!r}")
    if config.find_profile(name) is not None:
        return _session(load_profile(config, None, name, environ), f"profile {name!r}")
    raise ProfileNotFoundError(
        f"no sso-session and no profile is called {name!r}", hint=f'they stand in "{config.path}"'
    )


def profiles_of(config: ConfigFile, session: SsoSession, environ: Mapping[str, str]) -> list[str]:
    """List the profiles that sign in to a portal; profiles with mistakes are left out."""
    found: list[str] = []
    for name in config.profiles():
        try:
            profile = load_profile(config, None, name, environ)
            if profile.sso_start_url and _session(profile, name).key() == session.key():
                found.append(name)
        except ConfigError:
            continue
    return found


def _only_session(config: ConfigFile) -> str:
    sessions = config.sso_sessions()
    if len(sessions) != 1:
        known = ", ".join(sessions) or "none"
        raise ConfigError(f'"{config.path}" has {len(sessions)} sso-sessions', hint=f"name one of them: {known}")
    return sessions[0]


def _probe(config: ConfigFile, session: str, environ: Mapping[str, str]) -> Profile:
    """Resolve a session as a profile that has nothing else would: one reading of the rules, not two."""
    quote = '"' if "'" in session else "'"
    text = f"\n\n[profile {_PROBE}]\nsso_session = {quote}{session}{quote}\n"
    return load_profile(ConfigFile.parse(config.data + text.encode(), config.path), None, _PROBE, environ)


def _session(profile: Profile, what: str) -> SsoSession:
    if profile.sso_start_url is None or profile.sso_region is None:
        missing = "sso_start_url" if profile.sso_start_url is None else "sso_region"
        raise InvalidSettingError(f"{what} has no {missing}")
    return SsoSession(
        name=profile.sso_session,
        start_url=profile.sso_start_url,
        client=sso_client_of(profile, profile.sso_region, home_partition(profile.chain())),
        scopes=profile.sso_registration_scopes or DEFAULT_SCOPES,
    )
