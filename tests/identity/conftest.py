"""What a test of identities has made goes with it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from identity.handing_out import VIEWS


@pytest.fixture(autouse=True)
def no_view_stays() -> Iterator[None]:
    yield
    while VIEWS:
        VIEWS.pop().remove()
