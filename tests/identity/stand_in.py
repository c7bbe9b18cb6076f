"""A stand-in for AWS that makes out credentials to whom the caller says to be: STS, the SSO portal, a container.

It proves nothing (the strict local AWS of ``fake_aws`` does that); it is one pure function,
asked by our own retriever, by botocore without a network, and over HTTP by programs.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from identity.principals import FAR, FAR_TEXT, KEY_ID, key_of, of_role, of_sso, who
from pyvault.aws.calls import MfaProof, Sts
from pyvault.config.clients import ClientSettings
from pyvault.mfa.codes import MfaRequest
from pyvault.model import Credentials
from pyvault.planning.steps import AssumeRoleStep, SessionTokenStep, SsoStep, WebIdentityStep
from pyvault.secret import Secret
from pyvault.server.endpoints.ecs import ecs_answer
from pyvault.server.endpoints.imds import imds_answer
from pyvault.server.http.response import make_answer

CONTAINER = "the container"
INSTANCE = "the instance"
METADATA = "/latest/meta-data/iam/security-credentials/"
PORTAL = "/federation/credentials"


def made_for(principal: str, *, account: str | None = None) -> Credentials:
    """Return temporary credentials of a principal."""
    return Credentials(
        access_key_id=key_of(principal),
        secret_access_key=Secret("s"),
        session_token=Secret("t"),
        expires=FAR,
        account_id=account,
    )


def account_of(arn: str) -> str:
    """Return the account in an ARN."""
    return arn.split(":")[4]


def answer(path: str, headers: Mapping[str, str], body: str) -> tuple[int, str]:
    """Answer one request of a client of STS or of the SSO portal."""
    lower = {name.lower(): value for name, value in headers.items()}
    parts = urlsplit(path)
    if parts.path == PORTAL:
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if not re.fullmatch(r"\d{12}", asked["account_id"]):
            return 400, "{}"
        url = lower["x-amz-sso_bearer_token"].removeprefix("signed-in-at-")
        principal = of_sso(url, asked["account_id"], asked["role_name"])
        made = {"accessKeyId": key_of(principal), "secretAccessKey": "s", "sessionToken": "t"}
        return 200, json.dumps({"roleCredentials": made | {"expiration": int(FAR.timestamp() * 1000)}})
    asked = {name: values[0] for name, values in parse_qs(body).items()}
    signer = KEY_ID.search(lower.get("authorization", ""))
    by = who(signer[0]) if signer else f"the token {asked.get('WebIdentityToken', '').strip()}"
    action = asked["Action"]
    if action == "GetCallerIdentity":
        return 200, _xml(action, f"<Arn>{key_of(by)}</Arn><UserId>u</UserId><Account>000000000000</Account>")
    arn = asked.get("RoleArn", "")
    if arn and not re.fullmatch(r"arn:aws:iam::\d{12}:role/[\w-]+", arn):
        return 400, "<ErrorResponse><Error><Code>ValidationError</Code></Error></ErrorResponse>"
    key = key_of(of_role(arn, by) if arn else by)
    user = f"<AssumedRoleUser><Arn>{arn}</Arn><AssumedRoleId>r:n</AssumedRoleId></AssumedRoleUser>" if arn else ""
    return 200, _xml(
        action,
        f"{user}<Credentials><AccessKeyId>{key}</AccessKeyId><SecretAccessKey>s</SecretAccessKey>"
        f"<SessionToken>t</SessionToken><Expiration>{FAR_TEXT}</Expiration></Credentials>",
    )


def _xml(action: str, result: str) -> str:
    space = "https://sts.amazonaws.com/doc/2011-06-15/"
    return (
        f'<{action}Response xmlns="{space}"><{action}Result>{result}</{action}Result>'
        f"<ResponseMetadata><RequestId>i</RequestId></ResponseMetadata></{action}Response>"
    )


@dataclass(frozen=True, kw_only=True)
class Calls:
    """The AWS calls of our own retriever, answered by the same rule."""

    by: str = ""

    def sts(self, settings: ClientSettings, credentials: Credentials | None) -> Sts:
        return Calls(by=who(credentials.access_key_id) if credentials else "")  # type: ignore[return-value]

    def sso_portal(self, settings: ClientSettings) -> Calls:
        return self

    def get_session_token(self, step: SessionTokenStep, mfa: MfaProof | None) -> Credentials:
        return made_for(self.by)

    def assume_role(self, step: AssumeRoleStep, session_name: str, mfa: MfaProof | None) -> Credentials:
        return made_for(of_role(step.role_arn, self.by), account=account_of(step.role_arn))

    def assume_role_with_web_identity(
        self, step: WebIdentityStep, session_name: str, token: Secret[str]
    ) -> Credentials:
        return made_for(of_role(step.role_arn, f"the token {token.reveal()}"), account=account_of(step.role_arn))

    def get_role_credentials(self, step: SsoStep, token: Secret[str]) -> Credentials:
        url = token.reveal().removeprefix("signed-in-at-")
        return made_for(of_sso(url, step.account_id, step.role_name), account=step.account_id)


class Codes:
    """Somebody with every MFA device in the world."""

    def prove(self, request: MfaRequest, send: Callable[[MfaProof], Credentials]) -> Credentials:
        return send(MfaProof(serial=request.serial, code=Secret("123456")))


@dataclass
class Server:
    """The container's endpoint, that of pyvault's own server, and STS, on loopback."""

    url: str
    served: dict[str, Credentials] = field(default_factory=dict[str, Credentials])

    def serve(self, name: str, credentials: Credentials) -> str:
        """Have credentials given away at an address, as pyvault's server gives them."""
        self.served[f"/{name}"] = credentials
        return f"{self.url}/{name}"


class Handler(BaseHTTPRequestHandler):
    """Answers for the server that :func:`running` gives it."""

    protocol_version = "HTTP/1.1"
    stand_in: Server

    def do_GET(self) -> None:
        place, metadata, role = self.path.partition(METADATA)
        credentials = self.stand_in.served.get(place)
        if credentials is not None:
            made = imds_answer(credentials, FAR) if role else make_answer(200, "role")
            self.wfile.write((made if metadata else ecs_answer(credentials, FAR)).close)
            self.close_connection = True
        elif self.path.startswith(PORTAL):
            self._answer("")
        else:
            self._send(404, b"")

    def do_PUT(self) -> None:
        self._send(200, b"token", {"x-aws-ec2-metadata-token-ttl-seconds": "60"})

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers["Content-Length"])).decode())

    def log_message(self, *words: Any) -> None:
        pass

    def _answer(self, body: str) -> None:
        status, text = answer(self.path, dict(self.headers), body)
        self._send(status, text.encode())

    def _send(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def running() -> Iterator[Server]:
    """Run the stand-in for the programs of a test."""
    handler = type("Bound", (Handler,), {})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as http:
        server = Server(url=f"http://127.0.0.1:{http.server_port}")
        handler.stand_in = server  # type: ignore[attr-defined]
        server.serve("container", made_for(CONTAINER))
        server.serve("instance", made_for(INSTANCE))
        threading.Thread(target=http.serve_forever, daemon=True).start()
        yield server
        http.shutdown()
