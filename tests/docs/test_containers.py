"""The examples of docs/containers.md that need an address or a network of their own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

INSIDE = Path(__file__).with_name("containers_in_namespace.py")

#: Cases of the other file; one that vanishes or is passed over must be seen here.
CASES = 6


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="makes a network namespace")
@pytest.mark.peer("unshare", "ip", "setpriv", "curl", "rclone", "/usr/bin/aws")
def test_containers_find_the_server(tmp_path: Path) -> None:
    """Run the tests of the other file where 169.254.170.2 is ours to take."""
    enter = ["unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]
    words = [sys.executable, "-m", "pytest", "-q", f"--basetemp={tmp_path / 'inside'}", str(INSIDE)]
    inside = subprocess.run(
        [*enter, *words], cwd=INSIDE.parents[2], capture_output=True, text=True, timeout=600, check=False
    )
    assert inside.returncode == 0, inside.stdout[-6000:] + inside.stderr[-2000:]
    counted = re.search(r"^(\d+) passed in ", inside.stdout, re.MULTILINE)  # nothing else in that line: none skipped
    assert counted, inside.stdout[-2000:]
    assert int(counted[1]) == CASES
