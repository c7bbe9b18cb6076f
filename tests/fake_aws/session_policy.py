"""Session policies: checked for size and shape, then forgotten; nothing here is that fine-grained.

Source: STS API reference, AssumeRole, "Policy", "PolicyArns" and "PackedPolicyTooLarge".
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from .constraints import Constraints, members
from .errors import AwsError
from .json_shape import is_object

MAX_POLICY = 2048
MAX_POLICY_ARNS = 10
#: Characters of tags and policies together that stand in for AWS's secret binary packing.
MAX_PACKED = 4096


def check_policy(form: Mapping[str, str], tags: tuple[tuple[str, str], ...], checks: Constraints) -> None:
    """Check the policy of a call.

    Raises:
        AwsError: ``MalformedPolicyDocument`` or ``PackedPolicyTooLarge``.
    """
    policy = form.get("Policy")
    arns = [member.get("arn", "") for member in members(form, "PolicyArns")]
    if policy is not None:
        checks.length("policy", policy, 1, MAX_POLICY)
        _check_document(policy)
    if len(arns) > MAX_POLICY_ARNS:
        raise AwsError("ValidationError", f"No more than {MAX_POLICY_ARNS} policy ARNs can be passed")
    if any(not arn.startswith("arn:") for arn in arns):
        raise AwsError("ValidationError", "Policy ARN is invalid")
    size = len(policy or "") + sum(map(len, arns)) + sum(len(key) + len(value) for key, value in tags)
    if size > MAX_PACKED:
        percent = 100 * size // MAX_PACKED
        raise AwsError(
            "PackedPolicyTooLarge",
            f"Packed size of session tags consumes {percent}% of allotted space.",
        )


def _check_document(policy: str) -> None:
    try:
        document: object = json.loads(policy)
    except ValueError:
        raise AwsError("MalformedPolicyDocument", "Syntax errors in policy.") from None
    if not is_object(document) or "Statement" not in document:
        raise AwsError("MalformedPolicyDocument", "This policy contains invalid Json")
