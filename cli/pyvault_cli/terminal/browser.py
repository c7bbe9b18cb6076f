"""Open a page: the browser that was asked for, else the desktop's.

In order: ``--browser``, ``[login] browser`` in config.toml, ``$BROWSER``, what
the platform opens pages with. ``$BROWSER`` may be a list (``:``, on Windows ``;``),
of which the first program that is there is taken. A command is the path of a
program, blanks and all, or is split like a shell's words, but no shell ever sees
it; ``%s`` in a word is the address, ``%u`` the address made fit to be a value
inside another one; without either it comes last. That is enough for containers,
for profiles of a browser, and for a script of one's own::

    browser = "firefox -P work"
    browser = "firefox 'ext+container:name=prod&url=%u'"
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from typing import TYPE_CHECKING

from pyvault.errors import ConfigError, PyvaultError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyvault.secret import Secret

_ON_WINDOWS = os.name == "nt"
_WINDOWS_WORD = re.compile(r'(?:[^\s"]|"[^"]*")+')
MARK = re.compile("%[su]")
PRINT_HINT = "--print-url prints the address instead"
SETTLE_S = 2  # a browser that can't start says so at once; one that runs in the foreground is left alone


def open_page(address: Secret[str], *, command: str | None, environ: Mapping[str, str]) -> None:
    """Open an address.

    Args:
        command: of ``--browser`` or config.toml; None for ``$BROWSER`` or the platform's.
        environ: for ``BROWSER``; what opens a vault is taken out of the child's.

    Raises:
        ConfigError: the command is no command.
        PyvaultError: no browser could be started.
    """
    words = browser_command(command=command, environ=environ)
    if words is None:
        _open_with_platform(address)
    else:
        _start(_with_address(words, address), environ)


def browser_command(*, command: str | None, environ: Mapping[str, str]) -> list[str] | None:
    """Return the words that start the browser which was asked for; None leaves it to the platform.

    Raises:
        ConfigError: the command is no command.
    """
    if command is not None:
        return _words(command, environ)
    entries = [entry for entry in environ.get("BROWSER", "").split(os.pathsep) if entry.strip()]
    commands = [_words(entry, environ) for entry in entries]
    there = (words for words in commands if shutil.which(words[0], path=environ.get("PATH")))
    return next(there, commands[0] if commands else None)


def _open_with_platform(address: Secret[str]) -> None:
    """Let the standard library find the desktop's browser, which inherits our environment.

    What opens the vault is taken out of it meanwhile: a browser lives for days.
    """
    import webbrowser

    from pyvault.process.scrub_environment import scrub_environment

    kept = dict(os.environ)
    for name in kept.keys() - scrub_environment(kept).keys():
        del os.environ[name]
    try:
        opened = webbrowser.open(address.reveal())
    finally:
        os.environ.update(kept)
    if not opened:
        raise PyvaultError("no browser could be opened", hint=PRINT_HINT)


def _words(command: str, environ: Mapping[str, str]) -> list[str]:
    """Split a command; the path of a program stays whole, as one in "Program Files" has to.

    Raises:
        ConfigError: quotes that don't close, or nothing at all.
    """
    if shutil.which(command, path=environ.get("PATH")):
        return [command]
    try:
        words = split_for_windows(command) if _ON_WINDOWS else shlex.split(command)
    except ValueError as exc:
        reason = str(exc).lower()
        raise ConfigError(f"the browser command {command!r} can't be read: {reason}", hint=PRINT_HINT) from None
    if not words:
        raise ConfigError("the browser command is empty", hint=PRINT_HINT)
    return words


def split_for_windows(command: str) -> list[str]:
    """Split a command where a backslash is a backslash and double quotes keep blanks together.

    Raises:
        ValueError: a quote doesn't close.
    """
    if command.count('"') % 2:
        raise ValueError("No closing quotation")
    return [word.replace('"', "") for word in _WINDOWS_WORD.findall(command)]


def _with_address(words: list[str], address: Secret[str]) -> list[str]:
    """Put the address where ``%s`` or ``%u`` stands, or last."""
    if not any(mark in word for word in words[1:] for mark in ("%s", "%u")):
        return [*words, address.reveal()]
    from urllib.parse import quote

    given = {"%s": address.reveal(), "%u": quote(address.reveal(), safe="")}
    return [words[0], *(MARK.sub(lambda found: given[found[0]], word) for word in words[1:])]


def _start(words: list[str], environ: Mapping[str, str]) -> None:
    from pyvault.process.scrub_environment import scrub_environment

    nothing = subprocess.DEVNULL
    try:
        child = subprocess.Popen(
            words,
            env=scrub_environment(environ),
            stdin=nothing,
            stdout=nothing,
            stderr=nothing,
            start_new_session=True,
        )
    except (OSError, ValueError) as exc:  # a NUL byte is a ValueError
        reason = getattr(exc, "strerror", None) or "no such command"
        raise PyvaultError(f"the browser {words[0]!r} can't be started: {reason}", hint=PRINT_HINT) from None
    try:
        failed = child.wait(timeout=SETTLE_S)
    except subprocess.TimeoutExpired:
        return
    if failed:
        raise PyvaultError(f"the browser {words[0]!r} ended with status {failed}", hint=PRINT_HINT)
