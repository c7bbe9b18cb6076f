"""``doctor`` compares the clock with AWS's, by the date of any answer."""

from __future__ import annotations

import threading
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from command_line import Pyvault
from pyvault.clock import from_epoch, now


@pytest.mark.parametrize(("minutes", "code"), [(0, 0), (10, 1), (-10, 1)])
def test_a_clock_that_is_off_is_found(pyvault: Pyvault, minutes: int, code: int) -> None:
    class Endpoint(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.send_response_only(400)
            there = from_epoch(now().timestamp() + minutes * 60)
            self.send_header("Date", format_datetime(there, usegmt=True))
            self.end_headers()

    with HTTPServer(("127.0.0.1", 0), Endpoint) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        told = pyvault("doctor", env={"AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_port}"})
        server.shutdown()
    assert told.code == code, told.out
    assert ("set the clock" in told.out + told.err) is bool(minutes)
