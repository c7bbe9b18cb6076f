"""The URLs of a console sign-in, correctly escaped at every level."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from pyvault.errors import ConfigError, UsageError
from pyvault.record import Record
from pyvault.secret import Secret

#: A region becomes part of a host name, so nothing else is allowed.
REGION = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
SERVICE = re.compile(r"[a-z0-9][a-z0-9-]*(?:/[a-z0-9-]+)*")
#: What begins like this is not a path, but a URL or a host.
NO_PATH = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|[/\\\\]{2}|\\\\")
PATH_HINT = "use a path like 'cloudwatch/home' or '/s3/home?region=eu-west-1'"
#: A host: the first part of a console path has no dot.
HOST = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+(?=[/?#:]|$)")
#: Of a public region in an address. Source: the regionRegex of botocore's partitions.json.
REGION_NAME = re.compile(r"[a-z]+(?:-[a-z]+)+-[0-9]+")
ISSUER = "pyvault"


class SigninSite(Record):
    """Where one partition signs people in.

    Attributes:
        federation: the federation endpoint, ``https://.../federation``.
        logout: the endpoint that ends a session, ``https://.../oauth``.
        console: the host of the console, without a region.
    """

    federation: str
    logout: str
    console: str


def site_of(signin_host: str, console_host: str, *, override: str | None = None) -> SigninSite:
    """Return the site of a partition.

    Args:
        override: another federation endpoint (``PYVAULT_SIGNIN_URL``), for tests and proxies.

    Raises:
        ConfigError: the override is not an http(s) URL.
    """
    if override is None:
        base = f"https://{signin_host}"
        return SigninSite(federation=f"{base}/federation", logout=f"{base}/oauth", console=console_host)
    parts = urlsplit(override)
    if parts.scheme not in {"http", "https"} or not parts.netloc or parts.query or parts.fragment:
        raise ConfigError(f"PYVAULT_SIGNIN_URL must be a plain http or https URL, not {override!r}")
    base = f"{parts.scheme}://{parts.netloc}"
    federation = override if parts.path.strip("/") else f"{base}/federation"
    return SigninSite(federation=federation, logout=f"{base}/oauth", console=console_host)


def destination(site: SigninSite, *, region: str | None, path: str | None, service: str | None) -> str:
    """Return the URL of the console page to open.

    Args:
        path: of the console, e.g. ``cloudwatch/home``; with or without a leading slash,
            with or without a query. The whole address of a console page counts as its path;
            a region in its query, or else in its host, takes precedence over *region*.
        service: shorthand for ``<service>/home``.

    Raises:
        UsageError: both path and service are given, or one would lead to another host.
    """
    if path is not None and service is not None:
        raise UsageError("--path and --service can't be used together")
    if service is not None:
        if not SERVICE.fullmatch(service):
            raise UsageError(f"the service {service!r} is not a name like 's3' or 'cloudwatch'")
        path = f"{service}/home"
    path, named_region = ("console/home", None) if path is None else _console_path(path, site.console)
    region = named_region or region
    if region is not None and not REGION.fullmatch(region):
        raise ConfigError(f"the region {region!r} can't be part of a host name")
    host = f"{region}.{site.console}" if region else site.console
    page, fragment_mark, fragment = path.partition("#")
    page = quote(page, safe="/?&=%:,;@+~!$'()*-._")
    if region is not None and "region=" not in page:
        page += f"{'&' if '?' in page else '?'}region={quote(region, safe='')}"
    return f"https://{host}/{page}{fragment_mark}{quote(fragment, safe='/?&=%:,;@+~!$*-._')}"


def _console_path(path: str, console: str) -> tuple[str, str | None]:
    """Return a path without its leading slash, and the region that it names.

    Raises:
        UsageError: it leads to another host, or contains a character that no path has.
    """
    stray = next((char for char in path if not char.isascii() or not char.isprintable() or char == " "), None)
    if stray is not None:
        written = quote(stray, errors="surrogatepass")
        raise UsageError(
            f"--path {path!r} contains {stray!r}, which is not allowed in a path", hint=f"write it as '{written}'"
        )
    if named := HOST.match(path):  # as browsers show an address
        address = f"https://{path}"
        if not _is_of_console(named[0], console):
            raise UsageError(f"--path {path!r} starts with a host, not with a path", hint=PATH_HINT)
    elif NO_PATH.match(path):
        address = path
    else:
        return path.removeprefix("/"), _region_in(urlsplit(f"https://{console}/{path.removeprefix('/')}").query)
    try:
        parts = urlsplit(address)
    except ValueError:  # brackets that hold no IPv6 address
        parts = urlsplit("")
    host = parts.netloc.lower()  # with a port or a name before @ it is another one
    if parts.scheme != "https" or not _is_of_console(host, console):
        raise UsageError(f"--path {path!r} is not a path on the console's host '{console}'", hint=PATH_HINT)
    page = parts._replace(scheme="", netloc="").geturl()
    if NO_PATH.match(page):
        raise UsageError(f"--path {path!r} is not a path on the console's host '{console}'", hint=PATH_HINT)
    label = host.removesuffix(console).removesuffix(".").rpartition(".")[2]
    return page.removeprefix("/"), _region_in(parts.query) or (label if REGION_NAME.fullmatch(label) else None)


def _is_of_console(host: str, console: str) -> bool:
    return host.lower() == console or host.lower().endswith(f".{console}")


def _region_in(query: str) -> str | None:
    """Return the region of a query, if it has a valid one; the console follows it, whatever its host."""
    regions = [value for value in parse_qs(query).get("region", []) if REGION_NAME.fullmatch(value)]
    return regions[0] if regions else None


def token_request(site: SigninSite, *, session: Secret[str], duration_s: int | None) -> Secret[str]:
    """Return the URL that exchanges credentials for a sign-in token. It contains the credentials.

    Args:
        session: the JSON of sessionId, sessionKey, sessionToken.
        duration_s: of the console session, 900 to 43200; None leaves it to AWS, as it
            must be for everything but an un-chained AssumeRole.
    """
    query = {"Action": "getSigninToken", "Session": session.reveal()}
    if duration_s is not None:
        query["SessionDuration"] = str(duration_s)
    return Secret(f"{site.federation}?{_encode(query)}")


def login_link(site: SigninSite, token: Secret[str], page: str, *, auto_logout: bool) -> Secret[str]:
    """Return the link to open. It signs in whoever has it, once, within 15 minutes."""
    query = {"Action": "login", "Issuer": ISSUER, "Destination": page, "SigninToken": token.reveal()}
    link = f"{site.federation}?{_encode(query)}"
    if auto_logout:  # ends another session first, then comes back to the link
        link = f"{site.logout}?{_encode({'Action': 'logout', 'redirect_uri': link})}"
    return Secret(link)


def _encode(query: dict[str, str]) -> str:
    # %20, not '+': the values are URLs and JSON, and both readings agree on %20.
    return urlencode(query, quote_via=quote, safe="")
