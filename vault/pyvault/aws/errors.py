"""What AWS and the network answer, as our errors.

*Refused* and *unreachable* are different types: the first needs another
request, the second another network.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from pyvault.aws import quiet as aws_quiet
from pyvault.errors import AwsError, AwsUnreachableError
from pyvault.trace import trace

if TYPE_CHECKING:
    from collections.abc import Generator

    from botocore.exceptions import ClientError

MAX_MESSAGE = 400  # characters of AWS's own words

WRONG_KEY = frozenset({"InvalidClientTokenId", "UnrecognizedClientException", "SignatureDoesNotMatch"})
TOO_OLD = frozenset({"ExpiredToken", "ExpiredTokenException"})
DENIED = frozenset({"AccessDenied", "AccessDeniedException"})


@contextmanager
def translated(operation: str, *, show_message: bool = True) -> Generator[None]:
    """Turn what botocore raises inside the ``with`` into our errors.

    Args:
        operation: as a person knows it, e.g. ``sts:AssumeRole``.
        show_message: False where the request carries a token: a strange
            endpoint could send it back inside its message.

    Raises:
        AwsError: AWS said no.
        AwsUnreachableError: nobody answered, or not in AWS's language.
    """
    from botocore.exceptions import BotoCoreError, ClientError, NoAuthTokenError, ParamValidationError
    from botocore.parsers import ResponseParserError

    trace(__name__, "AWS: %s", operation)
    try:
        with aws_quiet.requests():
            yield
    except ClientError as exc:
        raise _refused(operation, exc, show_message=show_message) from None  # it keeps the whole response
    except (ParamValidationError, NoAuthTokenError) as exc:
        raise AwsError(f"{operation} can't be asked for: {type(exc).__name__}", code=type(exc).__name__) from None
    except (ResponseParserError, AttributeError):  # its text is the body; botocore stumbles over an empty <Error/>
        raise AwsUnreachableError(f"{operation} got an answer that is not AWS's") from None
    except KeyError as exc:
        raise AwsError(f"the answer to {operation} lacks {exc.args[0]!r}", code="IncompleteAnswer") from None
    except (BotoCoreError, ValueError) as exc:  # ValueError: botocore's word for an endpoint that is no URL
        raise AwsUnreachableError(f"{operation} got no answer: {_reason(exc)}") from None


def _refused(operation: str, exc: ClientError, *, show_message: bool) -> AwsError:
    error = exc.response.get("Error", {})
    code = _one_line(str(error.get("Code", "Unknown")))
    words = _one_line(str(error.get("Message", ""))) if show_message else ""
    message = f"AWS refused {operation}: {code}" + (f": {words}" if words else "")
    return AwsError(message, code=code, hint=_hint(code, words))


def _hint(code: str, words: str) -> str | None:
    if "MultiFactorAuthentication" in words:
        return "the MFA code was refused: wrong, used before, or of another device; mfa_serial names the device"
    if code in TOO_OLD:
        return "what signed the call, or the token in it, has ended; --refresh fetches sessions anew"
    if code == "SignatureDoesNotMatch":
        return "the secret key does not fit the key id, or this machine's clock is wrong"
    if code in WRONG_KEY:
        return "the access key was deleted, deactivated or mistyped, or belongs to another partition"
    if code in DENIED:
        return "the role's trust policy may want MFA (mfa_serial), an external_id or another source_profile"
    return None


def _reason(exc: Exception) -> str:
    # The texts of botocore's network errors name the URL; a query string never occurs
    # in ours (STS and IAM post), but the SSO portal's do: keep what stands before it.
    text = f"{type(exc).__name__}: {exc}"
    return _one_line(text.split("?", 1)[0])


def _one_line(text: str) -> str:
    """Take the power over a terminal out of a foreign text, and its length."""
    return "".join(char for char in text if char.isprintable())[:MAX_MESSAGE]
