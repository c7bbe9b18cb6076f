"""AWS's checks of single parameters, and its way of reporting all failures at once.

Source: the API references of STS and IAM (lengths, patterns, ranges); the wording as the
services answer it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from .errors import AwsError, validation

#: RoleSessionName, SourceIdentity, federation names.
NAME_PATTERN = r"[\w+=,.@-]*"
EXTERNAL_ID_PATTERN = r"[\w+=,.@:\/-]*"
SERIAL_PATTERN = r"[\w+=/:,.@-]*"


class Constraints:
    """Collects what is wrong with the parameters of one call."""

    def __init__(self) -> None:
        self._failures: list[str] = []

    def length(self, member: str, value: str, low: int, high: int) -> None:
        """Hold a text to a length in characters, both ends included."""
        if len(value) < low:
            self._fail(member, value, f"Member must have length greater than or equal to {low}")
        if len(value) > high:
            self._fail(member, value, f"Member must have length less than or equal to {high}")

    def pattern(self, member: str, value: str, pattern: str) -> None:
        """Hold a text to a regular expression, ASCII letters only."""
        if not re.fullmatch(pattern, value, re.ASCII):
            self._fail(member, value, f"Member must satisfy regular expression pattern: {pattern}")

    def between(self, member: str, value: int, low: int, high: int) -> None:
        """Hold a number to a range, both ends included."""
        if value < low:
            self._fail(member, str(value), f"Member must have value greater than or equal to {low}")
        if value > high:
            self._fail(member, str(value), f"Member must have value less than or equal to {high}")

    def raise_failures(self) -> None:
        """Refuse the call if anything was wrong.

        Raises:
            AwsError: ``ValidationError`` that lists every failure.
        """
        if self._failures:
            count = len(self._failures)
            errors = "error" if count == 1 else "errors"
            raise validation(f"{count} validation {errors} detected: {'; '.join(self._failures)}")

    def _fail(self, member: str, value: str, complaint: str) -> None:
        self._failures.append(f"Value '{value}' at '{member}' failed to satisfy constraint: {complaint}")


def required(form: Mapping[str, str], name: str) -> str:
    """Take a parameter that must be there.

    Raises:
        AwsError: ``ValidationError``.
    """
    if not form.get(name):
        member = name[0].lower() + name[1:]
        raise validation(
            f"1 validation error detected: Value null at '{member}' failed to satisfy constraint: "
            "Member must not be null"
        )
    return form[name]


def integer(form: Mapping[str, str], name: str, default: int) -> int:
    """Take a whole number.

    Raises:
        AwsError: ``MalformedInput``.
    """
    text = form.get(name)
    if text is None:
        return default
    if not re.fullmatch(r"-?[0-9]{1,10}", text):
        raise AwsError("MalformedInput", f"Could not read '{text[:40]}' as an integer for {name}")
    return int(text)


def members(form: Mapping[str, str], name: str) -> list[dict[str, str]]:
    """Take a list of structures (``Tags.member.1.Key``) or of texts (under the key ``""``)."""
    found: dict[int, dict[str, str]] = {}
    prefix = f"{name}.member."
    for key, value in form.items():
        if key.startswith(prefix):
            index, _, member = key.removeprefix(prefix).partition(".")
            if index.isdigit():
                found.setdefault(int(index), {})[member] = value
    return [found[index] for index in sorted(found)]
