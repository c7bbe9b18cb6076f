"""Real clients, unmodified, at both servers: each cell of docs/clients.md is tried.

``PYVAULT_WRITE_DOCS=1`` writes the page anew from what was seen.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

INSIDE = Path(__file__).with_name("clients_in_namespace.py")


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="makes a network namespace")
@pytest.mark.peer("unshare", "ip")
@pytest.mark.slow
def test_the_page_of_clients_is_true(tmp_path: Path) -> None:
    enter = ["unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]
    words = [sys.executable, "-m", "pytest", "-q", "-s", f"--basetemp={tmp_path / 'inside'}", str(INSIDE)]
    inside = subprocess.run(
        [*enter, *words], cwd=INSIDE.parents[2], capture_output=True, text=True, timeout=900, check=False
    )
    assert inside.returncode == 0, inside.stdout[-6000:] + inside.stderr[-2000:]
