"""Target: a whole conversation with a metadata service or a container's endpoint, down to HTTP itself."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from functools import cache

from fuzz.answers import METADATA
from fuzz.target import Target
from pyvault.retrieval.from_metadata import FULL, from_container, from_instance

AWS, NOT_FOUND = 6, 3
NEXT = b"\n--next--\n"  # between what is said to one request and to the next


class Service:
    """Says to each connection the next part of what was put in, the last one again and again, and hangs up."""

    def __init__(self) -> None:
        self.parts: list[bytes] = [b""]
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            said = self.parts.pop(0) if len(self.parts) > 1 else self.parts[0]
            with connection, suppress(OSError):
                connection.recv(65536)
                connection.sendall(said)


@cache
def _service() -> Service:
    return Service()


def take(data: bytes) -> None:
    """Have a conversation: with an instance's service if the first byte is even, else with a container's."""
    service = _service()
    service.parts = data[1:].split(NEXT)
    if data[:1] and data[0] % 2:
        from_container({FULL: f"{service.url}/x"}, lambda _seconds: None)
    else:
        from_instance({"AWS_EC2_METADATA_SERVICE_ENDPOINT": service.url}, lambda _seconds: None)


def _ok(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


TARGETS = (
    Target(
        name="metadata-http",
        run=take,
        seeds=(
            b"\0" + NEXT.join([_ok(b"token"), _ok(b"role"), _ok(METADATA[0])]),
            b"\1" + _ok(METADATA[1]),
            b"\1HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
            b"\0HTTP/1.0 503 Busy\r\n\r\n"
            + NEXT
            + b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 302 Found\r\nLocation: /x\r\n\r\n",
        ),
        exits=frozenset({AWS, NOT_FOUND}),
        examples=150,
    ),
)
