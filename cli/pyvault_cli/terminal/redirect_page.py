"""A page of our own that sends a browser on, so that a link which signs somebody in stands in no argument.

Arguments of a program can be read by every user of the machine; the page is a file
that only this user can read (0600, in a directory of 0700). It is taken away when the
sign-in is over; what a killed process left is worth nothing, and goes with the next page.
"""

from __future__ import annotations

import html
import os
import secrets
import shutil
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from pyvault.clock import now
from pyvault.files.modes import make_directory, make_new_directory
from pyvault.sso.flow import browser_is_elsewhere

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyvault.secret import Secret

FOLDER = "sign-in"
PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="referrer" content="no-referrer"><title>pyvault</title>
<meta http-equiv="refresh" content="0;url={link}">
<body><a href="{link}">Go on to the sign-in</a></body></html>
"""
#: Where confined browsers live, which see neither the runtime directory nor hidden folders.
CONFINED = ("/snap/", "/var/lib/snapd/", "/var/lib/flatpak/", "/.local/share/flatpak/")
DESKTOP_FILES = (
    "/var/lib/snapd/desktop/applications",
    "/var/lib/flatpak/exports/share/applications",
    "~/.local/share/flatpak/exports/share/applications",
)


class RedirectPage:
    """One page at a time.

    Args:
        runtime: a directory of ours that ends with the login; None where there is none.
    """

    def __init__(self, runtime: Path | None) -> None:
        self._runtime = runtime
        self._folder: Path | None = None

    def leave(self, link: Secret[str]) -> str:
        """Write the page; return its ``file:`` address.

        Raises:
            OSError: it can't be written.
        """
        self.remove()
        if self._runtime is not None:
            make_directory(self._runtime)
            _sweep(self._runtime)
        folder = (self._runtime or Path(tempfile.gettempdir())) / f"{FOLDER}-{secrets.token_hex(8)}"
        make_new_directory(folder)  # it is not there yet: nobody knows its name
        self._folder = folder
        page = folder / "open.html"
        with os.fdopen(os.open(page, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(PAGE.format(link=html.escape(link.reveal())))
        return page.as_uri()

    def remove(self) -> None:
        """Take the page away; nothing happens if there is none."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None


def can_be_read_by(command: Sequence[str] | None, environ: Mapping[str, str]) -> bool:
    """Return whether a browser can read our page.

    Args:
        command: the words that start it; None for the desktop's own choice.
        environ: tells of browsers outside this system.
    """
    if browser_is_elsewhere(environ):
        return False
    if command is None:
        return not _default_is_confined(environ)
    if command[0] in {"flatpak", "snap"}:
        return False
    found = shutil.which(command[0], path=environ.get("PATH"))
    places = {found, str(Path(found).resolve())} if found else set[str]()
    return not any(mark in place for place in places for mark in CONFINED)


def _default_is_confined(environ: Mapping[str, str]) -> bool:
    """Return whether the desktop's browser is one; unknown is no."""
    asker = shutil.which("xdg-settings", path=environ.get("PATH"))
    if asker is None:
        return False
    try:
        answer = subprocess.run(
            [asker, "get", "default-web-browser"], capture_output=True, text=True, timeout=3, check=False
        )
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError):
        return False
    name = answer.stdout.strip()
    return bool(name) and "/" not in name and any(Path(place, name).expanduser().exists() for place in DESKTOP_FILES)


def _sweep(runtime: Path) -> None:
    """Remove the pages of processes that were killed: older than any sign-in lasts."""
    oldest = now().timestamp() - 3600
    with suppress(OSError):
        for folder in runtime.glob(f"{FOLDER}-*"):
            if folder.lstat().st_mtime < oldest:
                shutil.rmtree(folder, ignore_errors=True)
