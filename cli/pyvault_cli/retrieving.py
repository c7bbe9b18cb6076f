"""Everything a plan is carried out with, as the command line has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault import clock

if TYPE_CHECKING:
    from datetime import timedelta

    from pyvault.mfa import MfaDesk, MfaSource
    from pyvault.retrieve import Retriever
    from pyvault.sso.login import SsoLogin
    from pyvault_cli.context import Context
    from pyvault_cli.wanted import Wanted


def make_retriever(wanted: Wanted, context: Context) -> Retriever:
    """Give what carries out plans; nothing is called or asked yet."""
    from pyvault.aws_boto3 import BotoCalls
    from pyvault.cache import find_min_ttl
    from pyvault.retrieve import Retriever, Tools
    from pyvault.single_flight import SingleFlight

    return Retriever(
        Tools(
            store=context.store,
            calls=BotoCalls(),
            sessions=context.sessions,
            flight=SingleFlight(context.paths.locks),
            mfa=mfa_desk(wanted, context),
            sso=sso_login(context),
            environ=context.environ,
            clock=clock.now,
            min_ttl=find_min_ttl(context.environ),
        )
    )


def mfa_desk(wanted: Wanted, context: Context) -> MfaDesk:
    """Give what hands out MFA codes: the given one, a configured command, a kept authenticator, a person."""
    from pyvault.mfa import MfaDesk
    from pyvault.mfa_claims import MfaClaims
    from pyvault.stored_totp import StoredTotp, stored_codes

    return MfaDesk(
        claims=MfaClaims(context.paths.locks, clock.now),
        wait=_wait_for_next_code,
        environ=context.environ,
        given=wanted.mfa_token,
        prompt=stored_codes(StoredTotp(context.store.backend), clock=clock.now, otherwise=_person(wanted, context)),
    )


def sso_login(context: Context) -> SsoLogin:
    """Give what hands out SSO access tokens: a kept one, or one refreshed."""
    from pyvault.single_flight import SingleFlight
    from pyvault.sso.login import SsoLogin
    from pyvault.sso.oidc_boto3 import connect
    from pyvault.sso.tokens import TokenStore

    return SsoLogin(
        tokens=TokenStore(context.sessions),
        flights=SingleFlight(context.paths.locks),
        connect=connect,
        sign_in=None,
        clock=clock.now,
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


def _wait_for_next_code(left: timedelta) -> None:
    import time

    from pyvault_cli import console

    console.note(f"That MFA code has been used already; the next one comes in {left.total_seconds():.0f} s.")
    time.sleep(left.total_seconds())
