"""The page of a portal says which region it is in, where its address doesn't.

AWS documents no way to ask for it. Its pages have had ``<meta name="region" content="...">`` for years, and
other tools read it. So it saves a person a question where it is there, and nothing depends on it: a sign-in in
a wrong region fails at once.
"""

from __future__ import annotations

import re
from contextlib import suppress
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin

from pyvault.sso.vanity import is_portal, make_opener

if TYPE_CHECKING:
    from collections.abc import Callable
    from urllib.request import OpenerDirector

    Read = Callable[[str], str]

LONGEST: Final = 262_144  # bytes of a page that are looked at
TIME_LIMIT: Final = 5.0  # seconds
MOST_STEPS: Final = 3  # from one page of the portal to another
REGION: Final = re.compile(r"[a-z]{2,4}(-[a-z]+){1,3}-[0-9]{1,2}")


def find_region(url: str, read: Read) -> str | None:
    """Return the region that the page of a portal names; None if there is none, or it is no page of AWS.

    Args:
        url: AWS's own start URL.
        read: returns the page, an empty text if it can't be read.
    """
    if not is_portal(url):
        return None
    finder = _RegionFinder()
    finder.feed(read(url))
    return finder.region


def reader(ca_bundle: str | None) -> Read:
    """Return what reads a page, with the certificates to trust."""

    def read(url: str) -> str:
        from http.client import HTTPException

        opener = make_opener(ca_bundle)
        with suppress(OSError, HTTPException, ValueError):  # the person is asked instead
            for _ in range(MOST_STEPS):
                page, target = _one(opener, url)
                if target is None:
                    return page
                url = urljoin(url, target)
                if not is_portal(url):
                    break
        return ""

    return read


def _one(opener: OpenerDirector, url: str) -> tuple[str, str | None]:
    """Return a page, and where it redirects to instead, if it does."""
    from urllib.error import HTTPError

    try:
        with opener.open(url, timeout=TIME_LIMIT) as answer:
            return bytes(answer.read(LONGEST)).decode("utf-8", "replace"), None
    except HTTPError as exc:
        with exc:
            return "", exc.headers.get("Location") if exc.code in range(300, 400) else None


class _RegionFinder(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.region: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        content = values.get("content") or ""
        if tag == "meta" and values.get("name") == "region" and REGION.fullmatch(content):
            self.region = content
