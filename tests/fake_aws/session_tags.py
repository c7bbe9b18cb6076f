"""Session tags and source identity: what AssumeRole may set, and what a chain carries on.

Source: IAM user guide, "Pass session tags in AWS STS" and "Monitor and control actions
taken with assumed roles".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from .constraints import NAME_PATTERN, Constraints, members
from .errors import AwsError, validation
from .model import Session

MAX_TAGS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """What a new session will carry."""

    tags: tuple[tuple[str, str], ...]  # all of them, inherited ones too
    transitive: tuple[str, ...]
    source_identity: str | None
    sets_tags: bool  # the call itself needs sts:TagSession
    sets_source_identity: bool  # the call itself needs sts:SetSourceIdentity


def read_marks(form: Mapping[str, str], source: Session | None, checks: Constraints) -> Marks:
    """Take tags and source identity from a form, on top of what the calling session carries.

    Raises:
        AwsError: a rule is broken.
    """
    own = [(tag.get("Key", ""), tag.get("Value", "")) for tag in members(form, "Tags")]
    transitive = [key.get("", "") for key in members(form, "TransitiveTagKeys")]
    _check_tags(own, checks)
    inherited = {k: v for k, v in source.tags if k in source.transitive} if source else {}
    if missing := [key for key in transitive if key not in dict(own)]:
        raise AwsError(
            "InvalidParameterValue",
            f"The specified transitive tag key must be included in the requested tags: {missing[0]}",
        )
    folded = {key.lower() for key in inherited}
    if any(key.lower() in folded for key, _ in own):
        raise AwsError(
            "InvalidParameterValue",
            "One of the specified transitive tag keys can't be set because it conflicts with "
            "a transitive tag key from the calling session.",
        )
    identity = form.get("SourceIdentity")
    return Marks(
        tags=(*inherited.items(), *own),
        transitive=(*inherited, *transitive),
        source_identity=_source_identity(identity, source, checks),
        sets_tags=bool(own or inherited),
        sets_source_identity=identity is not None,
    )


def _check_tags(tags: list[tuple[str, str]], checks: Constraints) -> None:
    if len(tags) > MAX_TAGS:
        raise validation(
            "1 validation error detected: Value at 'tags' failed to satisfy constraint: "
            f"Member must have length less than or equal to {MAX_TAGS}"
        )
    folded = [key.lower() for key, _ in tags]
    if len(set(folded)) != len(folded):
        raise AwsError(
            "InvalidParameterValue", "Duplicate tag keys found. Please note that Tag keys are case insensitive."
        )
    for number, (key, value) in enumerate(tags, 1):
        if key.lower().startswith("aws:"):
            raise AwsError("InvalidParameterValue", f"Tag keys beginning with 'aws:' are reserved: '{key}'")
        checks.length(f"tags.{number}.member.key", key, 1, 128)
        checks.length(f"tags.{number}.member.value", value, 0, 256)
        for member, text in (("key", key), ("value", value)):
            if re.fullmatch(r"[\w\s.:/=+\-@]*", text) is None:
                raise validation(
                    f"1 validation error detected: Value '{text}' at 'tags.{number}.member.{member}' failed to "
                    r"satisfy constraint: Member must satisfy regular expression pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]*"
                )


def _source_identity(given: str | None, source: Session | None, checks: Constraints) -> str | None:
    carried = source.source_identity if source else None
    if given is None:
        return carried
    checks.length("sourceIdentity", given, 2, 64)
    checks.pattern("sourceIdentity", given, NAME_PATTERN)
    if given.lower().startswith("aws:"):
        raise validation("SourceIdentity must not begin with 'aws:'")
    if carried is not None and carried != given:
        # Once set, it stands for the whole chain: that is its purpose.
        raise AwsError("AccessDenied", "SourceIdentity is already set on the calling session", status=403)
    return given
