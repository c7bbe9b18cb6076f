"""What a repository's host and a contributor's tools read: workflows, forms, hooks."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from docs.workflows import workflows

ROOT = Path(__file__).parents[2]
GITHUB = ROOT / ".github"
FORMS = sorted(path for path in (GITHUB / "ISSUE_TEMPLATE").glob("*.yml") if path.name != "config.yml")

pytestmark = pytest.mark.skipif(not GITHUB.exists(), reason="not part of what is installed")


def load(path: Path) -> dict[Any, Any]:
    return load_text(path.read_text(encoding="utf-8"))


def load_text(text: str) -> dict[Any, Any]:
    found: dict[Any, Any] = yaml.safe_load(text)
    return found


def test_all_actions_are_pinned_in_one_way() -> None:
    used = [
        step["uses"]
        for path in (GITHUB / "workflows").glob("*.yml")
        for job in load(path)["jobs"].values()
        for step in job["steps"]
        if "uses" in step
    ]
    exact = [action for action in used if re.search(r"@v\d+\.\d+\.\d+$", action)]
    hashed = [action for action in used if re.search(r"@[0-9a-f]{40}$", action)]
    assert used
    assert used in (exact, hashed)
    assert len({action.partition("@")[0] for action in used}) == len(set(used))  # one version of each


def test_actionlint_is_pinned_and_part_of_the_gate() -> None:
    assert re.search(r"actionlint@v\d+\.\d+\.\d+$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert "\nmake actions\n" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_the_linter_sees_the_workflows_of_the_documents() -> None:
    found = workflows()
    assert {name.partition("-")[0] for name in found} >= {"ci"}
    assert all(load_text(text)["jobs"] for text in found.values())
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(r"docs\.workflows (\S+)\n.*\$\(ACTIONLINT\).* \1/\*\.yml", makefile)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_an_issue_form_is_one(form: Path) -> None:
    # Source: GitHub Docs, "Syntax for GitHub's form schema".
    content = load(form)
    assert {"name", "description", "body"} <= content.keys()
    fields = [field for field in content["body"] if field["type"] != "markdown"]
    assert {field["type"] for field in fields} <= {"input", "textarea", "dropdown", "checkboxes"}
    assert all(re.fullmatch(r"[\w-]+", field["id"]) and field["attributes"]["label"] for field in fields)
    assert len({field["id"] for field in fields}) == len(fields)
    options = [option for field in fields for option in field["attributes"].get("options", [])]
    assert all(isinstance(option, str) for option in options)  # a bare Yes is a boolean in YAML


def test_the_forms_lead_security_problems_elsewhere() -> None:
    chooser = load(GITHUB / "ISSUE_TEMPLATE" / "config.yml")
    assert chooser["blank_issues_enabled"] is False
    assert any("security" in link["name"].lower() for link in chooser["contact_links"])


def test_the_hooks_use_the_tools_of_the_project() -> None:
    hooks = [hook for repo in load(ROOT / ".pre-commit-config.yaml")["repos"] for hook in repo["hooks"]]
    assert {hook["language"] for hook in hooks} == {"system"}
    programs = {hook["entry"].split()[0] for hook in hooks}
    assert programs <= {f".venv/bin/{name}" for name in ("ruff", "lint-imports", "mypy", "python")}
    for hook in hooks:
        for word in hook["entry"].split()[1:]:
            assert not word.startswith("tests/") or (ROOT / word).exists()
