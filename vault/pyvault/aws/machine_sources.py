"""Where a machine has credentials of its own, as providers of botocore: environment, OIDC, container, instance.

All of them look into the environment that is given, and never into that of the process: a
program may have a vault opened for somebody else.

Source: AWS SDKs and Tools Reference Guide, "Standardized credential providers"; botocore.credentials.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from botocore.credentials import (
    AssumeRoleWithWebIdentityProvider,
    ContainerProvider,
    EnvProvider,
    InstanceMetadataProvider,
)
from botocore.utils import ContainerMetadataFetcher, InstanceMetadataFetcher

from pyvault.aws.botocore_guards import BoundedSession
from pyvault.aws.plain_http import refuse_plain_http
from pyvault.aws.token_check import check_web_token, read_web_token, refuse_key_file
from pyvault.errors import CredentialsError
from pyvault.paths import expand_user

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from botocore.credentials import CredentialProvider

METADATA_TIMEOUT: Final = 1  # seconds; the service is on the same link or not there
TOKEN_FILE: Final = "AWS_WEB_IDENTITY_TOKEN_FILE"  # noqa: S105 - the name of a variable
ROLE: Final = "AWS_ROLE_ARN"
SESSION: Final = "AWS_ROLE_SESSION_NAME"
AUTHORIZATION_FILE: Final = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"
STS_ENDPOINTS: Final = ("AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL")


def machine_sources(environ: Mapping[str, str], clients: Callable[..., object]) -> list[CredentialProvider]:
    """Return the sources in the order in which they are asked."""
    settings = {"web_identity_token_file": TOKEN_FILE, "role_arn": ROLE, "role_session_name": SESSION}
    section = {key: environ[name] for key, name in settings.items() if environ.get(name)}
    environment, *others = named_sources(environ)
    return [environment, web_identity(section, environ, clients), *others]


def named_sources(environ: Mapping[str, str]) -> list[CredentialProvider]:
    """Return what the setting ``credential_source`` of a profile can name: environment, container, instance."""
    instance: Any = InstanceMetadataFetcher(  # Any: the stubs don't know its config
        timeout=METADATA_TIMEOUT,
        num_attempts=1,
        env=dict(environ),
        config={
            "ec2_metadata_service_endpoint": environ.get("AWS_EC2_METADATA_SERVICE_ENDPOINT"),
            "ec2_metadata_service_endpoint_mode": environ.get("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"),
            "ec2_metadata_v1_disabled": True,
        },
    )
    instance._session = BoundedSession(instance._session)  # noqa: SLF001 - anybody may answer at its address
    return [
        EnvProvider(environ=dict(environ)),
        _Container(environ=dict(environ), fetcher=_container_fetcher()),
        InstanceMetadataProvider(iam_role_fetcher=instance),
    ]


def web_identity(
    section: Mapping[str, str], environ: Mapping[str, str], clients: Callable[..., object]
) -> CredentialProvider:
    """Return what assumes a role with an OIDC token.

    Args:
        section: settings as in a profile; without a token file it has nothing.
        environ: where the home directory and the endpoint of STS are.
        clients: makes the client of STS.

    Its ``load`` raises:
        CredentialsError: there is a token, and no role for it.
        ConfigError: the token would be sent in plain HTTP to another machine.
    """

    def loader(path: str) -> Callable[[], str]:
        if "role_arn" not in section:
            raise CredentialsError(f"there is a web identity token, and no role for it ({ROLE}, or role_arn)")
        endpoint = next(((name, url) for name in STS_ENDPOINTS if (url := environ.get(name))), None)
        if endpoint is not None:
            refuse_plain_http(endpoint[1], setting=endpoint[0])
        return lambda: _token(expand_user(path, environ))

    provider: Any = AssumeRoleWithWebIdentityProvider  # Any: the stubs know no loader
    return cast(
        "CredentialProvider",
        provider(
            load_config=lambda: {"profiles": {"": dict(section)}},
            client_creator=clients,
            profile_name="",
            disable_env_vars=True,  # they are those of the process
            token_loader_cls=loader,
        ),
    )


def _token(path: Path) -> str:
    """Return the token; botocore would send it with what surrounds it, and anything that is none."""
    token = read_web_token(path, setting="web identity token file")
    check_web_token(token, what=f"the web identity token file '{path}'")
    return token.reveal()


def _container_fetcher() -> Any:  # Any: the stubs expect another kind
    fetcher: Any = ContainerMetadataFetcher()  # Any: the stubs hide its session
    fetcher._session = BoundedSession(fetcher._session)  # noqa: SLF001 - botocore reads all that is sent
    return fetcher


class _Container(ContainerProvider):
    """Trims the token of a file, in which botocore refuses an end of line."""

    def _build_headers(self) -> dict[str, str] | None:
        own: Any = self  # Any: the stubs hide all of it
        path = cast("str | None", own._environ.get(AUTHORIZATION_FILE))  # noqa: SLF001 - its own
        if path is None:
            made: Any = super()._build_headers()  # type: ignore[misc]  # the stubs hide it
            return cast("dict[str, str] | None", made)
        token = read_web_token(Path(path), setting=AUTHORIZATION_FILE)
        refuse_key_file(token, what=f"{AUTHORIZATION_FILE} '{path}'")
        own._validate_auth_token(token.reveal())  # noqa: SLF001 - its own
        return {"Authorization": token.reveal()}
