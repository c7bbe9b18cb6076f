"""A server that stands for AWS and for metadata services, and gives back what it was told to, or all that it was sent."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from xml.sax.saxutils import escape

from local_server import serving

#: What was asked (method, path, headers and body as one text) to status and body.
Reply = Callable[[str], tuple[int, str]]


@dataclass
class Mirror:
    """What it says, and what it has been asked."""

    url: str = ""
    reply: Reply = lambda _: (404, "")
    seen: list[str] = field(default_factory=list[str])


@contextmanager
def listening() -> Iterator[Mirror]:
    """Serve on loopback."""
    mirror = Mirror()

    class Handler(BaseHTTPRequestHandler):
        def say(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            asked = f"{self.command} {self.path}\n{self.headers}\n{body}"
            mirror.seen.append(asked)
            status, text = mirror.reply(asked)
            self.send_response(status)
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        do_GET = do_POST = do_PUT = say  # noqa: N815 - the server's names for it

    with serving(Handler) as mirror.url:
        yield mirror


def sts_answer(operation: str, key: str, secret: str, token: str) -> str:
    """Return an answer of STS with these credentials."""
    return (
        f"<{operation}Response><{operation}Result><Credentials><AccessKeyId>{written(key)}</AccessKeyId>"
        f"<SecretAccessKey>{written(secret)}</SecretAccessKey><SessionToken>{written(token)}</SessionToken>"
        f"<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></{operation}Result></{operation}Response>"
    )


def written(text: str) -> str:
    """Return a text as XML has it, line ends included."""
    return escape(text, {"\n": "&#10;", "\r": "&#13;"})


def repeated(asked: str) -> tuple[int, str]:
    """Refuse, and say in the code and in the message all that was sent, as XML and JSON readers find it."""
    if "application/json" in asked.lower() or asked.startswith("GET"):
        return 400, json.dumps({"__type": asked, "message": asked, "error": asked, "error_description": asked})
    told = written(asked)
    return 400, f"<ErrorResponse><Error><Code>{told}</Code><Message>{told}</Message></Error></ErrorResponse>"
