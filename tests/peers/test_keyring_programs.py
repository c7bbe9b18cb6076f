"""pip, twine and poetry take their passwords out of the vault file: headless, opened by a key file."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from peers.package_index import PackageIndex, package_index

ROOT = Path(__file__).parents[2]
BRIDGE = "pyvault_backends.keyring_bridge.PyvaultKeyring"
BIN = Path(sys.executable).parent
USER, PASSWORD = "builder", "pLaNtEd of the index"


class Runner:
    """A CI job: no terminal, no desktop, a key file; other programs are told to use the vault."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.environ = {
            "HOME": str(home),
            "PATH": f"{home}/.local/bin:{BIN}:/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "PYVAULT_KEYFILE": str(home / "ci.key"),
            "PYTHON_KEYRING_BACKEND": BRIDGE,
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        }

    def __call__(self, *command: str, stdin: str = "", **environ: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            input=stdin,
            env=self.environ | environ,
            cwd=self.home,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            start_new_session=True,
        )

    def good(self, *command: str, stdin: str = "", **environ: str) -> str:
        done = self(*command, stdin=stdin, **environ)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture
def runner(private_home: Path) -> Runner:
    runner = Runner(private_home)
    # As pipx does it: pip's provider "subprocess" wants a keyring that is not installed beside pip.
    (private_home / ".local" / "bin").mkdir(parents=True)
    (private_home / ".local" / "bin" / "keyring").symlink_to(BIN / "keyring")
    runner.good("pyvault", "--backend", "file", "vault", "init", "--keyfile", "ci.key")
    return runner


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    """A distribution of one empty module."""
    path = tmp_path / "files" / "acme_parts-1.0-py3-none-any.whl"
    path.parent.mkdir()
    metadata = "Metadata-Version: 2.1\nName: acme-parts\nVersion: 1.0\nSummary: parts\n"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("acme_parts.py", "")
        archive.writestr("acme_parts-1.0.dist-info/METADATA", metadata)
        archive.writestr(
            "acme_parts-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr("acme_parts-1.0.dist-info/RECORD", "")
    return path


@pytest.fixture
def index(wheel: Path) -> Iterator[PackageIndex]:
    with package_index(wheel.parent, username=USER, password=PASSWORD) as index:
        yield index


def download(index: PackageIndex, provider: str) -> tuple[str, ...]:
    where = f"http://{USER}@{index.host}/simple/"
    return (
        *(sys.executable, "-m", "pip", "--no-input", "--keyring-provider", provider),
        *("download", "--no-cache-dir", "--no-deps", "--index-url", where, "acme-parts"),
    )


@pytest.mark.parametrize("provider", ["import", "subprocess"])
def test_pip_takes_the_password_of_its_index(runner: Runner, index: PackageIndex, wheel: Path, provider: str) -> None:
    runner.good("keyring", "set", index.host, USER, stdin=PASSWORD)
    shown = runner.good(*download(index, provider))
    assert (runner.home / wheel.name).read_bytes() == wheel.read_bytes()
    assert PASSWORD not in shown


@pytest.mark.parametrize("provider", ["import", "subprocess"])
def test_pip_goes_on_without_a_password_where_the_vault_stays_closed(
    runner: Runner, index: PackageIndex, provider: str
) -> None:
    """No hang, no prompt on somebody's stdin: pip says that it was refused."""
    runner.good("keyring", "set", index.host, USER, stdin=PASSWORD)
    refused = runner(*download(index, provider), PYVAULT_KEYFILE="")
    assert refused.returncode != 0
    assert index.refused
    assert PASSWORD not in refused.stdout + refused.stderr


def program(name: str, requirement: str) -> Path:
    """Give a folder with a program and all that it needs, which is not always what we need ourselves."""
    folder = ROOT / "build" / name
    pip = (sys.executable, "-m", "pip", "-q", "--disable-pip-version-check", "install", "--no-compile")
    if not (folder / "bin" / name).exists():
        subprocess.run([*pip, "--target", str(folder), requirement], check=True, capture_output=True)
    return folder


def test_twine_takes_the_password_of_its_repository(runner: Runner, index: PackageIndex, wheel: Path) -> None:
    repository = f"http://{index.host}/legacy/"
    command = (sys.executable, "-m", "twine", "upload", "--non-interactive", "--disable-progress-bar")
    upload = (*command, "--repository-url", repository, "-u", USER, str(wheel))
    environ = {"PYTHONPATH": str(program("twine", "twine>=7,<8"))}
    refused = runner(*upload, **environ)
    assert refused.returncode != 0
    assert index.uploads == []
    runner.good("keyring", "set", repository, USER, stdin=PASSWORD)
    shown = runner.good(*upload, **environ)
    assert index.uploads == [wheel.name]
    assert PASSWORD not in shown


PROJECT = """[project]
name = "acme-parts"
version = "1.0"
[build-system]
requires = ["poetry-core"]
build-backend = "poetry.core.masonry.api"
"""


@pytest.mark.slow
def test_poetry_keeps_and_takes_the_password_of_its_repository(
    runner: Runner, index: PackageIndex, wheel: Path
) -> None:
    environ = {"PYTHONPATH": str(program("poetry", "poetry>=2,<3"))}
    poetry = (sys.executable, "-m", "poetry", "--no-interaction")
    (runner.home / "pyproject.toml").write_text(PROJECT)
    runner.good(*poetry, "config", "repositories.acme", f"http://{index.host}/legacy/", **environ)
    runner.good(*poetry, "config", "http-basic.acme", USER, PASSWORD, **environ)
    settings = runner.home / ".config" / "pypoetry"
    assert not any(PASSWORD in file.read_text() for file in settings.iterdir()), "it went into the vault"
    shown = runner.good(*poetry, "publish", "--repository", "acme", "--dist-dir", str(wheel.parent), **environ)
    assert index.uploads == [wheel.name]
    assert PASSWORD not in shown
