"""A proxy behind which AWS's access portals are, as far as a page of theirs goes; nobody else is reached by it."""

from __future__ import annotations

import contextlib
import socket
import ssl
from pathlib import Path
from threading import Thread
from typing import Self

from certificates import make_certificate

PAGE = '<!DOCTYPE html><html><head><meta charset="utf-8"/><meta name="region" content="{}"/></head></html>'


class PortalProxy:
    """Speaks CONNECT, and TLS for ``example.awsapps.com`` behind it.

    Attributes:
        asked: what it was asked for, line by line.
    """

    HOST = "example.awsapps.com"

    def __init__(self, directory: Path, *, page: str = PAGE.format("eu-west-1"), redirect: str | None = None) -> None:
        self.asked: list[str] = []
        self.bundle = make_certificate(directory, self.HOST)
        self._page = page
        self._redirect = redirect
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(self.bundle)
        self._listener = socket.create_server(("127.0.0.1", 0))

    def environ(self) -> dict[str, str]:
        """Return the variables of a program that goes by this proxy."""
        port = self._listener.getsockname()[1]
        return {"HTTPS_PROXY": f"http://127.0.0.1:{port}", "AWS_CA_BUNDLE": str(self.bundle)}

    def __enter__(self) -> Self:
        Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                self._talk(self._listener.accept()[0])

    def _talk(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            connection.settimeout(20)
            target = self._request(connection)
            if target != f"CONNECT {self.HOST}:443":
                connection.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
                return
            connection.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
            with self._tls.wrap_socket(connection, server_side=True) as inner:
                wanted = self._request(inner)
                if self._redirect and not wanted.endswith("/"):
                    inner.sendall(
                        f"HTTP/1.1 302 Found\r\nLocation: {self._redirect}\r\nContent-Length: 0\r\n\r\n".encode()
                    )
                else:
                    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(self._page)}\r\n\r\n"
                    inner.sendall(f"{head}{self._page}".encode())

    def _request(self, connection: socket.socket) -> str:
        head = b""
        while b"\r\n\r\n" not in head and (part := connection.recv(4096)):
            head += part
        line = head.decode().partition("\r\n")[0].rpartition(" ")[0]
        self.asked.append(line)
        return line
