"""OAuth errors, in the double form in which AWS answers them."""

from __future__ import annotations

from .errors import AwsError
from .message import Response, json_response

#: OAuth's code -> the exception that AWS's SDKs raise, and its status. Source: botocore's sso-oidc model.
EXCEPTIONS = {
    "access_denied": ("AccessDeniedException", 400),
    "authorization_pending": ("AuthorizationPendingException", 400),
    "expired_token": ("ExpiredTokenException", 400),
    "server_error": ("InternalServerException", 500),
    "invalid_client": ("InvalidClientException", 401),
    "invalid_client_metadata": ("InvalidClientMetadataException", 400),
    "invalid_grant": ("InvalidGrantException", 400),
    "invalid_redirect_uri": ("InvalidRedirectUriException", 400),
    "invalid_request": ("InvalidRequestException", 400),
    "invalid_scope": ("InvalidScopeException", 400),
    "slow_down": ("SlowDownException", 400),
    "unauthorized_client": ("UnauthorizedClientException", 400),
    "unsupported_grant_type": ("UnsupportedGrantTypeException", 400),
}


class OidcError(AwsError):
    """A refusal of the OIDC service; *code* is OAuth's."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message, status=EXCEPTIONS[code][1])


def refuse(error: AwsError) -> Response:
    """Render a refusal."""
    name = EXCEPTIONS[error.code][0] if error.code in EXCEPTIONS else error.code
    body = {"error": error.code, "error_description": error.message}
    return json_response(body, status=error.status, headers=(("x-amzn-ErrorType", name),))
