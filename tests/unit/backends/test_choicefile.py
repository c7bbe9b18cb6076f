"""choice.json: the first choice stays, and a plug-in can't change hands unseen."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pyvault.errors import AccessDeniedError, ConfigError
from pyvault.storage.backend_info import BackendInfo, Provider
from pyvault.storage.choice_file import ChoiceFile, Remembered

ACME = BackendInfo(name="acme", distribution="acme-vault", version="1.0")


def test_the_first_choice_is_kept(tmp_path: Path) -> None:
    file = ChoiceFile(tmp_path / "state" / "choice.json")
    assert file.load() == Remembered()
    file.record_backend("file")
    file.record_backend("keychain")
    assert file.load().backend == "file"


def test_a_plugin_is_remembered_and_another_distribution_refused(tmp_path: Path) -> None:
    file = ChoiceFile(tmp_path / "choice.json")
    assert file.admit(ACME) is None
    newer = BackendInfo(name="acme", distribution="acme-vault", version="2.0")
    assert file.admit(newer) == Provider(distribution="acme-vault", version="1.0")
    foreign = BackendInfo(name="acme", distribution="evil", version="2.0")
    with pytest.raises(AccessDeniedError, match=r"'acme-vault'.*'evil'"):
        file.admit(foreign)
    assert file.load().plugins["acme"] == Provider(distribution="acme-vault", version="2.0")
    file.admit(foreign, accept=True)
    assert file.load().plugins["acme"].distribution == "evil"
    with pytest.raises(AccessDeniedError):
        file.admit(ACME)


def test_recording_a_plugin_keeps_the_choice(tmp_path: Path) -> None:
    file = ChoiceFile(tmp_path / "choice.json")
    file.record_backend("file")
    file.admit(ACME)
    assert file.load().backend == "file"


def test_a_file_chooses_no_plugin_that_nobody_named(tmp_path: Path) -> None:
    path = tmp_path / "choice.json"
    path.write_text('{"v": 1, "backend": "acme"}')
    file = ChoiceFile(path)
    with pytest.raises(ConfigError, match="'acme', which was never used here") as caught:
        file.chosen()
    assert "backend='acme'" in str(caught.value.hint)
    file.admit(ACME)
    assert file.chosen() == "acme"


@pytest.mark.parametrize("name", [None, "file", "keychain"])
def test_built_in_backends_may_be_chosen(tmp_path: Path, name: str | None) -> None:
    path = tmp_path / "choice.json"
    path.write_text(json.dumps({"v": 1, "backend": name}))
    assert ChoiceFile(path).chosen() == name


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"v":2}', '{"v":1,"backend":3}', '{"v":1,"plugins":{"a":"b"}}', '{"v":1,"plugins":[1]}', "null"],
)
def test_a_damaged_file_is_an_error_never_a_new_choice(tmp_path: Path, text: str) -> None:
    path = tmp_path / "choice.json"
    path.write_text(text)
    with pytest.raises(ConfigError, match=r"choice\.json"):
        ChoiceFile(path).load()
    with pytest.raises(ConfigError):
        ChoiceFile(path).record_backend("file")
    assert path.read_text() == text


def test_what_a_killed_writer_left_goes_with_the_next(tmp_path: Path) -> None:
    (tmp_path / "choice.json.pending-0123456789abcdef").write_bytes(b"{")
    ChoiceFile(tmp_path / "choice.json").record_backend("file")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["choice.json", "choice.json.lock"]
