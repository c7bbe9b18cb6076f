"""The code generator, against the RFC. Source: RFC 6238, appendix B (SHA-1, last six digits)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from fake_aws.totp import code as code_at
from fake_aws.totp import step_at


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924"), (20_000_000_000, "353130")],
)
def test_the_rfcs_vectors(seconds: int, code: str) -> None:
    step = step_at(datetime.fromtimestamp(seconds, UTC))
    assert code_at(b"12345678901234567890", step) == code
