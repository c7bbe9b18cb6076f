"""Headers that show that somebody asks for another.

The threats are programs that can be talked into that: a browser on a hostile
page, and whatever passes requests on (a reverse proxy, a load balancer, a
network in front of web sites, a forward proxy). No AWS SDK sends any of these to
a credential server.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.server.answer import make_refusal
from pyvault.server.why import Why

if TYPE_CHECKING:
    from pyvault.server.answer import Answer

#: Source: the Fetch standard (Origin, Sec-Fetch-*, CORS), RFC 6455 (WebSocket); RFC 7239 (Forwarded), RFC 9110 (Via,
#: Max-Forwards), RFC 8586 (CDN-Loop); the manuals of nginx (X-Real-IP), Cloudflare (CF-*, True-Client-IP, also
#: Akamai's), Fastly, Azure, Google App Engine, Envoy and IIS. A name that ends in * stands for all that begin so.
RELAYED_HEADERS = {
    b"origin": Why.ORIGIN,
    b"referer": Why.ORIGIN,
    b"sec-fetch-*": Why.ORIGIN,
    b"access-control-*": Why.ORIGIN,
    b"sec-websocket-*": Why.ORIGIN,
    b"upgrade": Why.ORIGIN,
    b"forwarded": Why.FORWARDED,
    b"forwarded-for": Why.FORWARDED,
    b"via": Why.FORWARDED,
    b"max-forwards": Why.FORWARDED,
    b"cdn-loop": Why.FORWARDED,
    b"proxy-*": Why.FORWARDED,
    b"x-forwarded*": Why.FORWARDED,
    b"x-original-*": Why.FORWARDED,
    b"x-real-ip": Why.FORWARDED,
    b"x-client-ip": Why.FORWARDED,
    b"x-cluster-client-ip": Why.FORWARDED,
    b"x-proxyuser-ip": Why.FORWARDED,
    b"x-envoy-external-address": Why.FORWARDED,
    b"x-appengine-user-ip": Why.FORWARDED,
    b"x-azure-clientip": Why.FORWARDED,
    b"x-azure-socketip": Why.FORWARDED,
    b"true-client-ip": Why.FORWARDED,
    b"fastly-client-ip": Why.FORWARDED,
    b"cf-*": Why.FORWARDED,
}

_REFUSALS = {
    why: make_refusal(403, "requests of browsers and proxies are refused", why=why)
    for why in (Why.ORIGIN, Why.FORWARDED)
}
_WHOLE = {name: _REFUSALS[why] for name, why in RELAYED_HEADERS.items() if not name.endswith(b"*")}
_BEGINNINGS = {name[:-1]: _REFUSALS[why] for name, why in RELAYED_HEADERS.items() if name.endswith(b"*")}
_ANY_BEGINNING = tuple(_BEGINNINGS)


def refusal_of(header: bytes) -> Answer | None:
    """Refuse a request with this header, in lower case; None where nothing speaks against it."""
    if header in _WHOLE:
        return _WHOLE[header]
    if not header.startswith(_ANY_BEGINNING):
        return None
    return next(refusal for beginning, refusal in _BEGINNINGS.items() if header.startswith(beginning))
