"""Run real clients side by side and write down which of them AWS knew: ``call_all.py ORDERS OUTCOMES``.

The child of ``exec``, so that all clients find what one command gives them. ORDERS is a JSON list of
``{name, words, proof, tries}``; OUTCOMES becomes an object of name to output, empty where there was no proof.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

#: More than the cores of a small machine: clients wait for each other's answers.
SIDE_BY_SIDE = 4


def call(order: dict[str, Any]) -> str:
    """Run one client until the proof is in its output, at most so many times; give that output."""
    return next(filter(None, (call_once(order) for _ in range(order["tries"]))), "")


def call_once(order: dict[str, Any]) -> str:
    """Run one client in an empty home; give its output when the proof is in it."""
    with tempfile.TemporaryDirectory() as home:
        ended = subprocess.run(
            order["words"],
            env={**os.environ, "HOME": home, "AWS_MAX_ATTEMPTS": "1", "NODE_NO_WARNINGS": "1"},
            cwd=home,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
    if order["proof"] in ended.stdout:
        return ended.stdout
    sys.stderr.write(f"{order['name']}: {ended.returncode} {ended.stdout[-300:]} {ended.stderr[-300:]}\n")
    return ""


def main() -> None:
    orders, outcomes = (Path(word) for word in sys.argv[1:])
    work = json.loads(orders.read_text())
    with ThreadPoolExecutor(SIDE_BY_SIDE) as threads:
        found = dict(zip((order["name"] for order in work), threads.map(call, work), strict=True))
    outcomes.write_text(json.dumps(found))


if __name__ == "__main__":
    main()
