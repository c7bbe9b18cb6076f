"""Whatever lies in the place of one of our files or of AWS's: one named error, no waiting, no memory filled."""

from __future__ import annotations

import json
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pyvault import settings
from pyvault.config.config_file import ConfigFile
from pyvault.errors import AccessDeniedError, ConfigError, PyvaultError
from pyvault.sessions.session_vault import known_clearing
from pyvault.storage.choice_file import ChoiceFile
from pyvault.vaultfile.state.places import find_writer, make_writer
from pyvault.vaultfile.state.trust_store import TrustStore
from pyvault.vaultfile.state.vault_state import VaultState

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="kinds of files that Windows lacks")


def directory(path: Path) -> None:
    path.mkdir()


def pipe(path: Path) -> None:
    os.mkfifo(path)


def device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def local_socket(path: Path) -> None:
    before = Path.cwd()
    os.chdir(path.parent)  # a socket's path must be short
    try:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path.name)
    finally:
        os.chdir(before)


def sparse(path: Path) -> None:
    path.touch()
    os.truncate(path, 1 << 40)


KINDS: dict[Callable[[Path], None], str] = {
    directory: "it is a directory",
    pipe: "it is a pipe and not a file",
    device: "it is a device and not a file",
    local_socket: "it is a socket and not a file",
    sparse: "it has more than [0-9]+ bytes",
}
READERS: dict[str, tuple[Callable[[Path], object], type[PyvaultError]]] = {
    "trust.json": (lambda path: TrustStore(path).known_states(), AccessDeniedError),
    "choice.json": (lambda path: ChoiceFile(path).load(), ConfigError),
    "config.toml": (settings.load, ConfigError),
    "config": (ConfigFile.load, ConfigError),
    "credentials": (ConfigFile.load, ConfigError),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "folder"
    path.mkdir(mode=0o700)
    return path


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("name", READERS)
def test_a_file_that_is_none_is_named_at_once(folder: Path, name: str, kind: Callable[[Path], None]) -> None:
    read, problem = READERS[name]
    reason = KINDS[kind]
    if (name, kind) == ("trust.json", sparse):  # it is a file, only not one that was ever written
        problem, reason = ConfigError, "is damaged"
    kind(folder / name)
    with pytest.raises(problem, match=f"{name}.*{reason}"):
        read(folder / name)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_what_only_helps_to_notice_is_as_good_as_missing(folder: Path, kind: Callable[[Path], None]) -> None:
    kind(folder / "writer")
    kind(folder / "cleared")
    assert (find_writer(folder / "writer"), known_clearing(folder / "cleared")) == (None, 0)
    made = make_writer(folder / "writer")
    assert (made is None) == (kind is not sparse)  # what is no file is not ours to replace
    assert find_writer(folder / "writer") == made


ID = "0" * 32
ENTRY: dict[str, object] = {"path": "/a", "fingerprint": ID, "epoch": 1, "generation": 1, "txid": ID}
TOO_DEEP = b'{"a":' * 40 + b"1" + b"}" * 40
NO_SIGHTINGS = [
    b"",
    b"null",
    b"[]",
    b"[" * 100_000,
    TOO_DEEP,
    json.dumps({ID: TOO_DEEP.decode()}).encode(),
    json.dumps({ID: None}).encode(),
    json.dumps({"00": ENTRY}).encode(),
    json.dumps({"z" * 32: ENTRY}).encode(),
    *(
        json.dumps({ID: {**ENTRY, **wrong}}).encode()
        for wrong in (
            {"path": None},
            {"path": 1},
            {"path": "/a\0"},
            {"path": "\ud800"},
            {"fingerprint": "00"},
            {"fingerprint": [ID]},
            {"epoch": "1"},
            {"epoch": True},
            {"epoch": 1.0},
            {"generation": -1},
            {"generation": 1 << 64},
            {"txid": "z" * 32},
            {"places": "/a"},
            {"places": [1]},
            {"places": ["/a\0"]},
            {"own": [1, ID]},
            {"own": {"generation": 1}},
            {"unproven": "1"},
        )
    ),
    json.dumps({ID: ENTRY}).encode().replace(b'"epoch": 1', b'"epoch": NaN'),
    json.dumps({ID: ENTRY}).encode().replace(b'"epoch": 1', b'"epoch": ' + b"1" * 5000),
]


@pytest.mark.parametrize("content", NO_SIGHTINGS, ids=range(len(NO_SIGHTINGS)))
def test_a_memory_of_wrong_types_is_damaged(folder: Path, content: bytes) -> None:
    (folder / "trust.json").write_bytes(content)
    with pytest.raises(ConfigError, match=r"trust\.json' is damaged"):
        TrustStore(folder / "trust.json").known_states()


def test_a_memory_keeps_all_that_it_was_given(folder: Path) -> None:
    trust = TrustStore(folder / "trust.json")
    least = VaultState(vault_id=b"a" * 16, path="/a", fingerprint=b"f" * 16, epoch=1, generation=1, txid=b"t" * 16)
    most = VaultState(
        vault_id=b"b" * 16,
        path="/\udcff/b",  # a name that is no UTF-8
        fingerprint=b"f" * 16,
        epoch=(1 << 32) - 1,
        generation=(1 << 64) - 1,
        txid=b"t" * 16,
        places=("/c", "/\udcfe", "/\udcff/b"),
        last_write=(7, b"o" * 16),
        unproven=3,
    )
    for seen in (least, most):
        trust.accept(seen)
    known = trust.known_states()
    assert known[least.vault_id] == least
    assert (known[most.vault_id].path, known[most.vault_id].last_write) == (most.path, most.last_write)
    assert known[most.vault_id].unproven == most.unproven


CHOICE: dict[str, object] = {"v": 1, "backend": "file", "plugins": {"a": {"distribution": "d", "version": "1"}}}
NO_CHOICES = [
    b"",
    b"[]",
    TOO_DEEP,
    *(
        json.dumps({**CHOICE, **wrong}).encode()
        for wrong in (
            {"v": None},
            {"v": "1"},
            {"v": True},
            {"v": 2},
            {"backend": 1},
            {"backend": ["file"]},
            {"plugins": []},
            {"plugins": "a"},
            {"plugins": {"a": None}},
            {"plugins": {"a": "d"}},
            {"plugins": {"a": {"distribution": "d"}}},
            {"plugins": {"a": {"distribution": 1, "version": "1"}}},
        )
    ),
]


@pytest.mark.parametrize("content", NO_CHOICES, ids=range(len(NO_CHOICES)))
def test_a_choice_of_wrong_types_is_damaged(folder: Path, content: bytes) -> None:
    (folder / "choice.json").write_bytes(content)
    with pytest.raises(ConfigError, match=r"choice\.json' is damaged"):
        ChoiceFile(folder / "choice.json").load()


@pytest.mark.parametrize("value", ["[" * 5000, "{a=" * 5000, "1" * 5000])
def test_a_setting_beyond_all_reason_is_an_error_of_the_file(folder: Path, value: str) -> None:
    (folder / "config.toml").write_text(f"backend = {value}\n")
    with pytest.raises(ConfigError, match=r"config\.toml"):
        settings.load(folder / "config.toml")
