"""Browsers for sign-ins: a real Chromium, and one that merely follows redirects."""

from __future__ import annotations

import shutil
import subprocess
import urllib.request
from pathlib import Path

#: Headless, and quiet: nothing of Chromium's own goes to the network.
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-proxy-server",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)


def chromium(url: str, profile: Path) -> str:
    """Open an address in a real Chromium; gives the page it ended on."""
    program = shutil.which("chromium")
    if program is None:
        raise FileNotFoundError("chromium")
    done = subprocess.run(
        [program, *FLAGS, f"--user-data-dir={profile}", "--dump-dom", url],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout


def follow(url: str) -> str:
    """Open an address and follow its redirects; gives the page."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=20) as response:
        page: bytes = response.read()
    return page.decode()
