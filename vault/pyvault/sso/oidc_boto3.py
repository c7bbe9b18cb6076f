"""The calls of a sign-in through botocore.

Source: IAM Identity Center OIDC API Reference, 2019-06-10. None of them is
signed; what they carry is secret all the same, so no words of an answer are shown.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, cast

from pyvault import clock
from pyvault.aws.answers import read
from pyvault.aws.client import make_client
from pyvault.aws.error_answers import translated
from pyvault.errors import ConfigError
from pyvault.sso.oidc import CLIENT_NAME, REGISTERED_REDIRECT, DeviceAuthorization, Flow, TokenAnswer
from pyvault.sso.tokens import Registration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_sso_oidc.client import SSOOIDCClient

    from pyvault.aws.answers import Answer
    from pyvault.config.clients import ClientSettings
    from pyvault.secret import Secret
    from pyvault.sso.session import SsoSession

DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"  # RFC 8628, section 3.4
DEFAULT_INTERVAL = timedelta(seconds=5)  # RFC 8628, section 3.2: where the server names none

LONGEST_INTERVAL = 3600  # seconds; nobody waits longer between two questions


def connect(session: SsoSession) -> BotoOidc:
    """Return the service of a portal's region; nothing is sent yet.

    Raises:
        ConfigError: the CA bundle is no readable file.
        AwsUnreachableError: the region or the endpoint is not well-formed.
    """
    return BotoOidc(cast("SSOOIDCClient", make_client("sso-oidc", session.client, None)), session.client)


class BotoOidc:
    """The OIDC service with one client; see :class:`pyvault.sso.oidc.OidcCalls`."""

    def __init__(self, client: SSOOIDCClient, settings: ClientSettings) -> None:
        self._client = client
        self._settings = settings

    def endpoint(self) -> str:
        """Return the service's address."""
        return self._client.meta.endpoint_url

    def register_client(self, flow: Flow, *, start_url: str, scopes: Sequence[str]) -> Registration:
        """Introduce this program, with the grants and the redirect of the flow only."""
        issuer = self._resolved(start_url)
        with translated("sso-oidc:RegisterClient", show_message=False):
            if flow is Flow.BROWSER:
                answer = self._client.register_client(
                    clientName=CLIENT_NAME,
                    clientType="public",
                    scopes=list(scopes),
                    grantTypes=["authorization_code", "refresh_token"],
                    redirectUris=[REGISTERED_REDIRECT],
                    issuerUrl=issuer,
                )
            else:
                answer = self._client.register_client(
                    clientName=CLIENT_NAME,
                    clientType="public",
                    scopes=list(scopes),
                    grantTypes=[DEVICE_GRANT, "refresh_token"],
                )
            return _registration(read(answer))

    def start_device_authorization(self, client: Registration, *, start_url: str) -> DeviceAuthorization:
        """Ask for a device code."""
        portal = self._resolved(start_url)
        with translated("sso-oidc:StartDeviceAuthorization", show_message=False, hidden=(client.client_secret,)):
            answer = self._client.start_device_authorization(
                clientId=client.client_id, clientSecret=client.client_secret.reveal(), startUrl=portal
            )
            return _device(read(answer))

    def _resolved(self, start_url: str) -> str:
        """Return AWS's own URL of the portal.

        Raises:
            ConfigError: it can't be told, or the portal is in another region.
        """
        from pyvault.sso.vanity import follower, is_vanity, region_of, resolve

        if not is_vanity(start_url):
            return start_url
        found = resolve(start_url, follower(self._settings.ca_bundle))
        region = region_of(found)
        if region not in {None, self._settings.region}:
            raise ConfigError(
                f"'{start_url}' leads to the portal of {region}, and its sso_region is {self._settings.region}",
                hint=f"set 'sso_region = {region}' in its sso-session section",
            )
        return found

    def redeem_device_code(self, client: Registration, device_code: Secret[str]) -> TokenAnswer:
        """Ask whether the person has agreed."""
        with translated("sso-oidc:CreateToken", show_message=False, hidden=(client.client_secret, device_code)):
            answer = self._client.create_token(
                clientId=client.client_id,
                clientSecret=client.client_secret.reveal(),
                grantType=DEVICE_GRANT,
                deviceCode=device_code.reveal(),
            )
            return _tokens(read(answer))

    def redeem_code(
        self, client: Registration, code: Secret[str], *, verifier: Secret[str], redirect_uri: str
    ) -> TokenAnswer:
        """Turn the code of the redirect into tokens."""
        with translated("sso-oidc:CreateToken", show_message=False, hidden=(client.client_secret, code, verifier)):
            answer = self._client.create_token(
                clientId=client.client_id,
                clientSecret=client.client_secret.reveal(),
                grantType="authorization_code",
                code=code.reveal(),
                codeVerifier=verifier.reveal(),
                redirectUri=redirect_uri,
            )
            return _tokens(read(answer))

    def refresh(self, client: Registration, refresh_token: Secret[str]) -> TokenAnswer:
        """Get a new access token without a person."""
        with translated("sso-oidc:CreateToken", show_message=False, hidden=(client.client_secret, refresh_token)):
            answer = self._client.create_token(
                clientId=client.client_id,
                clientSecret=client.client_secret.reveal(),
                grantType="refresh_token",
                refreshToken=refresh_token.reveal(),
            )
            return _tokens(read(answer))


def _registration(answer: Answer) -> Registration:
    return Registration(
        client_id=answer.bearer("clientId").reveal(),
        client_secret=answer.bearer("clientSecret"),
        expires=answer.epoch("clientSecretExpiresAt"),
    )


def _device(answer: Answer) -> DeviceAuthorization:
    plain = answer.text("verificationUri")
    return DeviceAuthorization(
        device_code=answer.bearer("deviceCode"),
        user_code=answer.text("userCode"),
        verification_uri=plain,
        verification_uri_complete=answer.optional_text("verificationUriComplete") or plain,
        expires=clock.now() + answer.life("expiresIn"),
        interval=timedelta(seconds=answer.whole("interval", most=LONGEST_INTERVAL))
        if answer.has("interval")
        else DEFAULT_INTERVAL,
    )


def _tokens(answer: Answer) -> TokenAnswer:
    return TokenAnswer(
        access_token=answer.bearer("accessToken"),
        expires=clock.now() + answer.life("expiresIn"),
        refresh_token=answer.bearer("refreshToken") if answer.optional_text("refreshToken") else None,
    )
