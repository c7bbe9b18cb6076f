"""The examples of the guide pass the strict type checkers that its readers may use."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

import pyvault
from docs.test_examples import examples

CORE = Path(str(pyvault.__file__)).parents[1]


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """A folder with each example as a file of its own, without the checkers' settings of this project."""
    guide = [each for each in examples() if each.document == "python.md" and each.language == "python"]
    assert len(guide) >= 12
    for each in guide:
        (tmp_path / f"example_{each.number}.py").write_text(each.text)
    settings = {"typeCheckingMode": "strict", "pythonVersion": "3.11", "extraPaths": [str(CORE)]}
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(settings))
    (tmp_path / "mypy.ini").write_text(f"[mypy]\nstrict = true\npython_version = 3.11\nmypy_path = {CORE}\n")
    return tmp_path


def checked(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    if find_spec(words[0]) is None:
        pytest.skip(f"needs {words[0]}")
    return subprocess.run(
        [sys.executable, "-m", *words], cwd=folder, capture_output=True, text=True, check=False, timeout=600
    )


def test_the_examples_pass_mypy(written: Path) -> None:
    ended = checked(written, "mypy", ".")
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_the_examples_pass_pyright(written: Path) -> None:
    told = json.loads(checked(written, "pyright", "--outputjson", "--pythonpath", sys.executable, ".").stdout)
    assert told["summary"]["filesAnalyzed"] >= 12
    # boto3-stubs has an overload for each service, and knows those alone whose stubs are installed.
    assert [
        (each["file"], each["message"][:300])
        for each in told["generalDiagnostics"]
        if not each["message"].startswith('Type of "client" is partially unknown')
    ] == []
