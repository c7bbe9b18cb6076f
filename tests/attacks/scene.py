"""A home in which secrets are planted, commands that run in this process, and a search of all that is left of them."""

from __future__ import annotations

import base64
import io
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest

from command_line import Ended, clean_environ
from pyvault_cli import main

LOGGERS = ("pyvault", "pyvault_backends", "pyvault_cli")


class Scene:
    """A person's HOME, and outside of it the world: what others have given them, secrets included."""

    def __init__(self, home: Path, world: Path, capture: pytest.CaptureFixture[bytes]) -> None:
        self.home, self.world, self.capture = home, world, capture
        self.canary = f"canary{os.urandom(6).hex()}"
        self.said = b""
        self.config = world / "config"
        self.config.touch()
        self.environ = {
            **clean_environ(home),
            "XDG_RUNTIME_DIR": str(home / "run"),
            "TMPDIR": str(home / "tmp"),
            "PYVAULT_DEBUG": "1",
            "AWS_CONFIG_FILE": str(self.config),
            "AWS_SHARED_CREDENTIALS_FILE": str(world / "credentials"),
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_MAX_ATTEMPTS": "1",
        }
        (home / "tmp").mkdir()
        keyfile = world / "keyfile"
        assert self.run("vault", "init", "--keyfile", str(keyfile)).code == 0
        self.environ["PYVAULT_KEYFILE"] = str(keyfile)

    def run(self, *words: str, stdin: str = "", may_wait: bool = False, **environ: str) -> Ended:
        """Run a command with --debug, and keep what it says; *may_wait* is for a sign-in, which needs nobody's input."""
        self.capture.readouterr()
        with pytest.MonkeyPatch.context() as patch, quiet_loggers():
            for name, value in {**self.environ, **environ}.items():
                patch.setenv(name, value)
            patch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(os.fsencode(stdin))))
            patch.setattr("tempfile.tempdir", None)
            code = main.run(["--debug", *([] if may_wait else ["--no-input"]), *words])
        shown = self.capture.readouterr()
        self.said += shown.out + shown.err
        return Ended(code=code, stdout=shown.out, stderr=shown.err)

    def places(self) -> list[str]:
        """Return where the canary has come to: what was said, and every file below HOME with its name."""
        found = [] if not shows(self.said, self.canary) else [self.said.decode(errors="replace")]
        for path in self.home.rglob("*"):
            text = os.fsencode(path) + (path.read_bytes() if path.is_file() else b"")
            found += [str(path)] if shows(text, self.canary) else []
        return found

    def records(self) -> list[Path]:
        """Return what failed fetches have left for those who waited."""
        return list(self.home.rglob("*.failed*"))


def shows(text: bytes, canary: str) -> bool:
    """Return whether a canary is in a text: as it is, in a form, in base64 at any place, in hexadecimal."""
    raw = canary.encode()
    forms = {raw, quote(canary, safe="").encode(), raw.hex().encode()}
    for before in range(3):
        coded = base64.b64encode(b"\0" * before + raw).rstrip(b"=")
        forms.add(coded[(0, 2, 3)[before] : -1])  # the characters at the edges are made of neighbours too
    return any(form in text for form in forms)


@contextmanager
def quiet_loggers() -> Iterator[None]:
    """Take back what --debug does to the loggers of this process."""
    kept = {name: (logging.getLogger(name).level, logging.getLogger(name).propagate) for name in LOGGERS}
    handlers = {name: list(logging.getLogger(name).handlers) for name in LOGGERS}
    try:
        yield
    finally:
        for name in LOGGERS:
            logger = logging.getLogger(name)
            level, logger.propagate = kept[name]
            logger.setLevel(level)
            logger.handlers[:] = handlers[name]
