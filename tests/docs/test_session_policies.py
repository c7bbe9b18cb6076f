"""The screens of the page are those of the session that is a test."""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).parents[1]


def test_the_screens_of_the_page_come_from_the_transcript() -> None:
    page = (TESTS.parent / "docs" / "session-policies.md").read_text()
    screens = re.findall(r"```console\n(.*?)\n```", page, re.DOTALL)
    assert len(screens) == 2
    session = (TESTS / "transcripts" / "narrow.txt").read_text()
    assert [screen for screen in screens if screen not in session] == []
