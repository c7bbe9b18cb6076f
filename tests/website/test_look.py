"""Every page in a real browser: narrow and wide, light and dark, under axe-core, without a network: ``make site-look``."""

from __future__ import annotations

import functools
import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from website.browser import Tab, open_tab
from website.gather import ROOT, places

AXE = ROOT / "build" / "axe" / "node_modules" / "axe-core" / "axe.min.js"
PICTURES = ROOT / "build" / "site-look"
SCREENS = {"narrow-light": (375, 812, "light"), "narrow-dark": (375, 812, "dark")} | {
    "wide-light": (1440, 900, "light"),
    "wide-dark": (1440, 900, "dark"),
}
#: All rules in the light; in the dark those that look at colours, since the page is the same.
RULES = {"light": {}, "dark": {"runOnly": ["color-contrast", "link-in-text-block"]}}
RUN = """
axe.run(document, {...RULES, resultTypes: ["violations"]}).then(found => JSON.stringify(
    found.violations.filter(one => one.impact === "serious" || one.impact === "critical")
        .map(one => [one.id, one.nodes.slice(0, 3).map(node => node.html.slice(0, 160))])))
"""
WIDTH = "document.documentElement.scrollWidth"

pytestmark = [pytest.mark.slow, pytest.mark.peer("chromium", "npm")]


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    handler = functools.partial(Quiet, directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    with open_tab(tmp_path_factory.mktemp("chromium")) as opened:
        yield opened


@pytest.mark.parametrize("place", [*places().values(), "404.md"])
def test_a_page_is_fit_to_be_seen(place: str, address: str, tab: Tab) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    axe = AXE.read_text(encoding="utf-8")
    name = Path(place).with_suffix(".html").as_posix()
    found: dict[str, object] = {}
    for screen, (width, height, scheme) in SCREENS.items():
        tab.show(width, height, scheme)
        tab.visit(f"{address}/{name}")
        tab.photograph(PICTURES / f"{name.replace('/', '-')}-{screen}.png")
        tab.evaluate(axe)
        if wrong := json.loads(tab.evaluate(RUN.replace("RULES", json.dumps(RULES[scheme])))):
            found[screen] = wrong
        assert tab.evaluate(WIDTH) <= width, f"{screen}: wider than the screen"
    assert found == {}
    assert tab.complaints == []


def test_nothing_was_asked_of_another_host(address: str, tab: Tab) -> None:
    tab.show(1440, 900, "light")
    tab.visit(f"{address}/index.html")
    tab.evaluate("document.querySelector('[data-md-component=search-query], .md-search__button')?.click()")
    assert tab.requests
    assert [name for name in tab.requests if not name.startswith((f"{address}/", "data:", "blob:"))] == []
