"""The uniform credential API: one object, whatever the backend.

::

    with pyvault.open_vault(backend="file", options={"path": "team.pyv"}) as vault:
        vault.put("ci", access_key_id="AKIA...", secret_access_key=pyvault.Secret("..."))
        session = vault.boto3_session("ci")

It reads the same AWS config, makes the same plans and shares the same cache of
sessions as the command line. This is the door for programs, so here, and only
here, the process's environment is the default of an argument.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Self

from pyvault import clock
from pyvault.cache import CacheMode, find_min_ttl
from pyvault.errors import InputRequiredError
from pyvault.model import StoredCredentials
from pyvault.store import CredentialStore

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta
    from types import TracebackType

    import boto3

    from pyvault.backend import Ask, Question
    from pyvault.model import Credentials
    from pyvault.paths import Paths
    from pyvault.retrieve import Retriever
    from pyvault.secret import Secret
    from pyvault.sessions import SessionCache
    from pyvault.steps import Plan


def open_vault(
    backend: str | None = None,
    *,
    options: Mapping[str, str] | None = None,
    ask: Ask | None = None,
    config: str | Path | None = None,
    environ: Mapping[str, str] | None = None,
) -> CredentialVault:
    """Open a store of credentials.

    Args:
        backend: its name, as ``pyvault backends list`` shows it; by default the
            one that the command line would use.
        options: of the backend, on top of those of config.toml and the environment.
        ask: answers questions for a passphrase or an MFA code (``Question.key``
            is ``passphrase``, ``new-passphrase`` or ``mfa-code``). By default
            only the ``PYVAULT_PASSPHRASE*`` variables are looked at, and no
            human is asked.
        config: the AWS config file, by default ``AWS_CONFIG_FILE`` or
            ``~/.aws/config``.
        environ: what counts as the environment, by default that of this process.

    Raises:
        ConfigError: a setting is wrong.
        BackendUnavailableError: the backend can't work here.
        BackendLockedError: the key is wrong, or the store is locked.
        InputRequiredError: a passphrase is needed, and nobody was there to ask.
    """
    from pyvault.choice import choose
    from pyvault.choicefile import ChoiceFile
    from pyvault.options import gather_options
    from pyvault.paths import find_paths
    from pyvault.registry import open_backend, probe_built_in
    from pyvault.sessions import open_session_vault
    from pyvault.toolconfig import load

    environment = dict(os.environ if environ is None else environ)
    if config is not None:
        environment["AWS_CONFIG_FILE"] = str(config)
    paths = find_paths(environment)
    settings = load(paths.config_file)
    memory = ChoiceFile(paths.choice)

    def options_of(name: str) -> dict[str, str]:
        return gather_options(
            name, configured=settings.backend_options.get(name, {}), environ=environment, flags=options or {}
        )

    choice = choose(
        flag=backend,
        environ=environment,
        configured=settings.backend,
        recorded=memory.load().backend,
        platform=sys.platform,
        look=lambda name: probe_built_in(name, options_of(name)),
    )
    chosen = {**choice.options, **options_of(choice.name)}
    answer = ask or _environment_answers(environment)
    store = CredentialStore(open_backend(choice.name, chosen, answer, admit=memory.admit))
    sessions = open_session_vault(paths, choice.name, chosen, store.backend)
    return CredentialVault(store, sessions, paths=paths, environ=environment, ask=ask)


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
        """Put the parts together; :func:`open_vault` does it for you."""
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
        from pyvault.configfile import ConfigFile, find_config_path, find_credentials_path
        from pyvault.plan import PlanOptions, make_plan
        from pyvault.profile import duration_flags
        from pyvault.profile_load import load_profile

        loaded = load_profile(
            ConfigFile.load(find_config_path(self._environ)),
            ConfigFile.load(find_credentials_path(self._environ)),
            profile,
            self._environ,
            duration_flags(duration, region=region),
        )
        return make_plan(loaded, stored=self._store.profiles(), options=PlanOptions(no_session=no_session))

    def _retriever(self, mfa_code: Secret[str] | None) -> Retriever:
        from pyvault.aws_boto3 import BotoCalls
        from pyvault.mfa import MfaDesk, MfaRequest
        from pyvault.mfa_claims import MfaClaims
        from pyvault.retrieve import Retriever, Tools
        from pyvault.single_flight import SingleFlight
        from pyvault.sso.login import SsoLogin
        from pyvault.sso.oidc_boto3 import connect
        from pyvault.sso.tokens import TokenStore
        from pyvault.stored_totp import StoredTotp, stored_codes

        ask, flight = self._ask, SingleFlight(self._paths.locks)

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
                    tokens=TokenStore(self._sessions), flights=flight, connect=connect, sign_in=None, clock=clock.now
                ),
                environ=self._environ,
                clock=clock.now,
                min_ttl=find_min_ttl(self._environ),
            )
        )


def _environment_answers(environ: Mapping[str, str]) -> Ask:
    """Answer what the environment can answer, as the command line does, and nothing else."""
    from pyvault.secret import Secret

    def answer(question: Question) -> Secret[str]:
        if question.key in {"passphrase", "new-passphrase"}:
            if path := environ.get("PYVAULT_PASSPHRASE_FILE"):
                from pyvault.vaultfile.passphrase import read_passphrase_file

                return read_passphrase_file(Path(path).expanduser())
            for name in ("PYVAULT_PASSPHRASE", "AWS_VAULT_FILE_PASSPHRASE"):
                if value := environ.get(name):
                    return Secret(value)
        sources = ", ".join(question.sources)
        raise InputRequiredError(
            f"a value is needed: {question.prompt}", hint=f"it can be given by {sources}" if sources else None
        )

    return answer


def _sleep(left: timedelta) -> None:
    import time

    time.sleep(left.total_seconds())
