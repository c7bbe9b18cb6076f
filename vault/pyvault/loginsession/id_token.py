"""Who signed in: the ``sub`` of an ID token.

Its signature is not checked: it came over TLS from AWS's token endpoint (OpenID Connect Core 1.0,
"ID Token Validation", allows that), or from the file in which the AWS CLI keeps it for itself.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode
from typing import TYPE_CHECKING, Final

from pyvault.json_reader import UnreadableError, read_object
from pyvault.loginsession.login_session import PERSON

if TYPE_CHECKING:
    from pyvault.secret import Secret

MOST_CHARACTERS: Final = 4096  # Source: the model of the service ``signin``, IdToken
PARTS: Final = 3  # header, claims, signature


def person_of(id_token: Secret[str]) -> str:
    """Return the ARN of the person.

    Raises:
        UnreadableError: it is no ID token of a person.
    """
    text = id_token.reveal()
    parts = text.split(".")
    if len(parts) != PARTS or len(text) > MOST_CHARACTERS or not text.isascii():
        raise UnreadableError("idToken is not a JSON Web Token")
    try:
        claims = urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))
    except ValueError:
        raise UnreadableError("idToken is not a JSON Web Token") from None
    arn = read_object(claims).text("sub")
    if not PERSON.fullmatch(arn):
        raise UnreadableError("the sub of idToken is not the ARN of a person")
    return arn
