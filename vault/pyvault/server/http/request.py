"""A request, and the requests that no credential server answers: those of browsers and proxies."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pyvault.server.http.response import Answer, RefusalReason, make_refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyvault.server.http.response import Answer

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

READ_METHODS = frozenset({b"GET", b"HEAD"})

FOREIGN_HOST = make_refusal(403, "the Host header does not name this server", reason=RefusalReason.HOST)
ONLY_READ_METHODS = make_refusal(
    405, "only GET and HEAD are allowed", reason=RefusalReason.METHOD, headers=(("Allow", "GET, HEAD"),)
)
NOT_FOUND = make_refusal(404, "there is nothing at this path", reason=RefusalReason.PATH)


class Request(NamedTuple):
    """One parsed request. Its headers may hold a token, so it shows its method only.

    Attributes:
        path: exactly as sent. Nothing is normalised: a path is one of the known
            ones byte for byte, or unknown.
        headers: the known headers, names in lower case.
        header_refusal: the answer, if a browser or proxy sent a header of its own.
        hosts: the allowed values of ``Host``.
        keep_alive: the client wants to ask more on this connection.
    """

    method: bytes
    path: bytes
    headers: Mapping[bytes, bytes]
    header_refusal: Answer | None
    hosts: frozenset[bytes]
    keep_alive: bool

    def __repr__(self) -> str:
        return f"Request({self.method!r})"


def refusal(request: Request) -> Answer | None:
    """Return the answer to what a browser or proxy sent, or what is for another host; None for the rest."""
    if request.header_refusal is not None:
        return request.header_refusal
    host = request.headers.get(b"host", b"")
    if host not in request.hosts and host.lower() not in request.hosts:
        return FOREIGN_HOST
    return None


def own_hosts(address: str, port: int) -> frozenset[bytes]:
    """Return the allowed values of ``Host`` on a connection to this local address.

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


#: Source: the Fetch standard (Origin, Sec-Fetch-*, CORS), RFC 6455 (WebSocket); RFC 7239 (Forwarded), RFC 9110 (Via,
#: Max-Forwards), RFC 8586 (CDN-Loop); the manuals of nginx (X-Real-IP), Cloudflare (CF-*, True-Client-IP, also
#: Akamai's), Fastly, Azure, Google App Engine, Envoy and IIS. A name that ends in * is a prefix.
REFUSED_HEADERS = {
    b"origin": RefusalReason.ORIGIN,
    b"referer": RefusalReason.ORIGIN,
    b"sec-fetch-*": RefusalReason.ORIGIN,
    b"access-control-*": RefusalReason.ORIGIN,
    b"sec-websocket-*": RefusalReason.ORIGIN,
    b"upgrade": RefusalReason.ORIGIN,
    b"forwarded": RefusalReason.FORWARDED,
    b"forwarded-for": RefusalReason.FORWARDED,
    b"via": RefusalReason.FORWARDED,
    b"max-forwards": RefusalReason.FORWARDED,
    b"cdn-loop": RefusalReason.FORWARDED,
    b"proxy-*": RefusalReason.FORWARDED,
    b"x-forwarded*": RefusalReason.FORWARDED,
    b"x-original-*": RefusalReason.FORWARDED,
    b"x-real-ip": RefusalReason.FORWARDED,
    b"x-client-ip": RefusalReason.FORWARDED,
    b"x-cluster-client-ip": RefusalReason.FORWARDED,
    b"x-proxyuser-ip": RefusalReason.FORWARDED,
    b"x-envoy-external-address": RefusalReason.FORWARDED,
    b"x-appengine-user-ip": RefusalReason.FORWARDED,
    b"x-azure-clientip": RefusalReason.FORWARDED,
    b"x-azure-socketip": RefusalReason.FORWARDED,
    b"true-client-ip": RefusalReason.FORWARDED,
    b"fastly-client-ip": RefusalReason.FORWARDED,
    b"cf-*": RefusalReason.FORWARDED,
}

_REFUSALS = {
    reason: make_refusal(403, "requests from browsers and proxies are refused", reason=reason)
    for reason in (RefusalReason.ORIGIN, RefusalReason.FORWARDED)
}
_BY_NAME = {name: _REFUSALS[reason] for name, reason in REFUSED_HEADERS.items() if not name.endswith(b"*")}
_BY_PREFIX = {name[:-1]: _REFUSALS[reason] for name, reason in REFUSED_HEADERS.items() if name.endswith(b"*")}
_PREFIXES = tuple(_BY_PREFIX)


def refusal_of(header: bytes) -> Answer | None:
    """Return the answer to a request with this header, in lower case; None where it is harmless."""
    if header in _BY_NAME:
        return _BY_NAME[header]
    if not header.startswith(_PREFIXES):
        return None
    return next(refusal for prefix, refusal in _BY_PREFIX.items() if header.startswith(prefix))
