"""Where the built site is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def site() -> Path:
    """The folder with the built site."""
    built = os.environ.get("PYVAULT_SITE")
    if not built:
        pytest.skip("make site builds it, and tests it then")
    return ROOT / built
