"""From the bytes of one connection to its requests, within bounds.

httptools (llhttp) parses; this module sets the bounds, and keeps what matters here.
A request with a body is refused: nothing here reads one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import httptools

from pyvault.server.http.request import KNOWN_HEADERS, Request, refusal_of
from pyvault.server.http.response import Answer, RefusalReason, make_refusal

if TYPE_CHECKING:
    from collections.abc import Callable

#: Bytes of one request: an SDK sends under 1 KiB.
MAX_REQUEST_BYTES = 16 * 1024
MAX_HEADERS = 64
VERSIONS = ("1.1", "1.0")

MALFORMED = make_refusal(400, "the request is malformed", reason=RefusalReason.MALFORMED)
TOO_LARGE = make_refusal(431, "the request is too large", reason=RefusalReason.SIZE)
BODY_REFUSED = make_refusal(413, "a request body is not accepted", reason=RefusalReason.BODY)
BROKEN = make_refusal(500, "internal error", reason=RefusalReason.FAULT)


class RequestReader:
    """Reads requests, until one of them is refused.

    Args:
        hosts: the allowed values of ``Host``.
        report: takes our own exceptions.

    Attributes:
        is_between: no byte of another request has come.
        refusal: the last answer, if the connection can't be read any further.
    """

    __slots__ = (
        "_header_count",
        "_header_refusal",
        "_headers",
        "_hosts",
        "_parser",
        "_repeatable",
        "_report",
        "_requests",
        "_size",
        "_url",
        "is_between",
        "refusal",
    )  # fmt: skip

    def __init__(self, hosts: frozenset[bytes], *, report: Callable[[BaseException], None]) -> None:
        self._hosts = hosts
        self._report = report
        self._parser = httptools.HttpRequestParser(self)
        self._requests: list[Request] = []
        self._repeatable = b""
        self._size = 0
        self.refusal: Answer | None = None
        self.on_message_begin()
        self.is_between = True

    def feed(self, data: bytes) -> list[Request]:
        """Return the requests that these bytes complete; ``refusal`` tells whether more may follow."""
        # A program that keeps its connection repeats its request. Between two requests
        # the parser remembers nothing: the same bytes are the same requests.
        if data == self._repeatable:
            return self._requests
        began_between = self.is_between
        self._repeatable, self._requests = b"", []
        self._size += len(data)
        if self._size > MAX_REQUEST_BYTES:
            self.refusal = TOO_LARGE
        else:
            self._parse(data)
        if began_between and self.is_between and self.refusal is None and self._requests:
            self._repeatable = data
        return self._requests

    def _parse(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserCallbackError as exc:  # our own error: ends this connection only
            self._report(exc.__context__ or exc)
            self.refusal = BROKEN
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self.refusal = self.refusal or MALFORMED

    # ---------------------------------------------------------- httptools calls these

    def on_message_begin(self) -> None:
        """Forget the previous request."""
        self._url = b""
        self._headers: dict[bytes, bytes] = {}
        self._header_count = 0
        self._header_refusal: Answer | None = None
        self.is_between = False

    def on_url(self, part: bytes) -> None:
        """Collect the path; it comes in pieces when the packets did."""
        self._url += part

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep the headers that matter here."""
        name = name.lower()
        self._header_count += 1
        if self._header_count > MAX_HEADERS:
            self.refusal = self.refusal or TOO_LARGE  # the first refusal stays, however the packets fall
        elif name in KNOWN_HEADERS:
            if name in self._headers:
                self.refusal = self.refusal or MALFORMED
            self._headers[name] = value
        elif self._header_refusal is None:
            self._header_refusal = refusal_of(name)

    def on_headers_complete(self) -> None:
        """Refuse a body before it comes, and other versions of HTTP: the parser takes 0.9 and 2.0 too."""
        if self._parser.get_http_version() not in VERSIONS:
            self.refusal = self.refusal or MALFORMED
        if self._headers.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in self._headers:
            self.refusal = self.refusal or BODY_REFUSED

    def on_message_complete(self) -> None:
        """Keep the request, unless something in it is refused."""
        if self.refusal is not None:
            return
        method: bytes = self._parser.get_method()
        keep_alive: bool = self._parser.should_keep_alive()
        self._requests.append(Request(method, self._url, self._headers, self._header_refusal, self._hosts, keep_alive))
        self._size = 0
        self.is_between = keep_alive  # after a last request the parser takes nothing
