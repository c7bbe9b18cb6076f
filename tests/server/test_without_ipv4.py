"""On a machine whose loopback has no IPv4 address, or none at all."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="a network namespace of our own"),
    pytest.mark.peer("unshare", "ip"),
]

LISTEN = """
import json
from pyvault.errors import ConfigError
from pyvault.server.http.listener import listen_on_loopback
try:
    address, listener = listen_on_loopback()
    print(json.dumps([address, listener.getsockname()[0]]))
except ConfigError as exc:
    print(json.dumps([exc.message, exc.hint]))
"""


@pytest.mark.parametrize(
    ("network", "found"),
    [
        ("ip link set lo up", ["127.0.0.1", "127.0.0.1"]),
        ("ip link set lo up && ip addr del 127.0.0.1/8 dev lo", ["::1", "::1"]),
        (
            "ip link set lo up && ip addr del 127.0.0.1/8 dev lo && ip addr del ::1/128 dev lo",
            ["can't listen on 127.0.0.1:0: cannot assign requested address", "bring up the loopback interface: ip link set lo up"],
        ),
    ],
)  # fmt: skip
def test_the_address_of_this_machine_alone(network: str, found: list[str]) -> None:
    inside = f'{network} && exec "$0" -c "$1"'
    words = ["unshare", "--net", "--map-root-user", "sh", "-c", inside, sys.executable, LISTEN]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == found
