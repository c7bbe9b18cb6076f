"""A company's start URL, asked over TLS: HEAD, GET where there is no HEAD, one redirect and no second."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from certificates import make_certificate
from pyvault.errors import AwsUnreachableError
from pyvault.sso.vanity import follower

PORTAL = "https://corp.awsapps.com/start"


class Company(BaseHTTPRequestHandler):
    """Redirects as a load balancer does."""

    seen: list[str]

    def do_HEAD(self) -> None:
        type(self).seen.append(f"HEAD {self.path}")
        self.send_response({"/": 302, "/get": 405, "/plain": 200, "/gone": 404}[self.path])
        self.send_header("Location", PORTAL)
        self.end_headers()

    def do_GET(self) -> None:
        type(self).seen.append(f"GET {self.path}")
        self.send_response(301)
        self.send_header("Location", PORTAL)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def company(tmp_path: Path) -> Iterator[tuple[str, str]]:
    certificate = make_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    Company.seen = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Company) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"https://127.0.0.1:{server.server_address[1]}", str(certificate)
        server.shutdown()


def test_where_it_redirects_to(company: tuple[str, str]) -> None:
    url, bundle = company
    follow = follower(bundle)
    assert [follow(url + path) for path in ("/", "/get", "/plain", "/gone")] == [PORTAL, PORTAL, None, None]
    assert Company.seen == ["HEAD /", "HEAD /get", "GET /get", "HEAD /plain", "HEAD /gone"]


def test_no_answer_is_told_with_its_reason(company: tuple[str, str]) -> None:
    url, _ = company
    with pytest.raises(AwsUnreachableError, match=r"gave no answer: .*certificate"):
        follower(None)(url)
    with pytest.raises(AwsUnreachableError, match="Connection refused"):
        follower(None)("https://127.0.0.1:9/")
