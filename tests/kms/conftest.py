"""A KMS for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fake_kms import FakeKms


@pytest.fixture
def kms() -> Iterator[FakeKms]:
    with FakeKms() as running:
        yield running
