"""The example of a third party's backend: the contract, and the way from a wheel to a stored key."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import venv
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pyvault.record import replace
from pyvault.testing import BackendContract, Capabilities, Subject
from pyvault.testing.scaffold import write_plugin

PATIENCE = 60  # seconds for all but pip: quick for a person, and many times what a loaded machine takes
ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "tests" / "plugin_example"


def take_away(file: Path) -> None:
    """Leave what an unmounted volume shows: nothing."""
    file.rename(file.with_name("elsewhere"))


class TestExample(BackendContract):
    @pytest.fixture
    def subject(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Subject:
        monkeypatch.syspath_prepend(str(EXAMPLE))
        file = tmp_path / "items.db"
        made = Subject(backend="pyvault_sqlite:SqliteBackend", options={"path": str(file), "new": "true"})
        made.open().close()
        return replace(made, options={"path": str(file)}, break_store=lambda: take_away(file))

    @pytest.fixture
    def capabilities(self, writes: int) -> Capabilities:
        return Capabilities(writes=writes)


def run(*command: str | Path, cwd: Path | None = None, **environ: str) -> str:
    done = subprocess.run(
        command,
        cwd=cwd,
        env=dict(os.environ) | environ,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@contextmanager
def took(step: str, seconds: dict[str, float]) -> Generator[None]:
    """Measure a step."""
    began = time.monotonic()
    yield
    seconds[step] = time.monotonic() - began


@pytest.mark.slow
def test_the_wheels_beside_each_other_in_a_clean_environment(
    tmp_path: Path,
    private_home: Path,
    tell: list[str],
) -> None:
    """Built wheels, real entry points, the command line; then a newcomer's own plug-in, without editing a line."""
    for source in (ROOT, EXAMPLE):
        run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", tmp_path / "wheels", source)
    venv.create(tmp_path / "clean", with_pip=True)
    binaries = tmp_path / "clean" / "bin"
    wheels = sorted((tmp_path / "wheels").glob("*.whl"))
    assert len(wheels) == 2
    run(binaries / "pip", "install", "-q", *map(str, wheels), "pytest", "hatchling", "editables")
    key = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "pLaNtEd"}
    pyvault = binaries / "pyvault"
    assert "pyvault-sqlite" in run(pyvault, "backends", "list")
    chosen = ("--backend", "sqlite", "--backend-option", f"path={tmp_path}/items.db", "--backend-option", "new=true")
    run(pyvault, *chosen, "add", "prod", "--env", "--no-verify", "--no-add-config", **key)
    assert run(pyvault, *chosen, "list", "--credentials") == "prod\n"

    seconds: dict[str, float] = {}
    with took("backends new", seconds):
        run(pyvault, "backends", "new", "newcomer", tmp_path / "newcomer")
    with took("pip install", seconds):
        run(binaries / "pip", "install", "-q", "--no-build-isolation", "-e", tmp_path / "newcomer")
    with took("pytest", seconds):
        tested = run(binaries / "python", "-m", "pytest", "-q", cwd=tmp_path / "newcomer")
    with took("add x", seconds):
        run(pyvault, "--backend", "newcomer", "add", "x", "--env", "--no-verify", **key)
    assert " passed" in tested
    assert run(pyvault, "--backend", "newcomer", "list", "--credentials") == "x\n"
    tell.extend(f"a newcomer's {step}: {spent:.1f} s" for step, spent in seconds.items())
    waited = sum(spent for step, spent in seconds.items() if step != "pip install")  # a download is not ours
    assert waited < PATIENCE, f"a newcomer waits {waited:.0f} s"


def test_what_backends_new_writes_is_whole_and_named(tmp_path: Path) -> None:
    paths = write_plugin("acme-vault", tmp_path / "plugin")
    texts = {path.name: path.read_text() for path in paths}
    assert set(texts) == {"pyproject.toml", "pyvault_acme_vault.py", "test_contract.py", "README.md"}
    assert 'acme-vault = "pyvault_acme_vault:AcmeVaultBackend"' in texts["pyproject.toml"]
    assert "class AcmeVaultBackend:" in texts["pyvault_acme_vault.py"]
    for text in texts.values():
        assert "NewBackend" not in text
    assert "acme-vault" not in texts["pyvault_acme_vault.py"]  # the entry point alone names it
    for name, text in texts.items():
        if name.endswith(".py"):
            compile(text, name, "exec")
