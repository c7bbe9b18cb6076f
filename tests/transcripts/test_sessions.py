"""Every page beside this file is a session that has to come out as it is written; ``--rewrite`` writes them anew."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from contextlib import nullcontext
from difflib import unified_diff
from pathlib import Path

import pytest

from fake_aws.client import FakeAws
from transcripts.page import parse, written
from transcripts.scenes import KERNEL, PEERS, SCENES, begin
from transcripts.screen import Substitutions
from transcripts.shell import Shell

SHOWN_HOME = "/home/me"
PAGES = sorted(Path(__file__).parent.glob("*.txt"))


@pytest.fixture
def home() -> Iterator[Path]:
    """Make a home whose path is as long as the one that is written: where a line is broken shall not depend on it."""
    while True:
        path = Path("/tmp", secrets.token_hex(2)[: len(SHOWN_HOME) - len("/tmp/")])  # noqa: S108 - of our own, and new
        try:
            path.mkdir(mode=0o700)
        except FileExistsError:
            continue
        break
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(
            page,
            id=page.stem,
            marks=[
                pytest.mark.peer(*PEERS.get(page.stem, ())),
                *([pytest.mark.kernel_keyring] if page.stem in KERNEL else []),
            ],
        )
        for page in PAGES
    ],
)
def test_session(page: Path, home: Path, fake_aws: FakeAws, pytestconfig: pytest.Config) -> None:
    expected = page.read_text()
    scene = begin(home, fake_aws)
    with SCENES.get(page.stem, lambda _: nullcontext())(scene):
        shell = Shell(home, scene.environ, scene.values, Substitutions({str(home): SHOWN_HOME}))
        try:
            turns = [shell.play(turn) for turn in parse(expected)]
        finally:
            shell.close()
    found = written(turns)
    assert parse(found) == turns, "a line of output reads as a comment or a command"
    if pytestconfig.getoption("--rewrite"):
        page.write_text(found)
    elif found != expected:
        changes = unified_diff(expected.splitlines(), found.splitlines(), page.name, "on the screen", lineterm="")
        pytest.fail(
            "\n".join(changes) + "\n\nIf that is how it should be: pytest tests/transcripts --rewrite", pytrace=False
        )
