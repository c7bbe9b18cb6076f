"""One HTTP request and one answer, as plain values."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import parse_qsl, unquote


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request as it came over the wire: nothing decoded, since signatures cover raw text."""

    method: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]  # names in lower case, in order, doubles kept
    body: bytes = field(repr=False)

    def header(self, name: str) -> str | None:
        """Find the first header called *name* (lower case)."""
        return next((value for key, value in self.headers if key == name), None)

    def query_fields(self) -> dict[str, str]:
        """Decode the query string; the last of several equal names wins."""
        return dict(parse_qsl(self.query, keep_blank_values=True))

    def form_fields(self) -> dict[str, str]:
        """Decode a form in the body, over the query string: the Query protocol takes both."""
        body = self.body.decode("utf-8", "replace")
        return self.query_fields() | dict(parse_qsl(body, keep_blank_values=True))

    def cookie(self, name: str) -> str | None:
        """Find a cookie of a browser."""
        for part in (self.header("cookie") or "").split(";"):
            key, _, value = part.strip().partition("=")
            if key == name:
                return unquote(value)
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """An answer; the server adds the length and the framing."""

    status: int = 200
    content_type: str = "text/plain; charset=utf-8"
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()

    def encode(self, *, keep_alive: bool, head_only: bool = False) -> bytes:
        """Write the whole answer as one piece, so that it leaves in one segment."""
        lines = [f"HTTP/1.1 {self.status} {_reason(self.status)}", f"Content-Type: {self.content_type}"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        lines += [f"Content-Length: {len(self.body)}", f"Connection: {'keep-alive' if keep_alive else 'close'}"]
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + (b"" if head_only else self.body)


def json_response(value: object, *, status: int = 200, headers: tuple[tuple[str, str], ...] = ()) -> Response:
    """Answer with JSON."""
    return Response(status=status, content_type="application/json", body=json.dumps(value).encode(), headers=headers)


def html_response(html: str, *, status: int = 200, headers: tuple[tuple[str, str], ...] = ()) -> Response:
    """Answer a browser."""
    return Response(status=status, content_type="text/html; charset=utf-8", body=html.encode(), headers=headers)


def redirect(location: str, *, headers: tuple[tuple[str, str], ...] = ()) -> Response:
    """Send a browser elsewhere."""
    return Response(status=302, headers=(("Location", location), *headers))


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
