"""The vault file passes the contract, opened by a key file: no KDF cost."""

from __future__ import annotations

from pathlib import Path

import pytest

from pyvault.testing import BackendContract, Capabilities, Subject
from pyvault.vaultfile.unlock.key_file import create_key_file


def take_away(vault: Path) -> None:
    """Leave what an unmounted volume shows: nothing."""
    vault.rename(vault.with_name("elsewhere"))


class TestFile(BackendContract):
    @pytest.fixture
    def subject(self, tmp_path: Path) -> Subject:
        create_key_file(tmp_path / "key")
        vault = tmp_path / "vault.pyv"
        return Subject(
            backend="file",
            options={"path": str(vault), "keyfile": str(tmp_path / "key")},
            break_store=lambda: take_away(vault),
        )

    @pytest.fixture
    def capabilities(self, writes: int) -> Capabilities:
        # Its lock() forgets the key, and the key file gives it again: see test_file_backend.
        return Capabilities(lockable=False, writes=writes)
