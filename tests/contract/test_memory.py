"""The memory backend passes the contract."""

from __future__ import annotations

import pytest

from pyvault.testing import BackendContract, Capabilities, Subject


class TestMemory(BackendContract):
    @pytest.fixture
    def subject(self, request: pytest.FixtureRequest) -> Subject:
        return Subject(backend="memory", options={"name": request.node.name})

    @pytest.fixture
    def capabilities(self) -> Capabilities:
        return Capabilities(multi_process=False, atomic_replace=False, lockable=True)
