"""A ``boto3.Session`` whose credentials come from pyvault, again and again.

Source: botocore.credentials, RefreshableCredentials: a refresh is tried when
less than the advisory time is left, and waited for below the mandatory one.
"""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pyvault.clock import to_rfc3339
from pyvault.interruptions import find_interruption
from pyvault.thread_locks import tell_of_fork

if TYPE_CHECKING:
    from collections.abc import Callable

    import boto3

    from pyvault.model import Credentials

METHOD = "pyvault"  # what botocore calls the origin of the credentials
MANDATORY = timedelta(minutes=2)  # shorter than any sensible window, longer than a slow request


def make_session(
    first: Credentials, *, fetch: Callable[[], Credentials], region: str | None, window: timedelta
) -> boto3.Session:
    """Make the session.

    Args:
        first: fetched already.
        fetch: gives fresh ones; called from any thread, one at a time.
        region: of the profile; None leaves it to boto3.
        window: how long before the end new ones are fetched. Not less than what
            the cache takes for good, or it would hand out the old ones again.

    Returns:
        The session.
    """
    import boto3
    import botocore.credentials
    import botocore.session
    from botocore.configprovider import ConstantProvider

    class Renewed(botocore.credentials.RefreshableCredentials):
        """Those of botocore, whose refresh in a thread of the parent is not under way in a forked child."""

        def after_fork(self) -> None:
            self._refresh_lock = threading.Lock()

        def _protected_refresh(self, is_mandatory: bool) -> None:  # noqa: FBT001 - botocore's own
            interrupted.clear()
            super()._protected_refresh(is_mandatory)  # type: ignore[misc]  # not in the stubs
            if interrupted:  # botocore only logs it when the old ones are still good
                raise interrupted.pop()

    def refreshed() -> dict[str, Any]:
        try:
            return _metadata(fetch())
        except Exception as error:
            if find_interruption(error) is error:
                interrupted.append(error)
            raise

    interrupted: list[Exception] = []

    class Provider(botocore.credentials.CredentialProvider):
        """The only one of the session: nothing else of botocore's chain is asked."""

        METHOD = METHOD

        def load(self) -> Any:  # Any: the stubs say Credentials, botocore itself returns both kinds
            if first.expires is None:
                return botocore.credentials.Credentials(**_static(first), method=METHOD)
            renewed = Renewed.create_from_metadata(
                metadata=_metadata(first),
                refresh_using=refreshed,
                method=METHOD,
                advisory_timeout=int(window.total_seconds()),
                mandatory_timeout=int(min(window, MANDATORY).total_seconds()),
            )
            tell_of_fork(renewed)
            return renewed

    session = botocore.session.Session()
    # AWS_PROFILE may name a profile that only pyvault knows, and botocore would refuse it.
    session.get_component("config_store").set_config_provider("profile", ConstantProvider(None))
    session.register_component("credential_provider", botocore.credentials.CredentialResolver([Provider()]))
    return boto3.Session(botocore_session=session, region_name=region)


def _metadata(credentials: Credentials) -> dict[str, Any]:  # Any: botocore's own type
    """Return credentials in the form in which botocore refreshes."""
    keys = _static(credentials)
    expires = credentials.expires
    # A pair that does not expire has no place here; botocore reads the far future.
    return {**keys, "expiry_time": to_rfc3339(expires) if expires else "9999-12-31T00:00:00Z"}


def _static(credentials: Credentials) -> dict[str, Any]:  # Any: as above
    token = credentials.session_token
    return {
        "access_key": credentials.access_key_id,
        "secret_key": credentials.secret_access_key.reveal(),
        "token": token.reveal() if token else None,
        "account_id": credentials.account_id,
    }
