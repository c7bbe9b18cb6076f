"""The AWS calls through botocore.

Our clients read nothing from the environment: no ambient credentials, no profile,
no ``AWS_*`` setting. A session key found there could sign a request for another
account, and an endpoint meant for the child could receive it. Only the settings of
the step count. botocore is imported when the first client is made; it costs a third
of a second.
"""

from __future__ import annotations

import os
import threading
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, cast
from urllib.parse import urlsplit

from pyvault.aws import botocore_guards
from pyvault.aws.error_answers import making_client
from pyvault.aws.plain_http import is_plain, refuse_plain_endpoint
from pyvault.config.ca_bundle import checked_bundle
from pyvault.thread_locks import tell_of_fork
from pyvault.version import __version__

if TYPE_CHECKING:
    from collections.abc import Mapping

    from botocore.session import Session
    from mypy_boto3_iam.client import IAMClient
    from mypy_boto3_sso.client import SSOClient
    from mypy_boto3_sts.client import STSClient

    from pyvault.aws.calls import Iam, SsoPortal, Sts
    from pyvault.config.clients import ClientSettings
    from pyvault.model import Credentials

Service = Literal["sts", "iam", "sso", "sso-oidc", "signin"]

CONNECT_TIMEOUT = 10  # seconds
READ_TIMEOUT = 30  # seconds; these services answer in one


class _Making:
    """Source: botocore: clients are thread-safe, but making them from one session is not."""

    def __init__(self) -> None:
        self.after_fork()
        tell_of_fork(self)

    def after_fork(self) -> None:
        """Make the lock new, and the sessions, in which a thread of the parent may have been making a client."""
        self.lock = threading.Lock()
        bare_session.cache_clear()


class BotoCalls:
    """The services of AWS, each client made from a step's settings alone."""

    def sts(self, settings: ClientSettings, credentials: Credentials | None) -> Sts:
        """Return STS; without credentials only the unsigned call works."""
        from pyvault.aws.sts import BotoSts

        client = cast("STSClient", make_client("sts", settings, credentials))
        return BotoSts(client, credentials.secrets() if credentials else ())

    def iam(self, settings: ClientSettings, credentials: Credentials) -> Iam:
        """Return IAM."""
        from pyvault.aws.iam import BotoIam

        return BotoIam(
            cast("IAMClient", make_client("iam", settings, credentials)),
            sent_once=cast("IAMClient", make_client("iam", settings, credentials, attempts=1)),
            hidden=credentials.secrets(),
        )

    def sso_portal(self, settings: ClientSettings) -> SsoPortal:
        """Return the SSO portal of the settings' region."""
        from pyvault.aws.portal import BotoSsoPortal

        return BotoSsoPortal(cast("SSOClient", make_client("sso", settings, None)))


def make_client(
    service: Service,
    settings: ClientSettings,
    credentials: Credentials | None,
    *,
    attempts: int | None = None,
) -> object:
    """Return a botocore client with these settings and no others.

    Args:
        service: botocore's name of it.
        settings: of the step.
        credentials: sign the calls; None for unsigned ones.
        attempts: overrides the step's ``max_attempts``.

    Raises:
        ConfigError: the CA bundle is not a readable file; or an unsigned call, which carries a token,
            would go to another machine in plain HTTP.
        AwsUnreachableError: the region or the endpoint is not well-formed.
    """
    from botocore import UNSIGNED
    from botocore.config import Config

    retries: dict[str, Any] = {  # Any: botocore's own type of this option
        "mode": settings.retry_mode or "standard",
        **({"total_max_attempts": count} if (count := attempts or settings.max_attempts) else {}),
    }
    options: dict[str, Any] = {"signature_version": UNSIGNED} if credentials is None else {}  # Any: as above
    with making_client(service), _making.lock:
        url = _endpoint(service, settings)
        if credentials is None and url is not None and is_plain(url):
            refuse_plain_endpoint(service.replace("-", "_"), settings)
            options["proxies"] = {}  # it stays on this machine, despite HTTP_PROXY
        client: object = bare_session(settings.sts_regional or "regional").create_client(
            service,
            region_name=settings.region_of_sts if service == "sts" else settings.region,
            endpoint_url=url,
            verify=checked_bundle(settings.ca_bundle),
            aws_access_key_id=credentials.access_key_id if credentials else None,
            aws_secret_access_key=credentials.secret_access_key.reveal() if credentials else None,
            aws_session_token=(
                credentials.session_token.reveal() if credentials and credentials.session_token else None
            ),
            config=Config(
                retries=cast("Any", retries),  # Any: a TypedDict of the stubs
                use_fips_endpoint=settings.use_fips,
                use_dualstack_endpoint=settings.use_dualstack,
                connect_timeout=CONNECT_TIMEOUT,
                read_timeout=READ_TIMEOUT,
                user_agent_extra=f"pyvault/{__version__}",
                **options,
            ),
        )
    botocore_guards.bound(client)
    return client


@cache
def bare_session(sts_regional: str) -> Session:
    """Return a botocore session with default settings, independent of the environment; the same one each time."""
    return new_session(sts_regional)


def new_session(sts_regional: str, files: Mapping[str, str] | None = None) -> Session:
    """Return a new botocore session with default settings, independent of the environment.

    Args:
        sts_regional: as in the config file.
        files: ``config_file`` and ``credentials_file``, where they are to be read.

    Source: botocore.configprovider, the table of session variables: name ->
    (config key, environment variable, default, conversion).
    """
    from botocore.configprovider import BOTOCORE_DEFAUT_SESSION_VARIABLES as VARIABLES
    from botocore.configprovider import ConfigValueStore, ConstantProvider
    from botocore.session import Session

    botocore_guards.install()
    values = {name: default for name, (_, _, default, _) in VARIABLES.items()} | {
        "config_file": os.devnull,
        "credentials_file": os.devnull,
        "ignore_configured_endpoint_urls": True,
        "sts_regional_endpoints": sts_regional,
        **(files or {}),
    }
    store = ConfigValueStore(mapping={name: ConstantProvider(value) for name, value in values.items()})
    session = Session(event_hooks=botocore_guards.event_hooks())
    session.register_component("config_store", store)
    return session


_making = _Making()


def _endpoint(service: Service, settings: ClientSettings) -> str | None:
    endpoints = settings.endpoints
    urls = {
        "sts": endpoints.sts,
        "iam": endpoints.iam,
        "sso": endpoints.sso,
        "sso-oidc": endpoints.sso_oidc,
        "signin": endpoints.signin,
    }
    url = urls[service]
    if url is not None:
        _ = urlsplit(url).port  # raises ValueError now; botocore would in the middle of a call
    return url


def find_own_endpoint(service: str, region: str, *, use_fips: bool, use_dualstack: bool) -> str | None:
    """Return the URL of AWS's own endpoint; None where botocore's data has no such service, or none there.

    Args:
        service: as ``[services]`` of the config file writes it: ``elastic_beanstalk``.
        region: of the endpoint.
        use_fips: the FIPS endpoint.
        use_dualstack: the endpoint with IPv6.
    """
    from botocore import UNSIGNED
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError

    session = bare_session("regional")
    name = _client_name(service)
    try:
        if name not in session.get_available_services():
            return None
        with botocore_guards.requests():
            client = session.create_client(
                name,
                region_name=region,
                config=Config(
                    signature_version=UNSIGNED, use_fips_endpoint=use_fips, use_dualstack_endpoint=use_dualstack
                ),
            )
    except (BotoCoreError, ValueError):
        return None
    return client.meta.endpoint_url


def _client_name(service: str) -> str:
    """Return botocore's name of a service.

    Source: botocore.utils, CLIENT_NAME_TO_HYPHENIZED_SERVICE_ID_OVERRIDES, for those that botocore names differently.
    """
    from botocore.utils import CLIENT_NAME_TO_HYPHENIZED_SERVICE_ID_OVERRIDES as OVERRIDES

    hyphenized = service.lower().replace("_", "-").replace(" ", "-")
    return next((name for name, identifier in OVERRIDES.items() if identifier == hyphenized), hyphenized)
