"""A toolbox in which everything lies ready."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from pyvault.aws.calls import AwsCalls
from pyvault.clock import Clock
from pyvault.loginsession.login_tokens import LoginToken
from pyvault.mfa.codes import MfaCodes
from pyvault.planning.steps import LoginSessionStep, SsoStep
from pyvault.record import Record
from pyvault.retrieval.from_sso import PortalLogin
from pyvault.retrieval.toolbox import ConsoleCredentials, Sessions
from pyvault.secret import Secret
from pyvault.sessions.cache import DEFAULT_MIN_TTL
from pyvault.sessions.single_flight import SingleFlight
from pyvault.sso.tokens import AccessToken
from pyvault.storage.typed_store import CredentialStore


def nobody_signs_in_to_the_console(step: LoginSessionStep, *, window: timedelta, refresh: bool = False) -> LoginToken:
    """A login for worlds without console sign-ins."""
    raise AssertionError(step)


class Tools(Record):
    """See :class:`pyvault.retrieval.toolbox.Toolbox`."""

    store: CredentialStore
    calls: AwsCalls
    sessions: Sessions
    flight: SingleFlight
    mfa: MfaCodes
    sso: PortalLogin
    environ: Mapping[str, str]
    clock: Clock
    min_ttl: timedelta = DEFAULT_MIN_TTL
    console: ConsoleCredentials = nobody_signs_in_to_the_console


def nobody_signs_in(step: SsoStep, *, rejected: Secret[str] | None = None) -> AccessToken:
    """A login for worlds without IAM Identity Center."""
    raise AssertionError(step)
