"""HTTP answers, made into bytes before anybody asks for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.record import Record

if TYPE_CHECKING:
    from pyvault.server.http.refusal_reason import RefusalReason

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


class Answer(Record):
    """One whole answer, in the form for a connection that stays and for one that ends.

    The bytes may hold a secret, so an answer shows its status only.

    Attributes:
        keep: status line, headers and body.
        close: the same with ``Connection: close``.
        body_size: bytes of the body, which a HEAD request does not get.
        welcomes: only somebody with a token gets it, so that its connection is no stranger's.
        why: of a refusal, for the access log.
    """

    status: int
    keep: bytes
    close: bytes
    body_size: int
    welcomes: bool
    why: RefusalReason | None = None

    def for_request(self, *, keep_alive: bool, head: bool) -> bytes:
        """Give the bytes to send."""
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
    welcomes: bool = True,
    why: RefusalReason | None = None,
) -> Answer:
    """Build an answer that no cache may keep and no browser may guess about.

    Args:
        welcomes: False for a good answer that everybody gets.
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
        welcomes=welcomes and status == 200,
        why=why,
    )


def make_refusal(status: int, message: str, *, why: RefusalReason, headers: tuple[tuple[str, str], ...] = ()) -> Answer:
    """Build a refusal in the form that the SDKs show to people.

    The message never holds what the client sent.
    """
    import json

    code = REASONS[status].decode().replace(" ", "")
    return make_answer(status, json.dumps({"code": code, "message": message}), headers=headers, why=why)
