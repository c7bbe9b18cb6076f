"""The one error of the fake: what AWS would answer, before it has a wire form."""

from __future__ import annotations


class AwsError(Exception):
    """A refusal with AWS's own code and words; each protocol renders it in its own shape."""

    def __init__(self, code: str, message: str, *, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


def access_denied(message: str) -> AwsError:
    """Say no to somebody whose credentials are good."""
    return AwsError("AccessDenied", message, status=403)


def invalid_client_token() -> AwsError:
    """Say that the key, or its session token, means nothing here."""
    return AwsError("InvalidClientTokenId", "The security token included in the request is invalid.", status=403)


def expired_token() -> AwsError:
    """Say that temporary credentials have ended."""
    return AwsError("ExpiredToken", "The security token included in the request is expired", status=403)


def validation(message: str) -> AwsError:
    """Refuse a parameter."""
    return AwsError("ValidationError", message, status=400)


def no_such_entity(message: str) -> AwsError:
    """Say that IAM does not know what was named."""
    return AwsError("NoSuchEntity", message, status=404)
