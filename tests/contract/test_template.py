"""What ``backends new`` writes passes the contract before a line of it is changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from pyvault.testing import BackendContract, Capabilities, Subject


class TestTemplate(BackendContract):
    @pytest.fixture
    def subject(self, tmp_path: Path) -> Subject:
        return Subject(backend="pyvault.testing.template.driver:NewBackend", options={"path": str(tmp_path)})

    @pytest.fixture
    def capabilities(self, writes: int) -> Capabilities:
        return Capabilities(writes=writes)


def test_without_a_folder_it_makes_a_private_one(private_home: Path) -> None:
    from pyvault.names import credential_name
    from pyvault.secret import Secret
    from pyvault.testing.template.driver import NewBackend

    backend = NewBackend.open({}, lambda question: pytest.fail(f"asked for {question.key}"))
    backend.put(credential_name("x"), Secret(b"y"))
    (folder,) = private_home.rglob("pyvault-new")
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in folder.iterdir()} == {0o600}
