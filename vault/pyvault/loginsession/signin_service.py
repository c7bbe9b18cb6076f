"""AWS's sign-in service through botocore, which needs no ``awscrt`` for what is asked here.

Source: botocore's model of the service ``signin``, CreateOAuth2Token and RevokeOAuth2TokenWithIAM. The
requests carry secrets, so no words of an answer are shown.
"""

from __future__ import annotations

import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, cast

from pyvault import clock
from pyvault.aws.answers import Answer, read
from pyvault.aws.client import make_client
from pyvault.aws.error_answers import translated
from pyvault.aws.plain_http import refuse_plain_endpoint
from pyvault.errors import AwsError
from pyvault.json_reader import UnreadableError
from pyvault.loginsession.dpop import HEADER, proof
from pyvault.loginsession.login_tokens import MOST_REFRESH_CHARACTERS, credentials_of
from pyvault.loginsession.refusals import HINTS, Refusal, clock_hint
from pyvault.record import Record, replace
from pyvault.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from pyvault.config.clients import ClientSettings
    from pyvault.loginsession.login_tokens import Grant
    from pyvault.model import Credentials

#: What AWS knows every program as that signs a person in here, or by a browser on another machine.
SAME_DEVICE: Final = "arn:aws:signin:::devtools/same-device"
CROSS_DEVICE: Final = "arn:aws:signin:::devtools/cross-device"
OPERATION: Final = "signin:CreateOAuth2Token"
LONGEST_LIFE: Final = 900  # seconds. Source: the model, ExpiresIn
TOKEN_TYPE: Final = "aws_sigv4"  # noqa: S105 - a type


class Answered(Record):
    """What CreateOAuth2Token answers.

    Attributes:
        refresh_token: the one before is worth nothing any more.
        id_token: says who signed in; only the first answer has it.
    """

    access: Answer
    refresh_token: Secret[str]
    id_token: Secret[str] | None
    life: int

    def credentials(self, arn: str) -> Credentials:
        """Return the credentials of the person with this ARN.

        Raises:
            UnusableAnswerError: they are none.
        """
        from datetime import timedelta

        with translated(OPERATION, show_message=False):
            return credentials_of(
                arn,
                key_id=self.access.text("accessKeyId"),
                secret=Secret(self.access.text("secretAccessKey")),
                session_token=Secret(self.access.text("sessionToken")),
                expires=clock.now().replace(microsecond=0) + timedelta(seconds=self.life),
            )


def redeem(
    settings: ClientSettings,
    code: Secret[str],
    *,
    key: Secret[str],
    client_id: str,
    verifier: Secret[str],
    redirect_uri: str,
) -> Answered:
    """Turn the code from the browser into tokens that belong to a key.

    Raises:
        AwsError: AWS refused; its code is a :class:`Refusal` where that is known.
        AwsUnreachableError: AWS gave no answer.
    """
    body = {
        "clientId": client_id,
        "grantType": "authorization_code",
        "code": code.reveal(),
        "codeVerifier": verifier.reveal(),
        "redirectUri": redirect_uri,
    }
    return _ask(settings, body, key=key, hidden=(code, verifier))


def refresh(settings: ClientSettings, grant: Grant) -> Answered:
    """Get new credentials and the next refresh token without a person.

    Raises:
        AwsError: AWS refused; its code is a :class:`Refusal` where that is known.
        AwsUnreachableError: AWS gave no answer; nobody knows whether the token is still good.
    """
    body = {
        "clientId": grant.client_id,
        "grantType": "refresh_token",
        "refreshToken": grant.refresh_token.reveal(),
    }
    where = replace(settings, region=grant.region, region_is_default=False)
    return _ask(where, body, key=grant.dpop_key, hidden=(grant.refresh_token,))


def revoke(settings: ClientSettings, grant: Grant, credentials: Credentials) -> None:
    """End a sign-in at AWS; the call is signed with its own credentials.

    Raises:
        AwsError: AWS refused.
        AwsUnreachableError: AWS gave no answer.
        UnusableAnswerError: nor did it get the call: botocore before 1.43 knows of none.
        ConfigError: the token would go to another machine in plain HTTP.
    """
    refuse_plain_endpoint("signin", settings)
    where = replace(settings, region=grant.region, region_is_default=False)
    client: Any = make_client("signin", where, credentials)  # Any: botocore makes the methods at run time
    with translated(
        "signin:RevokeOAuth2TokenWithIAM", show_message=False, hidden=(grant.refresh_token, *credentials.secrets())
    ):
        client.revoke_oauth2_token_with_iam(token=grant.refresh_token.reveal())


def _ask(
    settings: ClientSettings, body: dict[str, str], *, key: Secret[str], hidden: Sequence[Secret[str]]
) -> Answered:
    client: Any = make_client("signin", settings, None)  # Any: as above

    def prove(request: Any, **_: object) -> None:  # Any: botocore's prepared request
        # For each try: a proof is good once.
        signed = proof(key, method=request.method, url=request.url, at=clock.now(), number=str(uuid.uuid4()))
        request.headers[HEADER] = signed.reveal()

    client.meta.events.register("before-send.signin.CreateOAuth2Token", prove)
    with translated(OPERATION, show_message=False, hidden=hidden), _named():
        answer = read(client.create_o_auth2_token(tokenInput=body)).fields("tokenOutput")
        if answer.text("tokenType") != TOKEN_TYPE:
            raise UnreadableError(f"tokenType is not {TOKEN_TYPE!r}")
        token = answer.bearer("refreshToken")
        if len(token) > MOST_REFRESH_CHARACTERS:
            raise UnreadableError("refreshToken is too long")
        return Answered(
            access=answer.fields("accessToken"),
            refresh_token=token,
            id_token=answer.bearer("idToken") if answer.optional_text("idToken") else None,
            life=answer.whole("expiresIn", least=1, most=LONGEST_LIFE),
        )


@contextmanager
def _named() -> Generator[None]:
    """Raise the kind of a refusal that botocore keeps beside the code, and see whether a clock is wrong.

    Raises:
        AwsError: a refusal that has a kind, or that a wrong clock explains.
    """
    from botocore.exceptions import ClientError

    try:
        yield
    except ClientError as exc:
        response = cast("dict[str, Any]", exc.response)  # Any: the stubs know no modelled fields
        named = (str(response.get("error", "")), str(response.get("Error", {}).get("Code", "")))
        kind = next((name for name in named if name in tuple(Refusal)), None)
        headers = response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
        wrong_clock = clock_hint(headers.get("date"), now=clock.now())
        if kind is not None:
            raise AwsError(
                f"AWS refused {OPERATION}: {kind}", code=kind, hint=HINTS.get(Refusal(kind)) or wrong_clock
            ) from None
        if wrong_clock is not None:
            raise AwsError(f"AWS refused {OPERATION}", code="ClockSkew", hint=wrong_clock) from None
        raise
