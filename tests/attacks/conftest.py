"""The scene, and a mirror in the place of AWS."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from attacks.mirror import Mirror, listening
from attacks.scene import Scene


@pytest.fixture
def scene(private_home: Path, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> Scene:
    return Scene(private_home, tmp_path, capfdbinary)


@pytest.fixture
def mirror() -> Iterator[Mirror]:
    with listening() as running:
        yield running
