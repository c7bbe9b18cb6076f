"""The way to the control door of a running fake."""

from __future__ import annotations

import http.client
import json
from typing import Any


class FakeAwsError(Exception):
    """The fake did not start, or refused an order."""


class Door:
    """Sends orders to ``/_control/``, each on a connection of its own, so that threads may share it."""

    def __init__(self, url: str, host: str, port: int) -> None:
        self.url = url
        self.host = host
        self.port = port

    def order(self, method: str, what: str, body: object = None) -> Any:
        """Send one order.

        Raises:
            FakeAwsError: it was refused.
        """
        connection = self._connect()
        try:
            connection.request(method, f"/_control/{what}", json.dumps(body) if body is not None else None)
            response = connection.getresponse()
            answer = json.loads(response.read())
        finally:
            connection.close()
        if response.status != 200:
            raise FakeAwsError(answer["error"])
        return answer

    def _connect(self) -> http.client.HTTPConnection:
        if self.url.startswith("http:"):
            return http.client.HTTPConnection(self.host, self.port, timeout=30)
        import ssl

        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE  # our own child on loopback; tests of trust use real clients
        return http.client.HTTPSConnection(self.host, self.port, timeout=30, context=context)
