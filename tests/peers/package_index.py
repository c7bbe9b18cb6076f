"""A small package index that lets nobody in without a password: the pages for pip, the upload for twine."""

from __future__ import annotations

import base64
import hmac
import re
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

UPLOADED = re.compile(rb'name="content"; filename="([^"/]+)"')


@dataclass
class PackageIndex:
    """What it serves, and what it has seen.

    Attributes:
        folder: the files it has to give.
        refused: how many requests came without the right password.
        uploads: names of the files that were uploaded.
    """

    folder: Path
    username: str
    password: str
    port: int = 0
    refused: int = 0
    uploads: list[str] = field(default_factory=list[str])

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def lets_in(self, authorization: str | None) -> bool:
        pair = base64.b64encode(f"{self.username}:{self.password}".encode()).decode()
        return hmac.compare_digest(authorization or "", f"Basic {pair}")


@contextmanager
def package_index(folder: Path, *, username: str, password: str) -> Generator[PackageIndex]:
    """Serve the files of *folder* on the loopback interface."""
    index = PackageIndex(folder=folder, username=username, password=password)
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(index)) as server:
        index.port = server.server_port
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        try:
            yield index
        finally:
            server.shutdown()
            serving.join()


def _handler(index: PackageIndex) -> type[BaseHTTPRequestHandler]:
    return type("Handler", (_Handler,), {"index": index})


class _Handler(BaseHTTPRequestHandler):
    index: PackageIndex

    def do_GET(self) -> None:
        if not self.admitted():
            return
        files = {f"/files/{file.name}": file for file in self.index.folder.iterdir()}
        if self.path in files:
            self.answer(200, files[self.path].read_bytes())
        elif self.path.startswith("/simple/"):
            links = "".join(f'<a href="{path}">{file.name}</a>' for path, file in files.items())
            self.answer(200, f"<!DOCTYPE html><html><body>{links}</body></html>".encode())
        else:
            self.answer(404)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.admitted():
            self.index.uploads += [name.decode() for name in UPLOADED.findall(body)]
            self.answer(200)

    def admitted(self) -> bool:
        if self.index.lets_in(self.headers["Authorization"]):
            return True
        self.index.refused += 1
        self.answer(401)
        return False

    def answer(self, code: int, body: bytes = b"") -> None:
        self.send_response(code)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        if code == 401:
            self.send_header("WWW-Authenticate", 'Basic realm="packages"')
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name in the library
        return
