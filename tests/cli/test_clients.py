"""Real clients, unmodified, at both servers: each cell of docs/clients.md is tried.

``PYVAULT_WRITE_DOCS=1`` writes the page anew from what was seen. ``make clients`` fetches those
that are not programs of the system; which were tried is told at the end of the run.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from clients.page import HOSTS, PAGE, WAYS, page, read_page
from clients.table import CLIENTS

INSIDE = Path(__file__).with_name("clients_in_namespace.py")
# Read before the fixtures take our variables away.
WRITE = {name: value for name, value in os.environ.items() if name == "PYVAULT_WRITE_DOCS"}


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="makes a network namespace")
@pytest.mark.peer("unshare", "ip")
def test_the_page_of_clients_is_true(tmp_path: Path, tell: list[str]) -> None:
    told = tmp_path / "told"
    enter = ["unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]
    words = [sys.executable, "-m", "pytest", "-q", "-s", f"--basetemp={tmp_path / 'inside'}", str(INSIDE)]
    environ = {**os.environ, **WRITE, "PYVAULT_CLIENTS_TOLD": str(told)}
    inside = subprocess.run(
        [*enter, *words], cwd=INSIDE.parents[2], env=environ, capture_output=True, text=True, timeout=900, check=False
    )
    if told.exists():
        tell.append(told.read_text())
    assert inside.returncode == 0, inside.stdout[-6000:] + inside.stderr[-2000:]


def test_every_cell_of_the_page_has_been_tried() -> None:
    cells = read_page(PAGE.read_text(encoding="utf-8"))
    assert set(cells) == {(client.name, column) for client in CLIENTS for column in (*WAYS, *HOSTS)}
    assert set(cells.values()) == {"yes", "no"}


def test_the_page_reads_back_what_was_written() -> None:
    seen = {(client.name, column): "yes" for client in CLIENTS[1:] for column in (*WAYS, *HOSTS)}
    cells = read_page(page(seen, {}))
    assert {cell: word for cell, word in cells.items() if word == "yes"} == seen
    assert {word for (name, _), word in cells.items() if name == CLIENTS[0].name} == {"not tried"}
