"""The pages of docs/decisions: in one form, and all in the index."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from docs.pages import links

DECISIONS = Path(__file__).parents[2] / "docs" / "decisions"
PAGES = sorted(path for path in DECISIONS.glob("*.md") if path.name != "index.md")


def test_the_index_has_every_page() -> None:
    assert sorted(links((DECISIONS / "index.md").read_text(encoding="utf-8"))) == [page.name for page in PAGES]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_has_its_three_parts_and_is_short(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["Context", "Decision", "Consequences"]
    assert len(text.split()) < 600
