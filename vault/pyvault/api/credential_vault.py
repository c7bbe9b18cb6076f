"""The API for programs: one object, whatever the backend.

It reads the same AWS config, makes the same plans and shares the same cache of
sessions as the command line: :mod:`pyvault.runtime` puts both together. Long by its
docstrings, as its other half is.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from pyvault import clock
from pyvault.api.arguments import check_types
from pyvault.api.records import ExplainedPlan  # noqa: TC001 - typing.get_type_hints reads what the annotations name
from pyvault.api.stored_pairs import StoredPairs
from pyvault.backend import Attributed
from pyvault.errors import BackendError
from pyvault.model import Credentials  # noqa: TC001 - as above
from pyvault.planning.steps import StoredStep
from pyvault.secret import Secret  # noqa: TC001 - as above
from pyvault.sessions.cache import CacheMode, find_min_ttl

if TYPE_CHECKING:
    from collections.abc import Callable

    import boto3

    from pyvault.boto3_session import RenewedCredentials
    from pyvault.planning.steps import Plan
    from pyvault.retrieval.walk import Retriever
else:

    class _Boto3:
        """What ``typing.get_type_hints`` finds in place of boto3, whose import takes a third of a second."""

        @property
        def Session(self) -> object:  # noqa: N802 - boto3's name
            import boto3

            return boto3.Session

    boto3 = _Boto3()

#: How long a replaced pair may be used where only decrypting would tell: pass would start gpg for each call.
LOOK_AGAIN = timedelta(minutes=1)


class CredentialVault(StoredPairs):
    """Stored credentials, and temporary ones made from them.

    Made by :func:`open_vault` or :func:`create_vault`; use it in a ``with``. One may be used by
    several threads. Every error is a :class:`~pyvault.errors.PyvaultError`, but for an argument
    of a wrong type, which is a ``TypeError``. Beside those that a method names, each that looks
    into the store may raise a :class:`~pyvault.errors.BackendError`, among them what opening it
    at its first use raises; after :meth:`close` each raises :class:`~pyvault.errors.VaultClosedError`.
    Its ``repr`` names the backend, and whether it is closed.

    Example:
        >>> import pyvault
        >>> with pyvault.open_vault("memory") as vault:
        ...     key = pyvault.Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
        ...     vault.put("ci", access_key_id="AKIAIOSFODNN7EXAMPLE", secret_access_key=key)
        ...     vault, vault.profiles()
        (<CredentialVault backend='memory'>, ['ci'])
    """

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
        """Return credentials of a profile, from the cache where they are still good.

        May run configured commands, ask (through ``ask``) and call AWS. Processes and
        threads that want the same session at once make one call.

        Args:
            profile: of the AWS config, or one with a stored pair.
            duration: of sessions (15 minutes to 36 hours) and roles (15 minutes to 12
                hours); by default the profile's, the environment's, or 1 hour.
            mfa_code: six digits, for the MFA calls of this one retrieval.
            region: overrides that of the profile.
            no_session: don't make a session of a stored pair: the result may be
                the long-lived pair itself.
            refresh: fetch every step again, whatever the cache has.

        Returns:
            The credentials; ``expires`` is aware UTC, or None for what does not expire.

        Raises:
            ConfigError: the profile can't be resolved, or a duration is out of range.
            CredentialsError: AWS, a command or a human said no.
            InputRequiredError: an MFA code or a login is needed, and nobody may be asked.

        Example:
            >>> with open_vault("memory", options={"name": "team"}) as vault:
            ...     credentials = vault.credentials("ci", no_session=True)
            >>> credentials.access_key_id, credentials.expires
            ('AKIAIOSFODNN7EXAMPLE', None)
        """
        check_types(profile=profile, duration=duration, mfa_code=mfa_code, region=region)
        check_types(no_session=no_session, refresh=refresh)
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
        """Return a ``boto3.Session`` whose credentials renew themselves, for as long as this vault is open.

        The first credentials are fetched at once, and errors of that are pyvault's. What can't be
        renewed later comes out of the call to AWS as ``botocore.exceptions.CredentialRetrievalError``,
        whose ``__cause__`` is pyvault's error. With *no_session*, a pair that is replaced in the
        store, as by a rotation, is followed: at the next call, or within a minute where the store
        has to decrypt a pair to tell. Keys that AWS refuses before their end are replaced after
        :meth:`invalidate`.

        Args:
            profile: as for :meth:`credentials`.
            duration: as for :meth:`credentials`.
            mfa_code: for the first credentials only; later ones need ``ask``.
            region: of the session; by default the profile's.
            no_session: as for :meth:`credentials`.

        Returns:
            The session; nothing else of boto3's credential chain is asked.

        Raises:
            ConfigError, CredentialsError, InputRequiredError: as for :meth:`credentials`.

        Example:
            >>> with open_vault("memory", options={"name": "team"}) as vault:
            ...     vault.boto3_session("ci", region="eu-west-1", no_session=True).region_name
            'eu-west-1'
        """
        from pyvault.boto3_session import make_session

        check_types(profile=profile, duration=duration, mfa_code=mfa_code, region=region, no_session=no_session)
        plan = self._plan(profile, duration=duration, region=region, no_session=no_session)
        return make_session(self._renewing(plan, mfa_code), region=plan.region, environ=self._runtime.environ)

    def plan(
        self, profile: str, *, duration: timedelta | None = None, region: str | None = None, no_session: bool = False
    ) -> ExplainedPlan:
        """Return how :meth:`credentials` would get credentials, and why; makes no call and asks nobody.

        Args:
            profile: as for :meth:`credentials`.
            duration: as for :meth:`credentials`.
            region: as for :meth:`credentials`.
            no_session: as for :meth:`credentials`.

        Returns:
            The steps, with what the cache has; ``str()`` of it is the text of ``pyvault explain``.

        Raises:
            ConfigError: the profile can't be resolved, or a duration is out of range.
            NoCredentialsError: nothing says where its credentials come from.

        Example:
            >>> with open_vault("memory", options={"name": "team"}) as vault:
            ...     [step.operation for step in vault.plan("ci", no_session=True).steps]
            ['stored']
        """
        from pyvault.api.planning import Planner, explained

        check_types(profile=profile, duration=duration, region=region, no_session=no_session)
        planner = Planner(self._runtime)
        loaded = planner.load(profile, duration=duration, region=region)
        return explained(self._runtime, loaded, planner.plan(loaded, no_session=no_session))

    def clear_sessions(self, profile: str | None = None) -> int:
        """Forget cached sessions; at AWS they stay good until they expire. Sign-ins for SSO stay.

        Args:
            profile: those made for it; None for all.

        Returns:
            How many they were.

        Example:
            >>> with open_vault("memory", options={"name": "team"}) as vault:
            ...     vault.clear_sessions("ci")
            0
        """
        if profile is not None:
            check_types(profile=profile)
        return self._runtime.sessions.clear(profile)

    def invalidate(self, profile: str) -> None:
        """Take what was made for a profile for dead, as when AWS refuses keys before their expiry.

        The cached sessions of every step of its plan are forgotten. Those of :meth:`boto3_session`
        fetch new credentials before their next call.

        Args:
            profile: as for :meth:`credentials`.

        Raises:
            ConfigError: the profile can't be resolved.

        Example:
            >>> with open_vault("memory", options={"name": "team"}) as vault:
            ...     vault.invalidate("ci")
        """
        from pyvault.api.planning import cached_keys

        check_types(profile=profile)
        runtime, plan = self._runtime, self._plan(profile)
        for name in {step.profile for step in plan.steps}:
            runtime.sessions.clear(name)
        runtime.sessions.drop(cached_keys(runtime, plan))  # those that were made for another profile, but serve it
        self._renew(profile)

    def _renewing(self, plan: Plan, mfa_code: Secret[str] | None = None) -> RenewedCredentials:
        from pyvault.boto3_session import RenewedCredentials

        credentials = RenewedCredentials(
            self._retriever(mfa_code).retrieve(plan),
            lambda: self._retriever(None).retrieve(plan),
            profile=plan.profile,
            sources={plan.profile, *(step.profile for step in plan.steps)},
            window=find_min_ttl(self._runtime.environ),
            is_replaced=self._follow(plan),
        )
        self._renewed.add(credentials)
        return credentials

    def _follow(self, plan: Plan) -> Callable[[str], bool]:
        """Return what tells whether a stored pair that is handed out was replaced; asked before each call to AWS."""
        last = plan.steps[-1]
        if not isinstance(last, StoredStep):
            return lambda _: False
        looked = clock.now()

        def is_replaced(key_id: str) -> bool:
            nonlocal looked
            if self._open_runtime is None:
                return False  # it was handed out while the vault was open
            store = self._open_runtime.store
            if not isinstance(store.backend, Attributed):  # it decrypts the pair for its id
                if clock.now() - looked < LOOK_AGAIN:
                    return False
                looked = clock.now()
            try:
                return store.access_key_id(last.profile) != key_id
            except BackendError:  # fetching tells
                return True

        return is_replaced

    def _plan(
        self, profile: str, *, duration: timedelta | None = None, region: str | None = None, no_session: bool = False
    ) -> Plan:
        from pyvault.api.planning import Planner

        planner = Planner(self._runtime)
        return planner.plan(planner.load(profile, duration=duration, region=region), no_session=no_session)

    def _retriever(self, mfa_code: Secret[str] | None) -> Retriever:
        return self._runtime.retriever(mfa_code=mfa_code, prompt=lambda: self._prompt, sign_in=lambda: None)
