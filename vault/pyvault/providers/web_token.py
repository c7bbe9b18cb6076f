"""What may be sent to AWS as a web identity token: a JSON Web Token, and nothing else.

A path in the config may lead to any file of the user's. STS takes OpenID Connect ID tokens,
which are JWTs. It takes OAuth 2.0 access tokens, which may be any text, only together with a
``ProviderId``; no AWS config has a setting for that, and so none of those could be of use.

Source: STS API Reference, AssumeRoleWithWebIdentity (WebIdentityToken, ProviderId);
RFC 7519, section 7.2; RFC 7515, sections 4.1.1 and 7.1.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from pyvault.errors import InvalidSettingError

if TYPE_CHECKING:
    from pyvault.secret import Secret

MAX_TOKEN: Final = 20_000  # characters. Source: STS API Reference, WebIdentityToken
KEY_FILE: Final = "pyvault-keyfile-v1:"  # how a key file of a vault begins: pyvault.vaultfile.keyfile
_JWT: Final = re.compile(r"([A-Za-z0-9_-]+)\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")


def check_web_token(token: Secret[str], *, what: str) -> None:
    """Refuse what is no token before it is sent; nothing of it is in the error.

    Args:
        token: trimmed.
        what: the setting that gave it, for the error.

    Raises:
        InvalidSettingError: it is the key file of a vault, too long, or no JSON Web Token.
    """
    if token.reveal().startswith(KEY_FILE):
        raise InvalidSettingError(f"{what} gives the key file of a vault, which opens it; it is sent to nobody")
    if len(token) > MAX_TOKEN:
        raise InvalidSettingError(f"{what} gives over {MAX_TOKEN} characters, which is no token")
    if not _is_jwt(token):
        raise InvalidSettingError(
            f"{what} gives no JSON Web Token, and what it gives was not sent",
            hint="AWS takes an OpenID Connect ID token: three parts of base64url with dots between them",
        )


def _is_jwt(token: Secret[str]) -> bool:
    """Return whether a text has three parts and a header that names an algorithm."""
    import base64

    from pyvault.json_reader import UnreadableError, read_object

    shaped = _JWT.fullmatch(token.reveal())
    if shaped is None:
        return False
    header = shaped[1]
    try:
        return bool(read_object(base64.urlsafe_b64decode(header + "=" * (-len(header) % 4))).text("alg"))
    except (UnreadableError, ValueError):
        return False
