"""The one place that puts the program together from options, environment, settings and ``ask``.

The command line's context, :func:`pyvault.open_vault` and the bridge to ``keyring``
use it. They pass on what was given and who may be asked; the backend, its options,
what opens it, and the sessions that belong to it are decided here, once, so that all
find the same keys and share the same sessions.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from pyvault import clock
from pyvault.stores import TRANSIENT, Stores

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta

    from pyvault.aws.calls import AwsCalls
    from pyvault.loginsession.console_sign_in import ConsolePrompt
    from pyvault.loginsession.fresh_credentials import ConsoleLogin
    from pyvault.mfa.codes import MfaCodes, MfaSource
    from pyvault.retrieval.walk import Retriever
    from pyvault.secret import Secret
    from pyvault.sessions.cache import SessionCache
    from pyvault.sessions.login_key import LoginKey
    from pyvault.sessions.single_flight import SingleFlight
    from pyvault.sso.access_token import SsoLogin
    from pyvault.sso.person_signs_in import SignIn
    from pyvault.sso.session import SsoSession
    from pyvault.sso.tokens import SsoToken
    from pyvault.storage.typed_store import CredentialStore


class Runtime(Stores):
    """The stores, and everything that turns what they hold into temporary credentials. Use it in a ``with``."""

    def close(self) -> None:
        """Close everything that was opened; may be called twice."""
        if "sessions" in self.__dict__:
            self.sessions.close()
        super().close()

    @cached_property
    def sessions(self) -> SessionCache:
        """The cached sessions of the chosen backend, which is the parent of their file, if it keeps anything at all."""
        if self.choice.name in TRANSIENT:
            from pyvault.sessions.transient import TransientSessions

            return TransientSessions(self.store.backend, name=self.backend_options.get("name"))
        from pyvault.paths import counting
        from pyvault.sessions.cache import open_session_vault

        with counting(self.environ):
            return open_session_vault(
                self.paths,
                self.choice.name,
                self.backend_options,
                self.store.backend,
                note=self.warn,
                checks=self.file_checks,
                login=self._login_key(),
            )

    def _login_key(self) -> LoginKey | None:
        """Return what has the key of the sessions while there is no vault; None where something else opens it."""
        from pyvault.vaultfile.unlock.passphrase_sources import CachesUnlocking

        vault = self.store.backend
        if not isinstance(vault, CachesUnlocking) or not vault.asks_a_person() or self.unlock_cache is None:
            return None
        from pyvault.sessions.login_key import PURPOSE, LoginKey

        keys = self.kept_keys(PURPOSE)
        return None if keys is None else LoginKey(keys, has_vault=vault.has_vault)

    @property
    def flight(self) -> SingleFlight:
        """Lets one of many processes fetch."""
        from pyvault.sessions.single_flight import SingleFlight

        return SingleFlight(self.paths.locks)

    def wait(self, left: timedelta) -> None:
        """Wait for the next MFA code."""
        import time

        time.sleep(left.total_seconds())

    def mfa_codes(self, given: Secret[str] | None, prompt: MfaSource | None) -> MfaCodes:
        """Return what hands out MFA codes: the given one, a configured command, a kept authenticator, a person.

        Args:
            given: used for every MFA call.
            prompt: asks the user; None if prompts are not allowed.
        """
        from pyvault.mfa.codes import MfaCodes
        from pyvault.mfa.stored_totp import StoredTotp, stored_codes
        from pyvault.mfa.used_codes import UsedCodes

        return MfaCodes(
            used_codes=UsedCodes(self.paths.locks, clock.now),
            wait=self.wait,
            tell=self.warn,
            environ=self.environ,
            given=given,
            prompt=stored_codes(StoredTotp(self.store.backend), clock=clock.now, otherwise=prompt),
        )

    def sso_login(self, sign_in: SignIn | None) -> SsoLogin:
        """Return the source of SSO access tokens: ours, refreshed ones, those of the AWS CLI, and new ones.

        Args:
            sign_in: has the user sign in; None if prompts are not allowed.
        """
        from pyvault.sso.access_token import SsoLogin
        from pyvault.sso.cli_cache import aws_cache_directory, read_aws_cache
        from pyvault.sso.oidc_boto3 import connect
        from pyvault.sso.tokens import TokenStore

        def sign_in_and_note(session: SsoSession) -> SsoToken:
            if sign_in is None:
                raise AssertionError("nobody signs in")
            token = sign_in(session)
            self.sessions.signed_in()
            return token

        return SsoLogin(
            tokens=TokenStore(self.sessions),
            flights=self.flight,
            connect=connect,
            sign_in=None if sign_in is None else sign_in_and_note,
            clock=clock.now,
            find_foreign=lambda session: read_aws_cache(aws_cache_directory(self.environ), session),
        )

    def console_login(self, prompt: ConsolePrompt | None) -> ConsoleLogin:
        """Return the source of the credentials of console sign-ins: kept, refreshed, and new ones.

        Args:
            prompt: has the user sign in; None if prompts are not allowed.
        """
        from pyvault.loginsession.cli_sign_in import find_cli_session
        from pyvault.loginsession.fresh_credentials import ConsoleLogin
        from pyvault.loginsession.login_tokens import LoginTokens

        return ConsoleLogin(
            tokens=LoginTokens(self.sessions),
            flights=self.flight,
            prompt=prompt,
            clock=clock.now,
            find_foreign=lambda session: find_cli_session(self.environ, session.arn),
            signed_in=self.sessions.signed_in,
        )

    def retriever(
        self,
        *,
        mfa_code: Secret[str] | None,
        prompt: Callable[[], MfaSource | None],
        sign_in: Callable[[], SignIn | None],
        console_prompt: Callable[[], ConsolePrompt | None] = lambda: None,
    ) -> Retriever:
        """Return a retriever; nothing is called or asked yet.

        Args:
            mfa_code: used for every MFA call.
            prompt: returns the way to ask the user for another; called when a code is needed.
            sign_in: returns the way to have the user sign in; called when a token is needed.
            console_prompt: the same for a console sign-in.
        """
        from pyvault.retrieval.walk import Retriever

        return Retriever(_Tools(self, mfa_code, prompt, sign_in, console_prompt))


class _Tools:
    """A :class:`pyvault.retrieval.toolbox.Toolbox` that makes each tool on access; all are cheap to make."""

    def __init__(
        self,
        runtime: Runtime,
        mfa_code: Secret[str] | None,
        prompt: Callable[[], MfaSource | None],
        sign_in: Callable[[], SignIn | None],
        console_prompt: Callable[[], ConsolePrompt | None],
    ) -> None:
        self._runtime = runtime
        self._mfa_code = mfa_code
        self._prompt = prompt
        self._sign_in = sign_in
        self._console_prompt = console_prompt
        self.environ = runtime.environ
        self.clock = clock.now

    @property
    def store(self) -> CredentialStore:
        return self._runtime.store

    @property
    def sessions(self) -> SessionCache:
        return self._runtime.sessions

    @property
    def flight(self) -> SingleFlight:
        return self._runtime.flight

    @property
    def calls(self) -> AwsCalls:
        from pyvault.aws.client import BotoCalls

        return BotoCalls()

    @property
    def mfa(self) -> MfaCodes:
        return self._runtime.mfa_codes(self._mfa_code, self._prompt())

    @property
    def sso(self) -> SsoLogin:
        return self._runtime.sso_login(self._sign_in())

    @property
    def console(self) -> ConsoleLogin:
        return self._runtime.console_login(self._console_prompt())

    @property
    def min_ttl(self) -> timedelta:
        from pyvault.sessions.cache import find_min_ttl

        return find_min_ttl(self.environ)
