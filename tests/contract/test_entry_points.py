"""What stevedore finds in the installed distribution is what the built-in table says.

In a process of its own, with a cache of stevedore's own: an old one on this machine would be believed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from pyvault.storage.built_in import BUILT_IN, DISTRIBUTION
from pyvault.storage.plugins import GROUP

PROJECT = Path(__file__).parents[2] / "pyproject.toml"

LOOK = """
import json
from importlib.metadata import distribution
from stevedore.driver import DriverManager
from pyvault.storage.registry import load_backend

found = {}
for entry in distribution(%r).entry_points:
    extension, = DriverManager(entry.group, entry.name, invoke_on_load=False).extensions
    plugin = extension.plugin
    found.setdefault(entry.group, {})[entry.name] = {
        "target": f"{plugin.__module__}:{plugin.__qualname__}",
        "in_table": entry.group == %r and load_backend(entry.name) is plugin,
    }
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, dict[str, object]]]:
    cache = tmp_path_factory.mktemp("cache")
    told = subprocess.run(
        [sys.executable, "-c", LOOK % (DISTRIBUTION, GROUP)],
        env={**os.environ, "XDG_CACHE_HOME": str(cache)},
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    )
    seen: dict[str, dict[str, dict[str, object]]] = json.loads(told.stdout)
    return seen


def test_stevedore_finds_the_classes_of_the_table(found: dict[str, dict[str, dict[str, object]]]) -> None:
    drivers = found[GROUP]
    assert len(drivers) == 7
    assert {name: driver["target"] for name, driver in drivers.items()} == BUILT_IN
    assert all(driver["in_table"] for driver in drivers.values())


def test_every_other_entry_point_of_ours_loads(found: dict[str, dict[str, dict[str, object]]]) -> None:
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
    declared = {**project["entry-points"], "console_scripts": project["scripts"]}
    assert {group: {name: each["target"] for name, each in entries.items()} for group, entries in found.items()} == (
        declared
    )
