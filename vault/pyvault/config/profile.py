"""A profile with every setting resolved, and where each one came from.

:mod:`pyvault.config.load` makes these; :mod:`pyvault.planning.plan` decides by them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.config.client_variables import ClientVariables
from pyvault.config.clients import Endpoints
from pyvault.record import Record, field

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import timedelta
    from pathlib import Path

    from pyvault.config.account import ClaimedAccount
    from pyvault.config.sources import CredentialSource, PassedOver, Skip
    from pyvault.errors import ConfigError
    from pyvault.model import Credentials


class Setting(Record):
    """A value and its origin.

    Attributes:
        origin: ``flag``, ``env NAME``, ``profile X``, ``include X``, ``[default]``,
            ``sso-session X``, ``services X`` or ``built-in``.
    """

    value: object
    origin: str


class Flags(Record):
    """Settings from the command line; they win over everything.

    The four durations apply to the source profiles too.
    """

    region: str | None = None
    sts_region: str | None = None
    assume_role_duration: timedelta | None = None
    get_session_token_duration: timedelta | None = None
    chained_get_session_token_duration: timedelta | None = None
    federation_token_duration: timedelta | None = None


def duration_flags(
    duration: timedelta | None, *, region: str | None = None, sts_region: str | None = None, login: bool = False
) -> Flags:
    """Return the flags that ``--duration``, ``--region`` and ``--sts-region`` stand for.

    Args:
        duration: applies to roles and sessions alike; None leaves them alone.
        region: of ``--region``.
        sts_region: of ``--sts-region``.
        login: the duration also applies to the federated session.
    """
    return Flags(
        region=region,
        sts_region=sts_region,
        assume_role_duration=duration,
        get_session_token_duration=duration,
        chained_get_session_token_duration=duration,
        federation_token_duration=duration if login else None,
    )


class Profile(Record):
    """One profile, resolved; a setting that nothing sets is None or empty.

    Attributes:
        known: there is a section of this name in one of the files.
        source: the profile that ``source_profile`` names, resolved as well.
        source_profile: never the profile itself.
        mfa_is_own: the files name a device for this profile, and it is not that of ``[default]``.
        endpoint_url: the general one; ``endpoints`` has what holds for each service.
        client: the client settings for a program's environment.
        read_only_profile: stands in where only reading is asked for, and the session takes no policy.
        sts_region: where STS is called, if not in ``region``.
        claimed_account: the account that the profile's own ``aws_account_id`` names.
        plaintext: keys in the files; used only when that is allowed.
        origins: by attribute name; what is missing here has no value.
        labels: how a message names each setting, by attribute name: the file, line and
            key, the variable, or the flag it came from.
        places: file and line, by attribute name, of what comes from a file.
        passed_over: sources and roles that are not inherited because a nearer source wins.
        skips: settings of the environment that do not apply.
        problem: the first invalid setting, or a loop.
        notes: what is worth a line under ``--debug``.
    """

    name: str
    known: bool
    source: Profile | None = None
    source_profile: str | None = None
    region: str | None = None
    role_arn: str | None = None
    role_session_name: str | None = None
    external_id: str | None = None
    mfa_serial: str | None = None
    mfa_is_own: bool = False
    mfa_process: str | None = None
    assume_role_duration: timedelta
    get_session_token_duration: timedelta
    chained_get_session_token_duration: timedelta
    federation_token_duration: timedelta
    sts_regional_endpoints: str | None = None
    endpoint_url: str | None = None
    endpoints: Endpoints = field(default_factory=Endpoints)
    client: ClientVariables = field(default_factory=ClientVariables)
    sts_region: str | None = None
    claimed_account: ClaimedAccount | None = None
    sso_session: str | None = None
    sso_start_url: str | None = None
    sso_region: str | None = None
    sso_account_id: str | None = None
    sso_role_name: str | None = None
    sso_registration_scopes: tuple[str, ...] = ()
    web_identity_token_file: str | None = None
    web_identity_token_process: str | None = None
    login_session: str | None = None
    credential_process: str | None = None
    credential_source: CredentialSource | None = None
    session_tags: tuple[tuple[str, str], ...] = ()
    transitive_session_tags: tuple[str, ...] = ()
    source_identity: str | None = None
    policy: str | None = None
    policy_arns: tuple[str, ...] = ()
    read_only_profile: str | None = None
    ca_bundle: str | None = None
    use_fips_endpoint: bool = False
    use_dualstack_endpoint: bool = False
    retry_mode: str | None = None
    max_attempts: int | None = None
    plaintext: Credentials | None = None
    origins: Mapping[str, str]
    labels: Mapping[str, str]
    places: Mapping[str, tuple[Path, int]] = field(default_factory=dict[str, "tuple[Path, int]"])
    passed_over: tuple[PassedOver, ...] = ()
    skips: tuple[Skip, ...] = ()
    problem: ConfigError | None = None
    notes: tuple[str, ...] = ()

    def chain(self) -> Iterator[Profile]:
        """Yield this profile, its source, the source's source, ..."""
        # A loop, not recursion: a generated config may chain thousands of profiles.
        profile: Profile | None = self
        while profile is not None:
            yield profile
            profile = profile.source

    def setting(self, name: str) -> Setting | None:
        """Return an attribute with its origin; None if nothing sets it."""
        origin = self.origins.get(name)
        return None if origin is None else Setting(value=getattr(self, name), origin=origin)

    def describe(self, name: str) -> str:
        """Return how a message names a setting: ``"FILE", line 3: region of profile 'a'``."""
        return self.labels.get(name) or f"{name} of profile {self.name!r}"


def find_profile_name(environ: Mapping[str, str]) -> str | None:
    """Return the profile that the environment names: ``AWS_PROFILE``, else ``AWS_DEFAULT_PROFILE``."""
    return environ.get("AWS_PROFILE") or environ.get("AWS_DEFAULT_PROFILE") or None
