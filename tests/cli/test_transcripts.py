"""Every ``tests/scripts/*.txt`` is a transcript that has to come out as it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from command_line import clean_environ
from transcript import Run

SCRIPTS = sorted((Path(__file__).parents[1] / "scripts").glob("*.txt"))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_transcript(script: Path, tmp_path: Path) -> None:
    Run(work=tmp_path, environ=clean_environ(tmp_path)).play(script.read_text())
