"""A vault that another store opens, and a plug-in that can't be loaded."""

from __future__ import annotations

import json
from pathlib import Path

import pexpect
import pytest

from command_line import PYVAULT, Pyvault, variables
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
        (("--backend", "acme", "doctor"), 1),
        (("backends", "info", "acme"), 0),
        (("backends", "list", "--probe"), 0),
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
    other = {"PYTHONPATH": str(TESTS), "TEXT_KEYRING": str(tmp_path / "keyring.json")}
    store = ("--backend-option", "keyring.class=fakes.text_keyring.FileKeyring")
    added = pyvault(*store, "vault", "slot", "add", "--store", "keyring", env=keyed | other)
    assert added.code == 0, added.err  # from now on a store may be asked to open it
    ended = pyvault("--no-input", *words, env=swapped_plugin | {"PYVAULT_KEYFILE": None})
    assert ended.code == code, ended.err
    assert "good-acme" in ended.out + ended.err
    assert not (tmp_path / "ran").exists()


def test_a_plugin_that_is_looked_at_does_not_see_where_the_key_lies(
    pyvault: Pyvault, swapped_plugin: dict[str, str | None], tmp_path: Path
) -> None:
    (tmp_path / ".local" / "state" / "pyvault" / "choice.json").unlink()  # nobody has used it before
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


class Away:
    """A vault with three ways in, on a machine where the store of one of them is away."""

    def __init__(self, pyvault: Pyvault, home: Path) -> None:
        self.pyvault = pyvault
        self.away: dict[str, str | None] = {
            "PYVAULT_BACKEND": None,
            "PYVAULT_CONFIG": str(home / "config.toml"),
            "DBUS_SESSION_BUS_ADDRESS": None,
        }
        (home / "config.toml").write_text(
            '[backend]\nname = "file"\n[backend.file]\nunlock_store = "keyring"\n'
            '[backend.keyring]\nclass = "fakes.text_keyring.FileKeyring"\n'
        )
        self.key: dict[str, str | None] = {"PYVAULT_KEYFILE": str(home / "key")}
        here = {"PYTHONPATH": str(TESTS), "TEXT_KEYRING": str(home / "keyring.json")}
        phrase = {"PYVAULT_NEW_PASSPHRASE": "pw"}
        for words in (("init", "--keyfile", str(home / "key")), ("slot", "add", "--passphrase"), ("slot", "add", "--store", "keyring")):  # fmt: skip
            done = pyvault("vault", *words, env=self.away | self.key | here | phrase)
            assert done.code == 0, done.err


def test_what_comes_before_an_absent_store_opens_the_vault(pyvault: Pyvault, tmp_path: Path) -> None:
    machine = Away(pyvault, tmp_path)
    for given in (machine.key, {"PYVAULT_PASSPHRASE": "pw"}):
        listed = pyvault("list", "--credentials", env=machine.away | given)
        assert (listed.code, listed.err) == (0, "")


def test_an_absent_store_is_told_of_and_the_human_is_asked(pyvault: Pyvault, tmp_path: Path) -> None:
    machine = Away(pyvault, tmp_path)
    alone = pyvault("--no-input", "list", env=machine.away)
    assert alone.code == 4
    assert "the store that keeps the vault's key can't be used" in alone.err
    assert "PYVAULT_KEYFILE" in alone.err
    environ = {name: value for name, value in variables(tmp_path, machine.away).items() if value is not None}
    child = pexpect.spawn(
        str(PYVAULT), ["list", "--credentials"], env=environ, cwd=str(tmp_path), encoding="utf-8", timeout=60
    )
    child.expect("can't be used")
    child.expect("passphrase for")
    child.sendline("pw")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0


def test_a_vault_that_nothing_opens_says_what_would(pyvault: Pyvault, keyed: dict[str, str | None]) -> None:
    ended = pyvault("--no-input", "vault", "verify", env=keyed | {"PYVAULT_KEYFILE": None})
    assert ended.code == 4
    assert "provide a key file (PYVAULT_KEYFILE, or PYVAULT_KEY with its content)" in ended.err
