"""The screens of the page are those of the session that is a test."""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
#: Where the local AWS is in the session, and AWS in the page; the rest of the address differs each time.
HERE, THERE = r"http://127\.0\.0\.1:PORT/v1/authorize\?\S+", "https://eu-west-1.signin.aws.amazon.com/v1/authorize?..."


def test_the_screens_of_the_page_come_from_the_transcript() -> None:
    page = (TESTS.parent / "docs" / "login-sessions.md").read_text()
    screens = re.findall(r"```console\n(.*?)\n```", page, re.DOTALL)
    assert len(screens) == 4
    session = re.sub(HERE, THERE, (TESTS / "transcripts" / "console.txt").read_text())
    assert [screen for screen in screens if screen not in session] == []
