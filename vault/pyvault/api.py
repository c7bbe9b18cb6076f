"""The uniform credential API: one object, whatever the backend.

::

    with pyvault.open_vault(backend="file", options={"path": "team.pyv"}) as vault:
        vault.put("ci", access_key_id="AKIA...", secret_access_key=pyvault.Secret("..."))
        session = vault.boto3_session("ci")

It reads the same AWS config, makes the same plans and shares the same cache of
sessions as the command line: :mod:`pyvault.runtime` puts both together. It is the
door for programs, so here, and only here, the process's environment is the default
of an argument.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Self

from pyvault import clock
from pyvault.errors import InputRequiredError
from pyvault.model import StoredCredentials
from pyvault.sessions.cache import CacheMode, find_min_ttl

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta
    from pathlib import Path
    from types import TracebackType

    import boto3

    from pyvault.backend import Ask, Question
    from pyvault.mfa.codes import MfaRequest
    from pyvault.model import Credentials
    from pyvault.planning.steps import Plan
    from pyvault.retrieval.walk import Retriever
    from pyvault.runtime import Runtime
    from pyvault.secret import Secret


class CredentialVault:
    """Stored credentials, and temporary ones made from them. Use it in a ``with``."""

    def __init__(self, runtime: Runtime, ask: Ask | None) -> None:
        """Take what :func:`open_vault` has put together.

        Args:
            runtime: with the chosen store.
            ask: answers questions for an MFA code; None where nobody is asked.
        """
        self._runtime = runtime
        self._ask = ask
        self._store = runtime.store  # now, and not in some thread later: what can't be opened is told at once
        self._sessions = runtime.sessions

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the store; may be called twice."""
        self._runtime.close()

    # Stored credentials

    def put(self, profile: str, *, access_key_id: str, secret_access_key: Secret[str]) -> None:
        """Store or replace the long-lived pair of a profile."""
        pair = StoredCredentials(
            access_key_id=access_key_id, secret_access_key=secret_access_key, created=clock.now().replace(microsecond=0)
        )
        self._store.put(profile, pair)
        self._runtime.record_choice()

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
            window=find_min_ttl(self._runtime.environ),
        )

    def _plan(self, profile: str, *, duration: timedelta | None, region: str | None, no_session: bool) -> Plan:
        from pyvault.config.config_file import ConfigFile, find_config_path, find_credentials_path
        from pyvault.config.load import load_profile
        from pyvault.config.profile import duration_flags
        from pyvault.planning.first_step import require_built
        from pyvault.planning.plan import PlanOptions, make_plan

        environ = self._runtime.environ
        config = ConfigFile.load(find_config_path(environ))  # anew each time: a program may run for weeks
        credentials_file = ConfigFile.load(find_credentials_path(environ))
        stored = self._store.profiles()
        flags = duration_flags(duration, region=region)
        loaded = load_profile(config, credentials_file, profile, environ, flags, stored=stored)
        plan = make_plan(loaded, stored=stored, options=PlanOptions(no_session=no_session))
        require_built(plan)
        return plan

    def _retriever(self, mfa_code: Secret[str] | None) -> Retriever:
        return self._runtime.retriever(mfa_code=mfa_code, prompt=lambda: self._prompt, sign_in=lambda: None)

    def _prompt(self, request: MfaRequest) -> Secret[str]:
        from pyvault.backend import Question

        if self._ask is None:
            raise InputRequiredError(f"an MFA code of {request.serial!r} is needed for {request.profile!r}")
        return self._ask(Question(key="mfa-code", prompt=f"MFA code of {request.serial}", sources=("mfa_code",)))


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
        options: of the backend, on top of those of config.toml and the environment;
            ``NAME.KEY`` is for the backend *NAME* alone, such as one that opens the vault file.
        ask: answers questions for a passphrase or an MFA code (``Question.key``
            is ``passphrase``, ``new-passphrase`` or ``mfa-code``). By default
            only the ``PYVAULT_PASSPHRASE*`` variables are looked at, and no
            human is asked. ``PYVAULT_KEY`` and ``PYVAULT_KEYFILE`` count in any case.
        config: the AWS config file, by default ``AWS_CONFIG_FILE`` or
            ``~/.aws/config``.
        environ: what counts as the environment, by default that of this process.

    Raises:
        ConfigError: a setting is wrong.
        BackendUnavailableError: the backend can't work here.
        BackendLockedError: the key is wrong, or the store is locked.
        InputRequiredError: a passphrase is needed, and nobody was there to ask.
    """
    from pyvault.runtime import Runtime
    from pyvault.vaultfile.unlock.passphrase_sources import KEY, EnvironmentAnswers

    environment = dict(os.environ if environ is None else environ)
    if config is not None:
        environment["AWS_CONFIG_FILE"] = str(config)
    answers = _AskWithKey(ask, environment) if ask and environment.get(KEY) else ask or EnvironmentAnswers(environment)
    runtime = Runtime(environment, answers, backend=backend, options=lambda: options or {})
    return CredentialVault(runtime, ask)


class _AskWithKey:
    """A program's ``ask`` in an environment that has the key of a key file."""

    def __init__(self, ask: Ask, environ: Mapping[str, str]) -> None:
        self._ask = ask
        self._environ = environ

    def __call__(self, question: Question) -> Secret[str]:
        """Ask the program."""
        return self._ask(question)

    def key_from_environment(self) -> Secret[bytes] | None:
        """Return the key of the environment."""
        from pyvault.vaultfile.unlock.passphrase_sources import key_from_environment

        return key_from_environment(self._environ)
