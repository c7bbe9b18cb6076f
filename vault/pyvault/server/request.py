"""What a request is, and which requests no credential server answers.

The threats are programs that can be talked into asking for somebody else: a
browser on a hostile page (``Origin``, ``Sec-Fetch-*``, a name that was rebound
to 127.0.0.1) and a reverse proxy (``X-Forwarded-*``, ``Forwarded``, ``Via``).
No AWS SDK sends any of these.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pyvault.server.answer import Answer, make_refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Headers that mean something here; a second one of a kind is refused, because
#: two parsers could disagree about which counts.
KNOWN_HEADERS = frozenset(
    {
        b"host",
        b"authorization",
        b"content-length",
        b"transfer-encoding",
        b"x-aws-ec2-metadata-token",
        b"x-aws-ec2-metadata-token-ttl-seconds",
    }
)

_RELAYED_HEADERS = frozenset(
    {b"origin", b"referer", b"forwarded", b"via", b"x-real-ip", b"upgrade", b"proxy-connection"}
)
_RELAYED_PREFIXES = (b"x-forwarded-", b"sec-fetch-", b"sec-websocket-", b"access-control-")

READING = frozenset({b"GET", b"HEAD"})

RELAYED = make_refusal(403, "requests of browsers and proxies are refused")
FOREIGN_HOST = make_refusal(403, "the host of the request is not this server")
ONLY_READING = make_refusal(405, "only GET and HEAD", headers=(("Allow", "GET, HEAD"),))
NOT_FOUND = make_refusal(404, "there is nothing at this path")


class Request(NamedTuple):
    """One parsed request. Its headers may hold a token, so it shows its method only.

    Attributes:
        path: exactly as sent. Nothing is normalised: a path is one of the known
            ones byte for byte, or unknown.
        headers: the known headers, names in lower case.
        relayed: a header of a browser or proxy was there.
        hosts: what ``Host`` may say on this connection.
        keep_alive: the client wants to ask more on this connection.
    """

    method: bytes
    path: bytes
    headers: Mapping[bytes, bytes]
    relayed: bool
    hosts: frozenset[bytes]
    keep_alive: bool

    def __repr__(self) -> str:
        return f"Request({self.method!r})"


def is_relayed(header: bytes) -> bool:
    """Say whether a header, in lower case, shows that somebody asks for another."""
    return header in _RELAYED_HEADERS or header.startswith(_RELAYED_PREFIXES)


def refusal(request: Request) -> Answer | None:
    """Refuse what was relayed or meant for another host; None for the rest."""
    if request.relayed:
        return RELAYED
    host = request.headers.get(b"host", b"")
    if host not in request.hosts and host.lower() not in request.hosts:
        return FOREIGN_HOST
    return None


def own_hosts(address: str, port: int) -> frozenset[bytes]:
    """List what ``Host`` may say on a connection to this local address.

    The names are ``localhost`` and addresses, never a name that somebody else's
    DNS could point here: that is what defeats DNS rebinding. The address is that
    of our end of the connection, so that a server bound to the wildcard address
    answers for the address that was really used.
    """
    literal = address.removeprefix("::ffff:")
    names = {"127.0.0.1", "[::1]", "localhost", f"[{literal}]" if ":" in literal else literal}
    hosts = {f"{name}:{port}" for name in names}
    if port == 80:  # a client leaves out the default port
        hosts |= names
    return frozenset(host.encode() for host in hosts)
