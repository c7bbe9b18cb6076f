"""A private gpg home with a real key, and a password store encrypted to it."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

PASSPHRASE = "kp"


@contextmanager
def password_store(directory: Path, *, passphrase: str = "") -> Generator[dict[str, str]]:
    """Make a key and a store; gives the variables that lead there.

    The home is in a short path of its own: the agent's socket lives in it, and
    a socket's path has at most 107 characters.
    """
    with tempfile.TemporaryDirectory(prefix="gpg") as home:
        environ = {"GNUPGHOME": home, "PASSWORD_STORE_DIR": str(directory / "store")}
        try:
            _run(
                [
                    *("gpg", "--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", passphrase),
                    *("--quick-gen-key", "pyvault test <test@example.com>", "default", "default", "never"),
                ],
                environ,
            )
            listing = _run(["gpg", "--list-keys", "--with-colons"], environ)
            fingerprint = next(line.split(":")[9] for line in listing.splitlines() if line.startswith("fpr"))
            _run(["pass", "init", fingerprint], environ)
            yield environ
        finally:
            _run(["gpgconf", "--kill", "gpg-agent"], environ)


def forget_passphrase(environ: dict[str, str]) -> None:
    """Make gpg-agent forget what it was told."""
    _run(["gpgconf", "--reload", "gpg-agent"], environ)


def _run(command: list[str], environ: dict[str, str]) -> str:
    return subprocess.run(
        command, env=dict(os.environ) | environ, check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL
    ).stdout
