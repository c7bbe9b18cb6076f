"""A ``boto3.Session`` whose credentials come from pyvault, again and again.

Imported only where boto3 is wanted, whose import takes a third of a second.

Source: botocore.credentials, RefreshableCredentials: a refresh is tried when
less than the advisory time is left, and waited for below the mandatory one.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
import botocore.credentials
import botocore.session
from botocore.configprovider import BOTOCORE_DEFAUT_SESSION_VARIABLES as VARIABLES
from botocore.configprovider import ConfigChainFactory, ConstantProvider
from botocore.exceptions import CredentialRetrievalError

from pyvault.clock import to_rfc3339
from pyvault.errors import PyvaultError
from pyvault.interruptions import is_interruption
from pyvault.paths import GivenEnvironment
from pyvault.thread_locks import tell_of_fork

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator, Mapping

    from pyvault.model import Credentials

METHOD = "pyvault"  # what botocore calls the origin of the credentials
MANDATORY = timedelta(minutes=2)  # shorter than any sensible window, longer than a slow request
#: What botocore takes for the expiry of a pair that does not expire.
NEVER = datetime(9999, 12, 31, tzinfo=UTC)


class RenewedCredentials(botocore.credentials.RefreshableCredentials):
    """Credentials that botocore has renewed ahead of their end, and whenever they are known to be dead.

    What can't be renewed is botocore's ``CredentialRetrievalError``, which those who call AWS
    catch; our error is its cause.

    Attributes:
        profile: that they are for.
        sources: every profile that they are made from, itself included.
    """

    def __init__(
        self,
        first: Credentials,
        fetch: Callable[[], Credentials],
        *,
        profile: str,
        sources: Collection[str],
        window: timedelta,
        is_replaced: Callable[[str], bool] = lambda _: False,
    ) -> None:
        """Begin with credentials that were fetched already.

        Args:
            first: these.
            fetch: returns fresh ones; called from any thread, one at a time.
            profile: that they are for.
            sources: every profile that they are made from.
            window: how long before the end new ones are fetched. Not less than what
                the cache takes for good, or it would hand out the old ones again.
            is_replaced: returns whether a key with this id is no longer the stored one;
                asked before each call.
        """
        self.profile = profile
        self.sources = frozenset(sources)
        self._fetch = fetch
        self._is_replaced = is_replaced
        self._dead = self._renewed = object()  # which invalidate() the credentials in place are newer than
        parts = _static(first)
        super().__init__(
            **parts,
            expiry_time=first.expires or NEVER,
            refresh_using=self._fresh,
            method=METHOD,
            advisory_timeout=int(window.total_seconds()),
            mandatory_timeout=int(min(window, MANDATORY).total_seconds()),
        )
        self._key_id = first.access_key_id
        self._interruption: Exception | None = None
        self._fetched: Credentials | None = None
        tell_of_fork(self)

    def after_fork(self) -> None:
        """Let go of a refresh that a thread of the parent had begun."""
        self._refresh_lock = threading.Lock()

    def invalidate(self) -> None:
        """Have new ones fetched before the next call."""
        self._dead = object()

    def refresh_needed(self, refresh_in: int | None = None) -> bool:
        """Return whether new ones are to be fetched; botocore asks before each call."""
        is_dead = self._dead is not self._renewed or self._is_replaced(self._key_id)
        return is_dead or bool(super().refresh_needed(refresh_in))

    def _is_expired(self) -> bool:
        return bool(super().refresh_needed(0))  # of new ones, before we count them as renewed

    def _protected_refresh(self, is_mandatory: bool) -> None:  # noqa: FBT001 - botocore's own
        self._interruption, dead = None, self._dead
        super()._protected_refresh(is_mandatory)  # type: ignore[misc]  # not in the stubs
        if self._interruption is not None:  # botocore only logs it when the old ones are still good
            raise self._interruption
        fetched, self._fetched = self._fetched, None
        if fetched is not None:
            # Not before they are in place: whoever needs no refresh signs with what is there.
            self._key_id, self._renewed = fetched.access_key_id, dead

    def _fresh(self) -> dict[str, Any]:  # Any: botocore's own type
        self._fetched = None
        try:
            with botocore_errors():
                fresh = self._fetch()
        except Exception as error:
            if is_interruption(error):
                self._interruption = error
            raise
        self._fetched = fresh
        return {**_static(fresh), "expiry_time": to_rfc3339(fresh.expires or NEVER)}


@contextmanager
def botocore_errors() -> Generator[None]:
    """Turn our errors into the one that users of boto3 catch; ours is its cause.

    Raises:
        CredentialRetrievalError: says what ours says, and its hint.
    """
    try:
        yield
    except PyvaultError as problem:
        text = f"{problem.message}; {problem.hint}" if problem.hint else problem.message
        raise CredentialRetrievalError(provider=METHOD, error_msg=text) from problem


class Provider(botocore.credentials.CredentialProvider):
    """What botocore asks for the credentials of one session."""

    METHOD = METHOD

    def __init__(self, load: Callable[[], botocore.credentials.Credentials | None]) -> None:
        """Take the function that returns credentials, or None to have the next provider asked."""
        super().__init__()
        self._load = load

    def load(self) -> botocore.credentials.Credentials | None:
        """Return the credentials of the session."""
        return self._load()


def make_session(credentials: RenewedCredentials, *, region: str | None, environ: Mapping[str, str]) -> boto3.Session:
    """Make the session; nothing else of botocore's chain of credentials is asked.

    Args:
        credentials: of the session.
        region: of the profile; None leaves it to boto3.
        environ: where a program has given it, its settings count in place of the process's.
    """
    session = botocore.session.Session()
    config = session.get_component("config_store")
    if isinstance(environ, GivenEnvironment):
        chain = ConfigChainFactory(session=session, environ=environ)
        for name, (property_name, variables, default, convert) in VARIABLES.items():
            provider = chain.create_config_chain(
                instance_name=name,
                env_var_names=variables,
                config_property_names=property_name,
                default=default,
                conversion_func=convert,
            )
            config.set_config_provider(name, provider)
        from pyvault.config.config_file import find_config_path, find_credentials_path

        config.set_config_provider("config_file", ConstantProvider(str(find_config_path(environ))))
        config.set_config_provider("credentials_file", ConstantProvider(str(find_credentials_path(environ))))
    # AWS_PROFILE may name a profile that only pyvault knows, and botocore would refuse it.
    config.set_config_provider("profile", ConstantProvider(None))
    session.register_component(
        "credential_provider", botocore.credentials.CredentialResolver([Provider(lambda: credentials)])
    )
    return boto3.Session(botocore_session=session, region_name=region)


def _static(credentials: Credentials) -> dict[str, Any]:  # Any: as above
    token = credentials.session_token
    return {
        "access_key": credentials.access_key_id,
        "secret_key": credentials.secret_access_key.reveal(),
        "token": token.reveal() if token else None,
        "account_id": credentials.account_id,
    }
