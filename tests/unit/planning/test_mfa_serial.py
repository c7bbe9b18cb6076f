"""What may stand as ``mfa_serial``."""

from __future__ import annotations

import pytest

from pyvault.config.values import objection_to


@pytest.mark.parametrize(
    "serial",
    [
        "arn:aws:iam::111111111111:mfa/me",
        "arn:aws-us-gov:iam::111111111111:mfa/path/me,too@corp",
        "arn:aws:iam::111111111111:mfa/root-account-mfa-device",
        "GAHT12345678",
    ],
)
def test_a_device_is_no_matter(serial: str) -> None:
    assert objection_to(serial) is None


@pytest.mark.parametrize(
    ("serial", "why"),
    [
        ("arn:aws:iam::111111111111:u2f/user/me/key-QWERTZ", "security key"),
        ("arn:aws:iam::111111111111:user/me", "of a user"),
        ("arn:aws:iam::111111111111:mfa/a,arn:aws:iam::111111111111:mfa/b", "several"),
        ("arn:aws:iam::111111111111:mfa/a arn:aws:iam::111111111111:mfa/b", "several"),
        ("arn:aws:iam::111111111111:mfa/a, arn:aws:iam::111111111111:u2f/b", "several"),
        ("arn:aws:iam::111111111111:role/me", "not the ARN of an MFA device"),
        ("arn:aws:iam::111111111111:mfa", "not the ARN of an MFA device"),
        ("arn:aws:s3:::bucket", "not the ARN of an MFA device"),
    ],
)
def test_what_aws_never_takes_is_named(serial: str, why: str) -> None:
    assert why in str(objection_to(serial))
