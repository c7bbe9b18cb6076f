"""The release: its locked environment is that of pyproject.toml, and its workflow may do no more than it must."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
LOCK = ROOT / "requirements" / "release.txt"
WORKFLOW = ROOT / ".github" / "workflows" / "release.yml"

pytestmark = pytest.mark.skipif(not WORKFLOW.exists(), reason="not part of what is installed")


def plain(requirement: str) -> str:
    return re.split(r"[^A-Za-z0-9._-]", requirement)[0].lower().replace("_", "-")


def locked() -> dict[str, list[str]]:
    """The hashes by name."""
    found: dict[str, list[str]] = {}
    for block in re.split(r"\n(?=\S)", LOCK.read_text()):
        if not block.startswith("#"):
            name = plain(block)
            assert re.match(r"[a-z0-9.-]+==\S+", block), block.splitlines()[0]
            found[name] = re.findall(r"--hash=sha256:([0-9a-f]{64})", block)
    return found


def test_every_dependency_and_tool_is_locked_by_hashes() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    extras = project["project"]["optional-dependencies"]
    wanted = [
        *project["project"]["dependencies"],
        *(one for name in extras if name != "desktop" for one in extras[name]),
    ]
    wanted += project["dependency-groups"]["release"]
    found = locked()
    assert {plain(one) for one in wanted} <= set(found)
    assert all(found.values())
    assert "uv pip compile" in LOCK.read_text().partition("==")[0]
    assert "://" not in LOCK.read_text()


def test_the_workflow_has_few_rights_and_fixed_actions() -> None:
    flow: dict[Any, Any] = yaml.safe_load(WORKFLOW.read_text())
    assert flow["permissions"] == {}
    jobs = flow["jobs"]
    assert jobs["build"]["permissions"] == {"contents": "read"}
    assert jobs["publish"]["permissions"] == {"id-token": "write"}
    steps = [step for job in jobs.values() for step in job["steps"]]
    used = [step["uses"] for step in steps if "uses" in step]
    assert all(re.fullmatch(r"[\w.-]+/[\w.-]+@(v\d+\.\d+\.\d+|[0-9a-f]{40})", action) for action in used)
    runs = "\n".join(step.get("run", "") for step in steps)
    assert "pip-audit --strict" in runs
    assert "--require-hashes" in runs
    assert runs.count("python -m build") == 1
    assert "secrets." not in WORKFLOW.read_text()
