"""Credentials that need no vault, for what has to be reached before one is open.

Either the machine's own (environment, OIDC web identity, container, instance) or those
of one profile of the AWS files, which is named. Never ``AWS_PROFILE`` and never
``[default]``: what a person sets for programs must not decide who opens the vault.

Source: AWS SDKs and Tools Reference Guide, "Standardized credential providers".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from pyvault.aws import botocore_guards
from pyvault.aws.client import new_session
from pyvault.config.ca_bundle import OF_AWS, checked_bundle, find_ca_bundle
from pyvault.errors import AwsUnreachableError, CredentialsError
from pyvault.paths import expand_user
from pyvault.process.chain import chain_variable

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Mapping

    from botocore.credentials import CredentialProvider
    from botocore.session import Session

DEFAULT = "default"
CONNECT_TIMEOUT, READ_TIMEOUT, ATTEMPTS = 2, 10, 3  # seconds, of a call to STS
#: Exceptions of botocore after which another network may help; by name, so that nothing is imported for it.
UNREACHED = frozenset(
    {
        "EndpointConnectionError",
        "ConnectTimeoutError",
        "ReadTimeoutError",
        "ConnectionClosedError",
        "ProxyConnectionError",
        "ResponseStreamingError",
        "IncompleteReadError",
    }
)


def find_credentials(
    environ: Mapping[str, str], *, profile: str | None, region: str
) -> Any:  # Any: botocore.credentials.Credentials, which has no types
    """Return credentials, which renew themselves where their source can.

    Args:
        environ: the environment.
        profile: of the AWS files; None for the machine's own.
        region: of STS.

    Raises:
        CredentialsError: there are none, or their source refuses.
        AwsUnreachableError: their source can't be reached.
        ProfileLoopError: the command of the profile asks for what it is asked for.
        ConfigError: a token is not one, or would be sent in plain HTTP.
    """
    from botocore.credentials import CredentialResolver
    from botocore.exceptions import BotoCoreError, ClientError, MetadataRetrievalError

    from pyvault.aws.machine_sources import machine_sources

    whose = "the machine's own credentials" if profile is None else f"the credentials of profile {profile!r}"
    session = new_session("regional")  # for the calls that some sources make
    clients = _clients(session, environ, region)
    sources = machine_sources(environ, clients) if profile is None else _profile(clients, environ, profile, region)
    try:
        with botocore_guards.requests():
            found: Any = CredentialResolver(providers=sources).load_credentials()  # Any: as above
            if found is not None:
                found.get_frozen_credentials()  # calls the source now, where its errors are named
    except MetadataRetrievalError:  # the last source: this is no instance, or one without a role
        found = None
    except ClientError as exc:
        code = str(exc.response.get("Error", {}).get("Code", ""))
        raise CredentialsError(f"{whose}: AWS refused them: {code if code.isalnum() else 'no code'}") from None
    except (BotoCoreError, botocore_guards.AnswerTooLongError, ValueError, LookupError, TypeError, OSError) as exc:
        if type(exc).__name__ in UNREACHED:
            raise AwsUnreachableError(f"{whose}: no answer from where they come from") from None
        raise CredentialsError(f"{whose} can't be had: {type(exc).__name__}") from None
    if found is None:
        hint = (
            "the machine needs a role, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; the option aws_profile names a "
            "profile that needs no vault"
            if profile is None
            else "it must be a profile whose credentials need no vault: a role, a sign-in, a command, or keys in a file"
        )
        raise CredentialsError(f"there are no credentials for the vault: {whose} were not found", hint=hint)
    return found


def _profile(
    clients: Callable[..., object], environ: Mapping[str, str], name: str, region: str
) -> list[CredentialProvider]:
    from botocore.credentials import (
        AssumeRoleProvider,
        CanonicalNameCredentialSourcer,
        ProcessProvider,
        ProfileProviderBuilder,
    )

    from pyvault.aws.machine_sources import named_sources, web_identity

    if name == DEFAULT:
        raise CredentialsError("the credentials of the vault can't be those of [default]", hint="name another profile")
    reader = new_session(
        "regional",
        {
            "config_file": str(expand_user(environ.get("AWS_CONFIG_FILE") or "~/.aws/config", environ)),
            "credentials_file": str(
                expand_user(environ.get("AWS_SHARED_CREDENTIALS_FILE") or "~/.aws/credentials", environ)
            ),
        },
    )
    config: dict[str, Any] = reader.full_config  # Any: of the AWS files
    profiles = {key: section for key, section in config.get("profiles", {}).items() if key != DEFAULT}

    def load() -> dict[str, Any]:
        return {**config, "profiles": profiles}

    class Builder(ProfileProviderBuilder):
        """Starts commands with a mark that a pyvault among them sees, and looks at what is sent as a token."""

        def _create_web_identity_provider(self, profile_name: str, *_: object) -> CredentialProvider:
            return web_identity(profiles.get(profile_name, {}), environ, clients)

        def _create_process_provider(self, profile_name: str) -> ProcessProvider:
            make: Any = ProcessProvider  # Any: the stubs know no popen
            return cast("ProcessProvider", make(profile_name, load, popen=_marked(environ, profile_name)))

    builder = Builder(reader, region_name=region)
    assume_role: Any = AssumeRoleProvider  # Any: the stubs lag behind
    return [
        assume_role(
            load_config=load,
            client_creator=clients,
            cache={},
            profile_name=name,
            prompter=_nobody(name),
            credential_sourcer=CanonicalNameCredentialSourcer(named_sources(environ)),
            profile_provider_builder=builder,
        ),
        *builder.providers(profile_name=name, disable_env_vars=True),
    ]


def _clients(session: Session, environ: Mapping[str, str], region: str) -> Callable[..., object]:
    def make(service: str, **options: Any) -> object:  # Any: of create_client
        from botocore.config import Config

        bounds: Any = Config(  # Any: the stubs want each option
            connect_timeout=CONNECT_TIMEOUT,
            read_timeout=READ_TIMEOUT,
            retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
        )
        options["config"] = bounds.merge(options.get("config") or Config())
        options["verify"] = checked_bundle(find_ca_bundle(environ.get(OF_AWS), environ))
        if service == "sts" and (url := environ.get("AWS_ENDPOINT_URL_STS") or environ.get("AWS_ENDPOINT_URL")):
            options.setdefault("endpoint_url", url)
        options.setdefault("region_name", region)
        create: Any = session.create_client  # Any: overloads for each service
        client: object = create(service, **options)
        botocore_guards.bound(client)
        return client

    return make


def _nobody(profile: str) -> Callable[[str], str]:
    """Return what answers when botocore wants to ask a person."""

    def refuse(_question: str) -> str:
        raise CredentialsError(
            f"profile {profile!r} wants an MFA code, and nobody is asked for one before the vault is open",
            hint="name a profile without mfa_serial in the option aws_profile",
        )

    return refuse


def _marked(environ: Mapping[str, str], profile: str) -> Callable[..., subprocess.Popen[bytes]]:
    """Return what starts a command so that a pyvault below it, which needs this profile too, ends with an error."""
    import subprocess

    popen: Any = subprocess.Popen  # Any: overloads for each kind of stream

    def start(argv: list[str], **options: Any) -> subprocess.Popen[bytes]:  # Any: of Popen
        return cast(
            "subprocess.Popen[bytes]",
            popen(argv, stdin=subprocess.DEVNULL, env={**environ, **chain_variable(environ, profile)}, **options),
        )

    return start
