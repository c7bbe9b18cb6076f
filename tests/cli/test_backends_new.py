"""Where ``backends new`` can write nothing: the person is told, and nothing half-written stays."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from command_line import PYVAULT, Pyvault, clean_environ


@pytest.mark.parametrize(
    ("directory", "code", "message"),
    [
        ("/etc/passwd", 2, "'/etc/passwd' is no directory"),
        ("/etc/passwd/x", 2, "is below a file"),
        ("/proc/nope/x", 1, "can't make the directory '/proc/nope/x': No such file or directory"),
        ("", 2, "not empty"),
    ],
)
def test_a_place_that_takes_no_directory_is_named(pyvault: Pyvault, directory: str, code: int, message: str) -> None:
    ended = pyvault("backends", "new", "newcomer", directory or str(Path(__file__).parent))
    assert message in ended.err
    assert ended.code == code
    assert ended.out == ""


@pytest.mark.parametrize("is_there", [False, True])
def test_a_disk_that_becomes_full_leaves_nothing_half_written(tmp_path: Path, is_there: bool) -> None:
    home, place = tmp_path / "home", tmp_path / "plugin"
    home.mkdir()
    if is_there:
        place.mkdir()
    # No file may grow beyond two blocks: the project file gets its place, the driver does not.
    ended = subprocess.run(
        ["bash", "-c", 'ulimit -f 2; exec "$@"', "bash", str(PYVAULT), "backends", "new", "newcomer", str(place)],
        env=clean_environ(home) | {"PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "pyvault: error: can't write" in ended.stderr
    assert "File too large" in ended.stderr
    assert ended.returncode == 1
    assert (list(place.iterdir()) == []) if is_there else not place.exists()
