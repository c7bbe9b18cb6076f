"""A vault that another store opens, and a plug-in that can't be loaded."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from command_line import Pyvault
from fakes.distributions import install

TESTS = Path(__file__).parents[1]


def test_a_key_kept_in_another_store_opens_the_vault(
    pyvault: Pyvault, keyed: dict[str, str | None], tmp_path: Path
) -> None:
    config = tmp_path / "config.toml"
    config.write_text(
        '[backend]\nname = "file"\n[backend.file]\nunlock_store = "keyring"\n'
        '[backend.keyring]\nclass = "fakes.text_keyring.FileKeyring"\n'
    )
    store = {
        "PYTHONPATH": str(TESTS),
        "TEXT_KEYRING": str(tmp_path / "keyring.json"),
        "PYVAULT_CONFIG": str(config),
        "PYVAULT_BACKEND": None,
    }
    added = pyvault("vault", "slot", "add", "--store", "keyring", env=keyed | store)
    assert added.code == 0, added.err
    assert "unlock_store" in added.err
    without_key = pyvault("--no-input", "vault", "verify", env=store)
    assert without_key.code == 0, without_key.err
    (tmp_path / "keyring.json").unlink()
    assert pyvault("--no-input", "vault", "verify", env=store).code == 4


@pytest.fixture
def broken_plugin(tmp_path: Path) -> dict[str, str | None]:
    """A distribution whose module is no Python, as a half-finished download leaves it."""
    site = tmp_path / "site"
    info = site / "acme_vault-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-vault\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[pyvault.backends]\nacme = acme_vault:Acme\n")
    (site / "acme_vault.py").write_text("class Acme(:\n")
    return {"PYTHONPATH": str(site)}


@pytest.fixture
def swapped_plugin(tmp_path: Path) -> dict[str, str | None]:
    """A backend that came from another distribution when it was used; the new one leaves a trace when it runs."""
    site = tmp_path / "site"
    trace = f"import os, pathlib\npathlib.Path({str(tmp_path / 'ran')!r}).write_text(repr(sorted(os.environ)))\n"
    install(site, "evil-acme", backends={"acme": "acme:Acme"}, modules={"acme": trace})
    state = tmp_path / ".local" / "state" / "pyvault"
    state.mkdir(parents=True, mode=0o700, exist_ok=True)
    seen = {"acme": {"distribution": "good-acme", "version": "1.0"}}
    (state / "choice.json").write_text(json.dumps({"v": 1, "backend": None, "plugins": seen}))
    return {"PYTHONPATH": str(site)}


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--backend", "acme", "list"), 5),
        (("--backend-option", "unlock_store=acme", "list"), 5),
        (("doctor",), 1),
    ],
)
def test_a_plugin_of_somebody_else_than_before_is_not_run(
    pyvault: Pyvault,
    keyed: dict[str, str | None],
    swapped_plugin: dict[str, str | None],
    tmp_path: Path,
    words: tuple[str, ...],
    code: int,
) -> None:
    ended = pyvault("--no-input", *words, env=swapped_plugin | {"PYVAULT_KEYFILE": None})
    assert ended.code == code, ended.err
    assert "good-acme" in ended.out + ended.err
    assert not (tmp_path / "ran").exists()


def test_a_plugin_that_is_looked_at_does_not_see_where_the_key_lies(
    pyvault: Pyvault, swapped_plugin: dict[str, str | None], tmp_path: Path
) -> None:
    pyvault("backends", "list", "--probe", env=swapped_plugin | {"PYVAULT_KEYFILE": str(tmp_path / "key")})
    assert "PYVAULT_KEYFILE" not in (tmp_path / "ran").read_text()


def test_a_broken_plugin_is_told_of_and_takes_nothing_down(
    pyvault: Pyvault, broken_plugin: dict[str, str | None]
) -> None:
    listed = pyvault("backends", "list", "--json", env=broken_plugin)
    assert listed.code == 0, listed.err
    acme = next(backend for backend in json.loads(listed.out)["backends"] if backend["name"] == "acme")
    assert (acme["distribution"], acme["version"], acme["available"]) == ("acme-vault", "1.0", None)
    probed = pyvault("backends", "list", "--probe", env=broken_plugin)
    assert probed.code == 0, probed.err
    assert "SyntaxError" in probed.out
    shown = pyvault("backends", "info", "acme", env=broken_plugin)
    assert "SyntaxError" in shown.out + shown.err
    doctor = pyvault("doctor", env=broken_plugin)
    assert "SyntaxError" in doctor.out
    assert doctor.code == 1
    assert pyvault("--backend", "file", "list", env=broken_plugin).code == 0
