"""A start URL under a company's own name leads to AWS's portal by one redirect; AWS's services know only the latter.

The config file keeps the company's URL, and tokens are kept under it. What AWS is
asked with is looked up at each sign-in, since the redirect may lead to another
region's portal tomorrow.

Sources: AWS Security Blog, "Regional routing for AWS access portals: Implementing custom
vanity domains for IAM Identity Center"; ``aws sso login`` from 2.35.13 on, which asks with HEAD,
follows one redirect, and takes the region out of the host's name; IAM Identity Center User Guide,
"Workforce access through an additional Region", for the forms of that name.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin, urlsplit

from pyvault.config.values import portal_url
from pyvault.errors import AwsUnreachableError, ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable
    from urllib.request import OpenerDirector

    Follow = Callable[[str], str | None]

#: Of portals; a redirect may lead to one of these only.
PORTALS: Final = (
    "awsapps.com",
    "awsapps.cn",
    "app.aws",
    "portal.amazonaws.com",
    "portal.amazonaws.com.cn",
    "portal.amazonaws.eu",
)
#: Whatever AWS calls its portals and issuers in further partitions, an issuer has no address to ask at.
AWS: Final = (*PORTALS, "amazonaws.com", "amazonaws.com.cn", "amazonaws.eu", "api.aws")
REGION: Final = re.compile(
    r"[^.]+\.(?:portal\.(?P<new>[a-z0-9-]+)\.app\.aws|(?P<old>[a-z0-9-]+)\.portal\.amazonaws\.(?:com|com\.cn|eu))"
)
TIME_LIMIT: Final = 10.0  # seconds
NO_HEAD: Final = frozenset({405, 501})


def region_of(url: str) -> str | None:
    """Return the region that a portal's own URL names; None if it names none."""
    found = REGION.fullmatch(_host(url))
    return found and (found["new"] or found["old"])


def is_vanity(url: str) -> bool:
    """Return whether a start URL has to be followed: one by https that isn't AWS's own."""
    return url.lower().startswith("https://") and not _is_below(url, AWS)


def resolve(url: str, follow: Follow) -> str:
    """Return AWS's own start URL for one of a company.

    Args:
        url: as the config file has it.
        follow: returns where a URL redirects to; None if nowhere.

    Raises:
        ConfigError: it does not lead to a portal.
        AwsUnreachableError: there was no answer.
    """
    if not is_vanity(url):
        return portal_url(url)
    target = follow(url)
    try:
        where = urljoin(url, target) if target else None
    except ValueError:  # no URL at all
        where = target
    if where is None or not is_portal(where):
        leads = f"redirects to '{where}', which is none" if where else "does not redirect to one"
        raise ConfigError(
            f"the start URL '{url}' is not a portal of AWS, and {leads}",
            hint="AWS's own start URL, like https://NAME.awsapps.com/start, is in the settings of IAM Identity Center",
        )
    return portal_url(where.partition("?")[0])


def follower(ca_bundle: str | None) -> Follow:
    """Return what asks a URL where it redirects to, with the certificates to trust; nothing of a body is read."""

    def follow(url: str) -> str | None:
        status, target = _ask("HEAD", url, ca_bundle)
        if status in NO_HEAD:
            status, target = _ask("GET", url, ca_bundle)
        return target if status in range(300, 400) else None

    return follow


def make_opener(ca_bundle: str | None) -> OpenerDirector:
    """Return what asks a page over TLS, by a proxy where the environment names one; it follows no redirect."""
    import urllib.request

    from pyvault.config.ca_bundle import tls_context

    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPSHandler(context=tls_context(ca_bundle)),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.HTTPDefaultErrorHandler(),
    ):  # and none that follows: a second redirect is somebody's mistake or trap
        opener.add_handler(handler)
    return opener


def is_portal(url: str) -> bool:
    """Return whether a URL is of AWS's portals, by https."""
    return url.lower().startswith("https://") and _is_below(url, PORTALS)


def _ask(method: str, url: str, ca_bundle: str | None) -> tuple[int, str | None]:
    import urllib.error
    import urllib.request
    from http.client import HTTPException

    try:
        with make_opener(ca_bundle).open(urllib.request.Request(url, method=method), timeout=TIME_LIMIT) as answer:  # noqa: S310 - https
            return answer.status, None
    except urllib.error.HTTPError as exc:
        with exc:
            return exc.code, exc.headers.get("Location")
    except (OSError, HTTPException, ValueError) as exc:
        cause = getattr(exc, "reason", exc)
        reason = getattr(cause, "verify_message", None) or getattr(cause, "strerror", None) or type(cause).__name__
        raise AwsUnreachableError(
            f"the start URL '{url}' gave no answer: {reason}", hint="it is not AWS's own, so it has to redirect to that"
        ) from None


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return ""


def _is_below(url: str, domains: tuple[str, ...]) -> bool:
    host = _host(url)
    return any(host == domain or host.endswith(f".{domain}") for domain in domains)
