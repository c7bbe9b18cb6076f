"""What several proofs share: a gpg key, the peers of the long form, a desktop."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Generator
from pathlib import Path

import pytest

from fakes.mac_machine import build_security
from peers.desktop import gnome_keyring, session_bus
from peers.gpg_home import password_store
from pyvault.files.lock import LockFile
from weaknesses.proof import Place

PROJECT = Path(__file__).parents[2]
GROUP = "weak-peers"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Place:
    return Place(folder=tmp_path, monkeypatch=monkeypatch, fixture=request.getfixturevalue)


@pytest.fixture(scope="session")
def gpg_key(tmp_path_factory: pytest.TempPathFactory) -> Generator[dict[str, str]]:
    with password_store(tmp_path_factory.mktemp("pass")) as environ:
        yield environ


@pytest.fixture(scope="session")
def weak_peers() -> Path:
    """Install the dependency group of that name into a folder that only children see; once for all workers."""
    folder = PROJECT / "build" / "weak-peers"
    stamp = folder / ".complete"
    wanted = f"{sys.version} {tomllib.loads((PROJECT / 'pyproject.toml').read_text())['dependency-groups'][GROUP]}"
    folder.parent.mkdir(exist_ok=True)
    with LockFile(folder.with_suffix(".lock"), timeout=300):
        if not stamp.exists() or stamp.read_text() != wanted:
            shutil.rmtree(folder, ignore_errors=True)
            command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            subprocess.run([*command, "--target", folder, "--group", f"{PROJECT}/pyproject.toml:{GROUP}"], check=True)
            stamp.write_text(wanted)
    return folder


@pytest.fixture(scope="session")
def go_peer() -> Path:
    """Build the program around 99designs/keyring, its versions pinned by ``go.sum``; once for all workers."""
    program = PROJECT / "build" / "weak-go-peer"
    program.parent.mkdir(exist_ok=True)
    with LockFile(program.with_suffix(".lock"), timeout=300):
        subprocess.run(
            ["go", "build", "-mod=readonly", "-modcacherw", "-o", program, "."],
            cwd=Path(__file__).parent / "go_peer",
            env={
                **os.environ,
                "GOPATH": str(program.with_suffix(".go")),
                "GOCACHE": str(program.with_suffix(".cache")),
            },
            check=True,
        )
    return program


@pytest.fixture(scope="session")
def security_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_security(tmp_path_factory.mktemp("security"))


@pytest.fixture
def desktop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[str]:
    with session_bus(tmp_path) as address, gnome_keyring(address, tmp_path):
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        yield address
