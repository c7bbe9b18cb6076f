"""The first step of a plan: the source of credentials that a profile has.

In this order: stored keys, SSO, web identity, ``login_session``, ``credential_process``,
``credential_source``, keys in plain text (``source_profile``, which comes second,
is another profile). A profile has several only if one layer names several:
:mod:`pyvault.config.sources` decides which layer's apply.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.config.client_settings import client_of, sso_client_of
from pyvault.config.sso_settings import DEFAULT_SCOPES
from pyvault.errors import InvalidSettingError, NoCredentialsError
from pyvault.planning.limits import LONGEST_ROLE, check_duration, check_policies, check_text
from pyvault.planning.steps import (
    LoginSessionStep,
    PlaintextStep,
    ProcessStep,
    SourceStep,
    SsoStep,
    Step,
    StoredStep,
    WebIdentityStep,
)
from pyvault.record import Record

if TYPE_CHECKING:
    from collections.abc import Collection

    from pyvault.config.partition import Partition
    from pyvault.config.profile import Profile


class PlanOptions(Record):
    """The options of a plan.

    Attributes:
        no_session: never GetSessionToken; long-lived keys may reach the program.
        disable_sessions_for: the same for one profile only.
        federation: end in a federated session if there would only be long-lived keys.
        allow_plaintext_source: keys in config files may be used.
    """

    no_session: bool = False
    disable_sessions_for: str | None = None
    federation: bool = False
    allow_plaintext_source: bool = False


def first_step(  # noqa: C901, PLR0911 - one for each kind of source
    profile: Profile, *, stored: Collection[str], options: PlanOptions, partition: Partition
) -> Step:
    """Return the step that a plan begins with.

    Raises:
        NoCredentialsError: the profile has no source, or only one that is not allowed.
        InvalidSettingError: a setting that the source needs is missing or invalid.
    """
    name = profile.name
    if name in stored:
        return StoredStep(profile=name, why=f"the keys of {name!r} are in the vault")
    if profile.sso_session or profile.sso_start_url:
        return _sso_step(profile, partition)
    if profile.web_identity_token_file or profile.web_identity_token_process:
        return _web_identity_step(profile, partition)
    if profile.login_session:
        why = f"{name!r} uses the console sign-in of {profile.login_session}"
        client = client_of(profile, partition)
        return LoginSessionStep(profile=name, session=profile.login_session, client=client, why=why)
    if profile.credential_process:
        origin = profile.origins.get("credential_process", "")
        inherited = origin.startswith(("[default]", "include "))
        why = (
            f"{name!r} inherits the credential_process of {origin}"
            if inherited
            else f"{name!r} names a credential_process"
        )
        return ProcessStep(profile=name, command=profile.credential_process, why=why)
    if profile.credential_source is not None:
        why = f"{name!r} takes its credentials from {profile.credential_source}"
        return SourceStep(profile=name, source=profile.credential_source, why=why)
    if profile.plaintext is not None and options.allow_plaintext_source:
        why = f"the keys of {name!r} are stored in plain text in a config file, and that is allowed"
        return PlaintextStep(profile=name, credentials=profile.plaintext, why=why)
    if profile.plaintext is not None:
        from pyvault.surface import option

        path, _ = profile.places["plaintext"]
        as_they_are = option("allow_plaintext_source")
        raise NoCredentialsError(
            f"profile {name!r}: its credentials are stored only in plain text, in '{path}'",
            hint="'pyvault import credentials-file' stores those of the credentials file in the vault"
            + (f"; {as_they_are} uses them as they are" if as_they_are else ""),
        )
    for choice in ("sso_account_id", "sso_role_name"):
        if profile.setting(choice) is not None:
            raise InvalidSettingError(
                f"{profile.describe(choice)}: there is no sso_session or sso_start_url to sign in with",
                hint="set sso_session to an [sso-session] section that has sso_start_url and sso_region",
            )
    from pyvault.surface import call

    raise NoCredentialsError(f"profile {name!r}: credentials missing", hint=f"{call('put', name)} stores a key pair")


def _sso_step(profile: Profile, partition: Partition) -> SsoStep:
    session = profile.sso_session
    if profile.sso_start_url is None:
        raise InvalidSettingError(
            f"{profile.describe('sso_session')}: [sso-session {session}] has no sso_start_url",
            hint="check the name; 'pyvault sso login' with this profile lists the sso-sessions",
        )
    return SsoStep(
        profile=profile.name,
        session=session,
        start_url=profile.sso_start_url,
        sso_region=_required(profile, profile.sso_region, "sso_region"),
        account_id=_required(profile, profile.sso_account_id, "sso_account_id"),
        role_name=_required(profile, profile.sso_role_name, "sso_role_name"),
        registration_scopes=profile.sso_registration_scopes or DEFAULT_SCOPES,
        client=sso_client_of(profile, _required(profile, profile.sso_region, "sso_region"), partition),
        why=f"{profile.name!r} signs in through " + (f"sso-session {session!r}" if session else profile.sso_start_url),
    )


def _required(profile: Profile, value: str | None, setting: str) -> str:
    if value is None:
        raise InvalidSettingError(f"profile {profile.name!r} uses SSO but has no {setting}")
    return value


def _web_identity_step(profile: Profile, partition: Partition) -> WebIdentityStep:
    if profile.role_arn is None:
        raise InvalidSettingError(f"profile {profile.name!r} has a web identity token but no role_arn")
    check_duration(profile, "assume_role_duration", profile.assume_role_duration, LONGEST_ROLE)
    check_text(profile, "role_arn", "role_session_name")
    check_policies(profile)
    process = None if profile.web_identity_token_file else profile.web_identity_token_process
    return WebIdentityStep(
        profile=profile.name,
        role_arn=profile.role_arn,
        role_session_name=profile.role_session_name,
        token_file=profile.web_identity_token_file,
        token_process=process,
        duration=profile.assume_role_duration,
        policy=profile.policy,
        policy_arns=profile.policy_arns,
        client=client_of(profile, partition),
        why=f"{profile.name!r} assumes its role with a web identity token",
    )
