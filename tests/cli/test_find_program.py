"""A program is found as ``shutil.which`` finds it, which costs a dozen modules."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from pyvault_cli.credentials.spawn import CommandNotExecutableError, CommandNotFoundError, find_program


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Make two folders with programs and what looks like some; the working directory has one too."""
    for place, mode in (("a/plain", 0o644), ("a/both", 0o644), ("b/both", 0o755), ("b/tool", 0o755), ("here", 0o755)):
        (tmp_path / place).parent.mkdir(exist_ok=True)
        (tmp_path / place).touch(mode)
    (tmp_path / "a" / "tool").mkdir()
    (tmp_path / "a" / "loose").symlink_to("nowhere")
    (tmp_path / "b" / "link").symlink_to("tool")
    monkeypatch.chdir(tmp_path)
    return f"{tmp_path}/a:nowhere:{tmp_path}/b"


@pytest.mark.skipif(sys.platform == "win32", reason="shutil.which itself is asked there")
@pytest.mark.parametrize(
    "word",
    ["plain", "both", "tool", "link", "loose", "here", "./here", "b/tool", "a", "./a", "sh", "/bin/sh", "", "no"],
)
@pytest.mark.parametrize("more", ["{}", "{}:", ":{}", "/bin:{}", "", None])
def test_a_program_is_found_where_which_finds_it(
    folders: str, word: str, more: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PATH", raising=False)  # or which would look there for none
    path = None if more is None else more.format(folders)
    try:
        found = find_program(word, path)
    except (CommandNotFoundError, CommandNotExecutableError):
        found = None
    assert found == shutil.which(word, path=path)
