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
