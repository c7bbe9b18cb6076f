"""Everything a plan is carried out with, as the command line has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault import clock

if TYPE_CHECKING:
    from datetime import timedelta

    from pyvault.aws.calls import AwsCalls
    from pyvault.mfa.desk import MfaDesk, MfaSource
    from pyvault.retrieve import Retriever
    from pyvault.sessions.session_cache import SessionCache
    from pyvault.sessions.single_flight import SingleFlight
    from pyvault.sso.login import SsoLogin
    from pyvault.storage.store import CredentialStore
    from pyvault_cli.context import Context
    from pyvault_cli.wanted import Wanted


def make_retriever(wanted: Wanted, context: Context) -> Retriever:
    """Give what carries out plans; nothing is called or asked yet."""
    from pyvault.retrieve import Retriever

    return Retriever(CommandTools(wanted, context))


class CommandTools:
    """A :class:`pyvault.toolbox.Toolbox` whose tools are made when they are taken; all are cheap to make."""

    def __init__(self, wanted: Wanted, context: Context) -> None:
        """Name what the tools are made from."""
        self._wanted = wanted
        self._context = context
        self.environ = context.environ
        self.clock = clock.now

    @property
    def store(self) -> CredentialStore:
        """The stored credentials."""
        return self._context.store

    @property
    def calls(self) -> AwsCalls:
        """The AWS calls."""
        from pyvault.aws.boto3_calls import BotoCalls

        return BotoCalls()

    @property
    def sessions(self) -> SessionCache:
        """The session cache."""
        return self._context.sessions

    @property
    def flight(self) -> SingleFlight:
        """Lets one of many processes fetch."""
        from pyvault.sessions.single_flight import SingleFlight

        return SingleFlight(self._context.paths.locks)

    @property
    def mfa(self) -> MfaDesk:
        """Hands out MFA codes."""
        return mfa_desk(self._wanted, self._context)

    @property
    def sso(self) -> SsoLogin:
        """Hands out SSO access tokens; has a person sign in where one may be asked."""
        from pyvault_cli.sso_access import sso_login

        return sso_login(self._context, open_browser=self._wanted.open_browser)

    @property
    def min_ttl(self) -> timedelta:
        """How much life a cached session must have left."""
        from pyvault.sessions.cache import find_min_ttl

        return find_min_ttl(self.environ)


def mfa_desk(wanted: Wanted, context: Context) -> MfaDesk:
    """Give what hands out MFA codes: the given one, a configured command, a kept authenticator, a person."""
    from pyvault.mfa.claims import MfaClaims
    from pyvault.mfa.desk import MfaDesk
    from pyvault.mfa.stored_totp import StoredTotp, stored_codes
    from pyvault_cli import console
    from pyvault_cli.countdown import wait_for_next_code

    return MfaDesk(
        claims=MfaClaims(context.paths.locks, clock.now),
        wait=wait_for_next_code,
        tell=console.warn,
        environ=context.environ,
        given=wanted.mfa_token,
        prompt=stored_codes(StoredTotp(context.store.backend), clock=clock.now, otherwise=_person(wanted, context)),
    )


def _person(wanted: Wanted, context: Context) -> MfaSource | None:
    """Give the way to ask a person for a code; None with ``--no-input``.

    Raises:
        ConfigError: the prompt that was named can't ask here.
    """
    if context.words.has("--no-input"):
        return None
    from pyvault_cli.prompts import choice, terminal

    named = context.words.last("--prompt") or context.environ.get("AWS_VAULT_PROMPT") or context.tool_config.prompt
    driver = choice.choose(
        named,
        environ=context.environ,
        beside_server=wanted.beside_server,
        has_terminal=terminal.available(context.environ),
    )
    return choice.source(driver, context.environ)
