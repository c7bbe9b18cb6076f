"""The API for programs: one object, whatever the backend.

It reads the same AWS config, makes the same plans and shares the same cache of
sessions as the command line: :mod:`pyvault.runtime` puts both together. Here, and
only here, the process's environment is the default of an argument.
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
    """Stored credentials, and temporary ones made from them.

    Made by :func:`open_vault`; use it in a ``with``. One may be used by several threads.
    Every error is a :class:`~pyvault.errors.PyvaultError`. Beside those that a method
    names, each that looks into the store may raise a :class:`~pyvault.errors.BackendError`.

    Example:
        >>> import pyvault
        >>> with pyvault.open_vault("memory") as vault:
        ...     key = pyvault.Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
        ...     vault.put("ci", access_key_id="AKIAIOSFODNN7EXAMPLE", secret_access_key=key)
        ...     vault.profiles()
        ['ci']
    """

    def __init__(self, runtime: Runtime, ask: Ask | None) -> None:
        """Take what :func:`open_vault` has put together.

        Args:
            runtime: has the chosen store.
            ask: answers questions for an MFA code; None where nobody is asked.
        """
        self._runtime = runtime
        self._ask = ask
        self._store = runtime.store  # opened now and not in some thread later: an error comes at once
        self._sessions = runtime.sessions

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the store and forget its key; may be called twice.

        Example:
            >>> vault = open_vault("memory")
            >>> vault.close()
        """
        self._runtime.close()

    # Stored credentials

    def put(self, profile: str, *, access_key_id: str, secret_access_key: Secret[str]) -> None:
        """Store or replace the long-lived pair of a profile.

        AWS is not asked whose it is.

        Args:
            profile: 1 to 512 bytes of UTF-8 without control characters; kept in NFC.
            access_key_id: the public half.
            secret_access_key: the secret half.

        Raises:
            InvalidNameError: the text can't name a profile.
            ItemTooLargeError: the store can't keep that much.

        Example:
            >>> with open_vault("memory") as vault:
            ...     key = Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
            ...     vault.put("ci", access_key_id="AKIAIOSFODNN7EXAMPLE", secret_access_key=key)
        """
        pair = StoredCredentials(
            access_key_id=access_key_id, secret_access_key=secret_access_key, created=clock.now().replace(microsecond=0)
        )
        self._store.put(profile, pair)
        self._runtime.record_choice()

    def get(self, profile: str) -> StoredCredentials:
        """Return the stored pair of a profile.

        Args:
            profile: its exact name.

        Returns:
            The pair, and when it was stored (aware UTC, whole seconds).

        Raises:
            ItemNotFoundError: nothing is stored for it.
            ItemCorruptError: what is stored is damaged.

        Example:
            >>> with open_vault("memory", options={"name": "team"}) as vault:
            ...     vault.get("ci").secret_access_key
            Secret(***)
        """
        return self._store.get(profile)

    def profiles(self) -> list[str]:
        """Return the profiles that have a stored pair; decrypts none.

        Returns:
            Their names, sorted.

        Example:
            >>> with open_vault("memory", options={"name": "team"}) as vault:
            ...     vault.profiles()
            ['ci']
        """
        return [str(profile) for profile in self._store.profiles()]

    def delete(self, profile: str) -> None:
        """Remove the stored pair of a profile, and the cached sessions made from it.

        Args:
            profile: its exact name.

        Raises:
            ItemNotFoundError: nothing is stored for it.

        Example:
            >>> with open_vault("memory") as vault:
            ...     vault.delete("ci")
            Traceback (most recent call last):
            ...
            pyvault.errors.ItemNotFoundError: there is no item 'credential/ci'
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
            InputRequiredError: an MFA code or a login is needed, and nobody can be asked.

        Example:
            >>> with open_vault("memory", options={"name": "team"}) as vault:
            ...     credentials = vault.credentials("ci", no_session=True)
            >>> credentials.access_key_id, credentials.expires
            ('AKIAIOSFODNN7EXAMPLE', None)
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
        """Return a ``boto3.Session`` whose credentials renew themselves, for as long as this vault is open.

        The first credentials are fetched at once.

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
        config = ConfigFile.load(find_config_path(environ))  # read each time: a program may run for weeks
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
    """Open the store of credentials that the command line would open.

    Args:
        backend: its name, as ``pyvault backends list`` shows it; by default the
            one that the command line would use.
        options: of the backend, on top of those of config.toml and the environment;
            ``NAME.KEY`` is for the backend *NAME* alone, such as one that opens the vault file.
        ask: answers questions for a passphrase or an MFA code (``Question.key``
            is ``passphrase``, ``new-passphrase`` or ``mfa-code``). By default
            only the ``PYVAULT_PASSPHRASE*`` variables are read, and no
            human is asked. ``PYVAULT_KEY`` and ``PYVAULT_KEYFILE`` count in any case.
        config: the AWS config file, by default ``AWS_CONFIG_FILE`` or
            ``~/.aws/config``.
        environ: what counts as the environment, by default that of this process.

    Returns:
        The open vault. The file backend reads its file, and asks, when it is first used.

    Raises:
        ConfigError: a setting is wrong.
        BackendUnavailableError: the backend can't work here.
        BackendLockedError: the key is wrong, or the store is locked.
        InputRequiredError: a passphrase is needed, and nobody can be asked.

    Example:
        >>> from pyvault import Secret
        >>> key = Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
        >>> with open_vault("memory", options={"name": "team"}) as vault:
        ...     vault.put("ci", access_key_id="AKIAIOSFODNN7EXAMPLE", secret_access_key=key)
        ...     vault.profiles()
        ['ci']
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
        """Return the program's answer."""
        return self._ask(question)

    def key_from_environment(self) -> Secret[bytes] | None:
        """Return the key of the environment."""
        from pyvault.vaultfile.unlock.passphrase_sources import key_from_environment

        return key_from_environment(self._environ)
