"""The memory backend passes the contract."""

from __future__ import annotations

import pytest

from pyvault.record import replace
from pyvault.testing import BackendContract, Capabilities, Subject
from pyvault_backends.memory import MemoryBackend


class TestMemory(BackendContract):
    @pytest.fixture
    def subject(self, request: pytest.FixtureRequest) -> Subject:
        subject = Subject(backend="memory", options={"name": request.node.name})
        handle = subject.open()
        assert isinstance(handle, MemoryBackend)
        return replace(subject, break_store=handle.lock)

    @pytest.fixture
    def capabilities(self) -> Capabilities:
        return Capabilities(multi_process=False, atomic_replace=False, lockable=True)
