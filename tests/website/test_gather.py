"""How a page of the repository becomes one of the site; and the navigation has every page."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from website.gather import DOCS, ROOT, as_page, places

CONFIG = ROOT / "zensical.toml"
pytestmark = pytest.mark.skipif(not CONFIG.exists(), reason="not part of what is installed")


@pytest.mark.parametrize(
    ("source", "text", "shown"),
    [
        ("docs/ci.md", "[a](shell.md#b)", "[a](shell.md#b)"),
        ("docs/ci.md", "[a](../SECURITY.md#b)", "[a](security.md#b)"),
        ("docs/decisions/records.md", "[a](../../README.md)", "[a](../index.md)"),
        ("SECURITY.md", "[a](docs/ci.md)", "[a](ci.md)"),
        ("CONTRIBUTING.md", "[LICENSE](LICENSE)", "`LICENSE`"),
        ("docs/ci.md", "[how](../tests/README.md)", "how (`tests/README.md`)"),
        ("docs/ci.md", "[a](https://example.com/)", "[a](https://example.com/)"),
        ("docs/ci.md", "[a](nowhere.md)", "[a](nowhere.md)"),  # for the strict build
        ("docs/ci.md", "```\n[a](../SECURITY.md)\nx\n* y\n```", "```\n[a](../SECURITY.md)\nx\n* y\n```"),
        ("docs/ci.md", "text:\n* one\n* two", "text:\n\n* one\n* two"),
        ("docs/ci.md", "1. one\n2. two\n   * three", "1. one\n2. two\n   * three"),
    ],
)
def test_a_page_on_its_way_to_the_site(source: str, text: str, shown: str) -> None:
    assert as_page(text, ROOT / source) == shown


def entries(nav: list[object]) -> Iterator[str]:
    for item in nav:
        values = item.values() if isinstance(item, dict) else [item]
        for value in values:
            if isinstance(value, list):
                yield from entries(value)
            else:
                yield str(value)


def test_the_navigation_has_every_page_once() -> None:
    found = list(entries(tomllib.loads(CONFIG.read_text(encoding="utf-8"))["project"]["nav"]))
    assert sorted(found) == sorted(places().values())


def test_no_page_is_there_whose_line_waits_for_it() -> None:
    waiting = re.findall(r'^ *# .*= "([\w/-]+\.md)"', CONFIG.read_text(encoding="utf-8"), re.MULTILINE)
    assert [name for name in waiting if (DOCS / name).exists()] == []


def test_every_picture_is_shown_somewhere() -> None:
    texts = "".join(path.read_text(encoding="utf-8") for path in DOCS.rglob("*.md"))
    assert [path.name for path in Path(DOCS / "pictures").glob("*.svg") if f"pictures/{path.name})" not in texts] == []
