"""In a program frozen into one file: nothing starts its executable as an interpreter, what is missing is named."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

FROZEN = """
import json, subprocess, sys
sys.frozen, sys.executable = True, "/nonexistent/program"
if {missing!r}:
    class Missing:
        def find_spec(self, name, path=None, target=None):
            if name.partition(".")[0] == {missing!r}:
                raise ModuleNotFoundError("no", name=name)
    sys.meta_path.insert(0, Missing())
from pyvault.storage.probing import probe_in_child
from pyvault.storage.registry import list_backends
report = probe_in_child({backend!r}, {{}}, environ={{}})
print(json.dumps([report.availability.available, report.availability.reason, report.availability.hint]))
print(json.dumps({{info.name: info.reason for info in list_backends()}}))
"""


@pytest.mark.parametrize(
    ("backend", "missing", "available", "reason"),
    [
        ("file", "", True, None),
        ("file", "pyvault_backends", False, "there is no module 'pyvault_backends'"),
        ("somebody:Else", "", False, "a frozen program has no interpreter to probe it with"),
    ],
)
def test_a_frozen_program(backend: str, missing: str, available: bool, reason: str | None) -> None:
    code = FROZEN.format(backend=backend, missing=missing)
    told, listed = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    ).stdout.splitlines()
    seen = json.loads(told)
    assert seen[0] is available
    assert seen[1] is None if reason is None else reason in seen[1]
    if missing:
        assert "docs/python.md" in seen[2]
        assert missing in json.loads(listed)["memory"]


def test_an_interpreter_that_can_not_be_started_is_no_crash() -> None:
    code = FROZEN.format(backend="file", missing="").replace("sys.frozen, sys.executable = True,", "sys.executable =")
    told = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert "'/nonexistent/program' can't be started" in told


def test_the_owner_of_the_metadata_address_is_the_program_itself() -> None:
    code = (
        "import sys; sys.frozen, sys.executable = True, '/opt/program'\n"
        "from pyvault.server.metadata_address.privileged_listener import proxy_argv; print(proxy_argv())"
    )
    told = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert told == "['/opt/program', 'proxy']\n"
