"""What ``backends new`` writes passes the contract before a line of it is changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pyvault.errors import BackendUnavailableError, ConfigError
from pyvault.names import credential_name
from pyvault.secret import Secret
from pyvault.testing import BackendContract, Capabilities, Subject

DRIVER = "pyvault.testing.template.driver:NewBackend"


def made_store(tmp_path: Path) -> Subject:
    """As the contract test of the scaffold makes it."""
    store = tmp_path / "store"
    Subject(backend=DRIVER, options={"path": str(store), "new": "true"}).open().close()

    def break_store() -> None:
        store.rename(tmp_path / "elsewhere")
        store.mkdir()

    return Subject(backend=DRIVER, options={"path": str(store)}, break_store=break_store)


PROD = credential_name("prod")


class TestTemplate(BackendContract):
    @pytest.fixture
    def subject(self, tmp_path: Path) -> Subject:
        return made_store(tmp_path)

    @pytest.fixture
    def capabilities(self, writes: int) -> Capabilities:
        return Capabilities(writes=writes)


def test_without_a_folder_it_makes_a_private_one(private_home: Path) -> None:
    from pyvault.testing.template.driver import NewBackend

    backend = NewBackend.open({}, lambda question: pytest.fail(f"asked for {question.key}"))
    backend.put(credential_name("x"), Secret(b"y"))
    (folder,) = private_home.rglob("pyvault.testing.template.driver")
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in folder.iterdir()} == {0o600}


@pytest.mark.parametrize("act", ["get", "put", "delete", "names"])
def test_a_volume_that_is_not_mounted_is_no_empty_store_and_is_not_written_to(tmp_path: Path, act: str) -> None:
    subject = made_store(tmp_path)
    backend = subject.open()
    backend.put(PROD, Secret(b"x"))
    assert subject.break_store is not None
    subject.break_store()
    acts: dict[str, Callable[[], object]] = {
        "get": lambda: backend.get(PROD),
        "put": lambda: backend.put(PROD, Secret(b"y")),
        "delete": lambda: backend.delete(PROD),
        "names": backend.names,
    }
    with pytest.raises(BackendUnavailableError, match="is no store any more"):
        acts[act]()
    with pytest.raises(BackendUnavailableError, match="is no store") as caught:
        subject.open()
    assert "is it mounted?" in (caught.value.hint or "")
    assert list((tmp_path / "store").iterdir()) == []


def test_a_folder_becomes_a_store_only_when_that_is_said(tmp_path: Path) -> None:
    with pytest.raises(BackendUnavailableError, match="is no store"):
        Subject(backend=DRIVER, options={"path": str(tmp_path)}).open()
    with pytest.raises(ConfigError, match="the option 'new' is 'yes'"):
        Subject(backend=DRIVER, options={"path": str(tmp_path), "new": "yes"}).open()
    with pytest.raises(ConfigError, match="the backend has no option 'pth'") as caught:
        Subject(backend=DRIVER, options={"pth": str(tmp_path)}).open()
    assert caught.value.hint == "it has new, path"
    assert list(tmp_path.iterdir()) == []
