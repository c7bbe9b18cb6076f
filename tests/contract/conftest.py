"""How much of the contract's dearest case is done by default."""

from __future__ import annotations

import pytest


@pytest.fixture
def writes(request: pytest.FixtureRequest) -> int:
    """Puts by each of the eight processes: all 25 in the long form."""
    return 25 if request.config.getoption("--long") else 5
