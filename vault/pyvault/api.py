"""The uniform credential API: one object, whatever the backend.

::

    with pyvault.open_vault(backend="file", options={"path": "team.pyv"}) as vault:
        vault.put("ci", access_key_id="AKIA...", secret_access_key=pyvault.Secret("..."))
        session = vault.boto3_session("ci")

It reads the same AWS config, makes the same plans and shares the same cache of
sessions as the command line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from pyvault import clock
from pyvault.errors import InputRequiredError
from pyvault.model import StoredCredentials
from pyvault.sessions.cache import CacheMode, find_min_ttl

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta
    from types import TracebackType

    import boto3

    from pyvault.backend import Ask
    from pyvault.model import Credentials
    from pyvault.paths import Paths
    from pyvault.planning.steps import Plan
    from pyvault.retrieve import Retriever
    from pyvault.secret import Secret
    from pyvault.sessions.session_cache import SessionCache
    from pyvault.storage.store import CredentialStore


class CredentialVault:
    """Stored credentials, and temporary ones made from them. Use it in a ``with``."""

    def __init__(
        self,
        store: CredentialStore,
        sessions: SessionCache,
        *,
        paths: Paths,
        environ: Mapping[str, str],
        ask: Ask | None,
    ) -> None:
        """Put the parts together; :func:`~pyvault.opening.open_vault` does it for you."""
        self._store = store
        self._sessions = sessions
        self._paths = paths
        self._environ = environ
        self._ask = ask

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the store; may be called twice."""
        self._sessions.close()
        self._store.close()

    # Stored credentials

    def put(self, profile: str, *, access_key_id: str, secret_access_key: Secret[str]) -> None:
        """Store or replace the long-lived pair of a profile."""
        pair = StoredCredentials(
            access_key_id=access_key_id, secret_access_key=secret_access_key, created=clock.now().replace(microsecond=0)
        )
        self._store.put(profile, pair)

    def get(self, profile: str) -> StoredCredentials:
        """Give the stored pair of a profile.

        Raises:
            ItemNotFoundError: nothing is stored for it.
        """
        return self._store.get(profile)

    def profiles(self) -> list[str]:
        """List the profiles that have a stored pair, sorted."""
        return [str(profile) for profile in self._store.profiles()]

    def delete(self, profile: str) -> None:
        """Remove the stored pair of a profile, and the cached sessions made from it.

        Raises:
            ItemNotFoundError: nothing is stored for it.
        """
        self._store.delete(profile)
        self._sessions.clear(root=profile)

    # Temporary credentials

    def credentials(
        self,
        profile: str,
        *,
        duration: timedelta | None = None,
        mfa_code: Secret[str] | None = None,
        region: str | None = None,
        no_session: bool = False,
        refresh: bool = False,
    ) -> Credentials:
        """Give credentials of a profile, from the cache where they are still good.

        May run configured commands, ask (through ``ask``) and call AWS.

        Args:
            profile: of the AWS config, or one with a stored pair.
            duration: of sessions and roles, where AWS allows it.
            mfa_code: used for the MFA calls of this one retrieval.
            region: overrides that of the profile.
            no_session: don't make a session of a stored pair: the result may be
                the long-lived pair itself.
            refresh: fetch anew, whatever the cache has.

        Raises:
            ConfigError: the profile can't be resolved.
            CredentialsError: AWS, a command or a human said no.
            InputRequiredError: an MFA code or a login is needed, and nobody can be asked.
        """
        plan = self._plan(profile, duration=duration, region=region, no_session=no_session)
        mode = CacheMode.REFRESH if refresh else CacheMode.USE
        return self._retriever(mfa_code).retrieve(plan, cache=mode)

    def boto3_session(
        self,
        profile: str,
        *,
        duration: timedelta | None = None,
        mfa_code: Secret[str] | None = None,
        region: str | None = None,
        no_session: bool = False,
    ) -> boto3.Session:
        """Give a ``boto3.Session`` whose credentials renew themselves, for as long as this vault is open.

        Arguments and errors as :meth:`credentials`; the first credentials are
        fetched at once. *mfa_code* serves that first time only.
        """
        from pyvault.boto3_session import make_session

        plan = self._plan(profile, duration=duration, region=region, no_session=no_session)
        first = self._retriever(mfa_code).retrieve(plan)
        return make_session(
            first,
            fetch=lambda: self._retriever(None).retrieve(plan),
            region=plan.region,
            window=find_min_ttl(self._environ),
        )

    def _plan(self, profile: str, *, duration: timedelta | None, region: str | None, no_session: bool) -> Plan:
        from pyvault.config.file import ConfigFile, find_config_path, find_credentials_path
        from pyvault.config.load import load_profile
        from pyvault.config.profile import duration_flags
        from pyvault.planning.plan import PlanOptions, make_plan
        from pyvault.planning.source import require_built

        stored = self._store.profiles()
        loaded = load_profile(
            ConfigFile.load(find_config_path(self._environ)),
            ConfigFile.load(find_credentials_path(self._environ)),
            profile,
            self._environ,
            duration_flags(duration, region=region),
            stored=stored,
        )
        plan = make_plan(loaded, stored=stored, options=PlanOptions(no_session=no_session))
        require_built(plan)
        return plan

    def _retriever(self, mfa_code: Secret[str] | None) -> Retriever:
        from pyvault.aws.boto3_calls import BotoCalls
        from pyvault.mfa.claims import MfaClaims
        from pyvault.mfa.desk import MfaDesk, MfaRequest
        from pyvault.mfa.stored_totp import StoredTotp, stored_codes
        from pyvault.retrieve import Retriever
        from pyvault.sessions.single_flight import SingleFlight
        from pyvault.sso.awscache import aws_cache_directory, read_aws_cache
        from pyvault.sso.login import SsoLogin
        from pyvault.sso.oidc_boto3 import connect
        from pyvault.sso.tokens import TokenStore
        from pyvault.toolbox import Tools

        ask, flight = self._ask, SingleFlight(self._paths.locks)
        aws_cache = aws_cache_directory(self._environ)

        def prompt(request: MfaRequest) -> Secret[str]:
            from pyvault.backend import Question

            if ask is None:
                raise InputRequiredError(f"an MFA code of {request.serial!r} is needed for {request.profile!r}")
            return ask(Question(key="mfa-code", prompt=f"MFA code of {request.serial}", sources=("mfa_code",)))

        return Retriever(
            Tools(
                store=self._store,
                calls=BotoCalls(),
                sessions=self._sessions,
                flight=flight,
                mfa=MfaDesk(
                    claims=MfaClaims(self._paths.locks, clock.now),
                    wait=_sleep,
                    environ=self._environ,
                    given=mfa_code,
                    prompt=stored_codes(StoredTotp(self._store.backend), clock=clock.now, otherwise=prompt),
                ),
                sso=SsoLogin(
                    tokens=TokenStore(self._sessions),
                    flights=flight,
                    connect=connect,
                    sign_in=None,
                    clock=clock.now,
                    elsewhere=lambda session: read_aws_cache(aws_cache, session),
                ),
                environ=self._environ,
                clock=clock.now,
                min_ttl=find_min_ttl(self._environ),
            )
        )


def _sleep(left: timedelta) -> None:
    import time

    time.sleep(left.total_seconds())
