"""No proxy stands between a program and the server beside it."""

from __future__ import annotations

import sys

import pytest

from pyvault_cli.credentials.child_environment import no_proxy_variables

METADATA = "169.254.169.254"
LOOPBACK = "127.0.0.1,::1,localhost"


@pytest.mark.parametrize(
    ("environ", "host", "value"),
    [
        ({}, METADATA, None),
        ({"NO_PROXY": "corp"}, METADATA, None),  # nothing is sent to a proxy, so nothing is changed
        ({"HTTP_PROXY": ""}, METADATA, None),
        ({"HTTP_PROXY": "http://p"}, METADATA, METADATA),
        ({"http_proxy": "http://p"}, "127.0.0.1", LOOPBACK),
        ({"https_proxy": "http://p", "NO_PROXY": "127.0.0.1,localhost"}, "127.0.0.1", "127.0.0.1,localhost,::1"),
        ({"ALL_PROXY": "p", "NO_PROXY": " a, b c,,", "no_proxy": "b,d"}, METADATA, f"a,b,c,d,{METADATA}"),
        ({"all_proxy": "p", "NO_PROXY": "a", "no_proxy": " * "}, METADATA, "*"),
        ({"HTTPS_PROXY": "p", "no_proxy": "*.corp"}, METADATA, f"*.corp,{METADATA}"),
        ({"HTTPS_PROXY": "p"}, "::1", "::1,[::1],127.0.0.1,localhost"),
        ({"HTTPS_PROXY": "p"}, "10.0.0.1", "10.0.0.1"),
    ],
)
def test_both_variables_are_one_union(environ: dict[str, str], host: str, value: str | None) -> None:
    names = ("NO_PROXY",) if sys.platform == "win32" else ("NO_PROXY", "no_proxy")
    assert no_proxy_variables(environ, host) == ({} if value is None else dict.fromkeys(names, value))
