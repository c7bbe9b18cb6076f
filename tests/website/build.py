"""Build the site into build/site, and refuse whatever is wrong: ``make site``."""

from __future__ import annotations

import subprocess
import sys

from website.gather import ROOT, gather


def main() -> int:
    """Gather the pages and run Zensical; return its exit code."""
    gather()
    return subprocess.run(
        [sys.executable, "-m", "zensical", "build", "--clean", "--strict"], cwd=ROOT, check=False
    ).returncode


if __name__ == "__main__":
    sys.exit(main())
