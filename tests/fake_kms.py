"""AWS KMS as a script: Encrypt and Decrypt with keys that refuse as they are told to.

Source: AWS Key Management Service API Reference: the JSON protocol, the errors and their statuses.
"""

from __future__ import annotations

import base64
import json
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

ACCOUNT, REGION = "111122223333", "eu-central-1"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
OTHER_KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/ffffffff-12ab-34cd-56ef-1234567890ab"
SECRET, TOKEN = "kms-tests-own-secret-access-key-example", "kms-tests-own-session-token-example"
STATUS = {"ThrottlingException": 400, "KMSInternalException": 500}


def signer_of(authorization: str) -> str:
    """Return the id of the access key that signed a request."""
    return authorization.partition("Credential=")[2].partition("/")[0]


@dataclass(frozen=True)
class Call:
    operation: str
    key: str
    context: dict[str, str]
    signer: str = ""  #: the access key that signed it


@dataclass(frozen=True)
class _Sealed:
    key: str
    context: dict[str, str]
    plain: str


class FakeKms:
    """One server for all accounts and regions."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.refusals: dict[str, str] = {}  #: code by key
        self.html = False  #: it is a captive portal, with this status, and this place to go to
        self.html_status, self.html_location = 200, ""
        self.answers_as: str | None = None  #: the KeyId of its answers, if not the one asked for
        self._sealed: dict[str, _Sealed] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def environ(self) -> dict[str, str]:
        """Give the variables of a machine that may use its keys."""
        return {
            "AWS_ENDPOINT_URL_KMS": self.url,
            "AWS_ACCESS_KEY_ID": "ASIAKMSEXAMPLE000000",
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_SESSION_TOKEN": TOKEN,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def answer(self, operation: str, request: dict[str, Any], signer: str = "") -> tuple[int, dict[str, str]]:
        key, context = request["KeyId"], request["EncryptionContext"]
        self.calls.append(Call(operation, key, context, signer))
        if (code := self.refusals.get(key)) is not None:
            return self._refuse(code, key)
        if operation == "Encrypt":
            ciphertext = base64.b64encode(f"sealed {len(self._sealed)} ".encode() * 8).decode()
            self._sealed[ciphertext] = _Sealed(key, context, request["Plaintext"])
            return 200, {"CiphertextBlob": ciphertext, "KeyId": self.answers_as or key}
        sealed = self._sealed.get(request["CiphertextBlob"])
        if sealed is None or sealed.context != context:
            return self._refuse("InvalidCiphertextException", key)
        if sealed.key != key:
            return self._refuse("IncorrectKeyException", key)
        return 200, {"Plaintext": sealed.plain, "KeyId": self.answers_as or key}

    def _refuse(self, code: str, key: str) -> tuple[int, dict[str, str]]:
        # A foreign endpoint may quote what it was sent.
        return STATUS.get(code, 400), {"__type": code, "message": f"{code} on {key}, signed with {TOKEN} and {SECRET}"}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                operation = self.headers["X-Amz-Target"].removeprefix("TrentService.")
                status, answer = fake.answer(operation, request, signer_of(self.headers["Authorization"]))
                body = b"<html>Please sign in</html>" if fake.html else json.dumps(answer).encode()
                self.send_response(fake.html_status if fake.html else status)
                if fake.html and fake.html_location:
                    self.send_header("Location", fake.html_location)
                self.send_header("Content-Type", "text/html" if fake.html else "application/x-amz-json-1.1")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: object) -> None:
                """Keep quiet."""

        return Handler
