"""The variables that keep a proxy out of the talk between a program and the server beside it. Pure.

A proxy that gets such a request sees the bearer token; one that runs in EC2 itself
would answer for the metadata address with its own role.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PROXIES = frozenset({"http_proxy", "https_proxy", "all_proxy"})
EXCEPTIONS = ("NO_PROXY", "no_proxy")  # programs read one or the other; some both, and the first wins
EVERYTHING = "*"  # means so only where it stands alone (curl, Python)
LOOPBACK_NAMES = ("127.0.0.1", "::1", "localhost")


def no_proxy_variables(environ: Mapping[str, str], host: str) -> dict[str, str]:
    """Return the variables of the child; none if no proxy is set.

    Args:
        environ: of the parent.
        host: where the server is.
    """
    if not any(value and name.lower() in PROXIES for name, value in environ.items()):
        return {}
    before = [environ.get(name, "").strip() for name in EXCEPTIONS]
    if EVERYTHING in before:
        value = EVERYTHING
    else:
        listed = [entry for text in before for entry in re.split(r"[,\s]+", text) if entry]
        value = ",".join(dict.fromkeys([*listed, *_names_of(host)]))
    return dict.fromkeys(EXCEPTIONS[:1] if sys.platform == "win32" else EXCEPTIONS, value)


def _names_of(host: str) -> Iterable[str]:
    from pyvault.server.listener import is_loopback

    yield host
    if ":" in host:
        yield f"[{host}]"  # as Python's urllib compares it
    if is_loopback(host):
        yield from LOOPBACK_NAMES
