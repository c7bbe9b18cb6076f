"""The built site is whole and keeps to itself: every link and anchor leads somewhere, and nothing is asked of another host."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from website.gather import places
from website.reading import Page, read

HOST = re.compile(r"""(?:https?:|["'(=])//([a-z0-9-]+(?:\.[a-z0-9-]+)+)""", re.IGNORECASE)
CSS_URL = re.compile(r"""(?:url\(\s*['"]?|@import\s+['"])([^'")]+)""")
#: Hosts in scripts of the theme, for what our pages have none of (diagrams drawn in the browser, galleries, a
#: repository's stars), and names of namespaces and licences. The policy of each page forbids to ask them.
OF_THE_THEME = {
    "unpkg.com",
    "cdn.jsdelivr.net",
    "api.github.com",
    "gitlab.com",
    "www.w3.org",
    "fontawesome.com",
    "zensical.org",
    "mozilla.org",
}

read_once = cache(read)


def pages(site: Path) -> dict[Path, Page]:
    return {path: read_once(path) for path in site.rglob("*.html")}


def is_elsewhere(link: str) -> bool:
    parts = urlsplit(link)
    return bool(parts.netloc) or parts.scheme not in {"", "data"}


def test_every_page_is_built(site: Path) -> None:
    assert {site / Path(place).with_suffix(".html") for place in places().values()} - pages(site).keys() == set()


def test_every_link_and_anchor_leads_somewhere(site: Path) -> None:
    broken: list[str] = []
    for path, page in pages(site).items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            base = site if parts.path.startswith("/") else path.parent
            target = (base / unquote(parts.path).lstrip("/")).resolve() if parts.path else path
            target = target / "index.html" if target.is_dir() else target
            if not target.exists():
                broken.append(f"{path.relative_to(site)}: {link}")
            elif (
                parts.fragment and target.suffix == ".html" and unquote(parts.fragment) not in read_once(target).anchors
            ):
                broken.append(f"{path.relative_to(site)}: {link} (no such anchor)")
    assert broken == []


def test_every_picture_script_and_style_is_there(site: Path) -> None:
    for path, page in pages(site).items():
        for name in page.fetched:
            if not name.startswith("data:"):
                parts = urlsplit(name)
                base = site if parts.path.startswith("/") else path.parent
                assert (base / unquote(parts.path).lstrip("/")).exists(), f"{path.relative_to(site)}: {name}"


def test_no_page_and_no_style_fetches_from_another_host(site: Path) -> None:
    assert [name for page in pages(site).values() for name in page.fetched if is_elsewhere(name)] == []
    found = [
        name
        for path in (*site.rglob("*.css"), *site.rglob("*.html"), *site.rglob("*.svg"))
        for name in CSS_URL.findall(path.read_text(encoding="utf-8"))
        if path.suffix != ".html" or "://" in name
    ]
    assert [name for name in found if is_elsewhere(name)] == []


def test_every_page_forbids_to_ask_others(site: Path) -> None:
    for path, page in pages(site).items():
        sources = page.policy.removeprefix("default-src ").split()
        assert "'self'" in sources, path
        assert set(sources) <= {"'self'", "'unsafe-inline'", "data:", "blob:"}, path


@pytest.mark.parametrize("suffix", [".js", ".css", ".svg"])
def test_the_hosts_that_the_theme_knows_are_known(site: Path, suffix: str) -> None:
    named = {
        host.lower() for path in site.rglob(f"*{suffix}") for host in HOST.findall(path.read_text(encoding="utf-8"))
    }
    assert {host for host in named if not host.startswith("127.")} - OF_THE_THEME == set()
