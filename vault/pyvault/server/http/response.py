"""HTTP answers, made into bytes before they are requested."""

from __future__ import annotations

from enum import StrEnum

from pyvault.record import Record

#: Source: RFC 9110, section 15. Only what the servers send.
REASONS = {
    200: b"OK",
    400: b"Bad Request",
    401: b"Unauthorized",
    403: b"Forbidden",
    404: b"Not Found",
    405: b"Method Not Allowed",
    408: b"Request Timeout",
    413: b"Content Too Large",
    431: b"Request Header Fields Too Large",
    500: b"Internal Server Error",
    503: b"Service Unavailable",
}

JSON = "application/json"
TEXT = "text/plain"

_CLOSE = b"Connection: close\r\n"


class RefusalReason(StrEnum):
    """Why a request was refused, in one word, for the access log.

    The words are for programs that read the log, so the list is closed; a word never
    holds anything of what was sent.
    """

    PEER = "peer"  # another user's process, or one in another network namespace
    HOST = "host"
    ORIGIN = "origin"  # sent by a web page in a browser
    FORWARDED = "forwarded"  # passed on by a proxy
    METHOD = "method"
    PATH = "path"
    TOKEN = "token"  # noqa: S105 - a word of the log
    ROLE = "role"  # one that no --allow-role allows
    MALFORMED = "malformed"
    SIZE = "size"
    BODY = "body"
    SLOW = "slow"  # the request did not come in time
    BUSY = "busy"  # all places for roles are taken
    FETCH = "fetch"  # there are no good credentials, and getting new ones failed
    FAULT = "fault"  # an internal error


class Answer(Record):
    """A whole answer, in one form for a connection that stays open and one for a connection that ends.

    The bytes may hold a secret, so an answer shows its status only.

    Attributes:
        keep: status line, headers and body.
        close: the same with ``Connection: close``.
        body_size: bytes of the body, which a HEAD request does not get.
        authenticates: only a client with the token gets it.
        reason: of a refusal, for the access log.
    """

    status: int
    keep: bytes
    close: bytes
    body_size: int
    authenticates: bool
    reason: RefusalReason | None = None

    def for_request(self, *, keep_alive: bool, head: bool) -> bytes:
        """Return the bytes to send."""
        form = self.keep if keep_alive else self.close
        return form[: len(form) - self.body_size] if head else form

    def __repr__(self) -> str:
        return f"Answer({self.status})"


def make_answer(
    status: int,
    body: str = "",
    *,
    content_type: str = JSON,
    headers: tuple[tuple[str, str], ...] = (),
    authenticates: bool = True,
    reason: RefusalReason | None = None,
) -> Answer:
    """Return an answer that no cache may keep and no browser may guess about.

    Args:
        authenticates: False for a good answer that everybody gets.
    """
    content = body.encode()
    fields = [("Content-Type", content_type), ("Content-Length", str(len(content)))]
    fields += [("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff"), *headers]
    start = b"HTTP/1.1 %d %s\r\n" % (status, REASONS[status])
    start += b"".join(f"{name}: {value}\r\n".encode() for name, value in fields)
    return Answer(
        status=status,
        keep=start + b"\r\n" + content,
        close=start + _CLOSE + b"\r\n" + content,
        body_size=len(content),
        authenticates=authenticates and status == 200,
        reason=reason,
    )


def make_refusal(
    status: int, message: str, *, reason: RefusalReason, headers: tuple[tuple[str, str], ...] = ()
) -> Answer:
    """Return a refusal in the form that the SDKs show to people.

    The message never holds what the client sent.
    """
    import json

    code = REASONS[status].decode().replace(" ", "")
    return make_answer(status, json.dumps({"code": code, "message": message}), headers=headers, reason=reason)
