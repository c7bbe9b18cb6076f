"""Which roles ``/role-arn/<ARN>`` may assume, and a bounded number of their sources.

Otherwise a program could assume whatever the base credentials may, so nothing is
allowed unless a pattern allows it.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from typing import TYPE_CHECKING

from pyvault.errors import InvalidSettingError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pyvault.server.endpoints.refreshing_source import CredentialSource

MAX_ROLES = 32  # sources kept; each holds one answer and at most one fetch

#: Source: AWS, "IAM identifiers": name 64 characters of [\w+=,.@-]; a path before it, 512 in all.
_ROLE_ARN = re.compile(r"arn:aws[a-z-]{0,20}:iam::[0-9]{12}:role/[\w+=,.@/-]{1,576}", re.ASCII)


class RolePatterns:
    """The roles that may be assumed, as ARNs in which ``*`` stands for a run of characters.

    ``*`` matches neither ``/`` nor ``:``, so that ``role/deploy-*`` can't reach
    into a path nor ``*`` in the account into the name.

    Raises:
        InvalidSettingError: a pattern that is not an ARN of a role.
    """

    def __init__(self, patterns: Iterable[str]) -> None:
        self._patterns = [_compiled(pattern) for pattern in patterns]

    def __bool__(self) -> bool:
        return bool(self._patterns)

    def allow(self, arn: str) -> bool:
        """Return whether this is the ARN of a role that is allowed."""
        return _ROLE_ARN.fullmatch(arn) is not None and any(pattern.fullmatch(arn) for pattern in self._patterns)


class RoleSources:
    """The sources of the roles that were used last.

    Args:
        make: returns the source of a role, without fetching.
    """

    def __init__(self, make: Callable[[str], CredentialSource], *, limit: int = MAX_ROLES) -> None:
        self._make = make
        self._limit = limit
        self._sources: OrderedDict[str, CredentialSource] = OrderedDict()

    def __len__(self) -> int:
        return len(self._sources)

    def get(self, arn: str) -> CredentialSource | None:
        """Return the source of a role; None when all places are taken by pending fetches."""
        source = self._sources.get(arn)
        if source is None:
            if len(self._sources) >= self._limit and not self._drop_one():
                return None
            source = self._sources[arn] = self._make(arn)
        self._sources.move_to_end(arn)
        return source

    def close(self) -> None:
        """Stop every fetch."""
        for source in self._sources.values():
            source.close()
        self._sources.clear()

    def _drop_one(self) -> bool:
        for arn, source in self._sources.items():
            if not source.is_fetching:
                source.close()
                del self._sources[arn]
                return True
        return False


def _compiled(pattern: str) -> re.Pattern[str]:
    if not re.fullmatch(r"arn:[a-z*-]+:iam::[0-9*]{1,12}:role/[\w+=,.@/*-]+", pattern, re.ASCII):
        raise InvalidSettingError(
            f"the pattern {pattern!r} is not the ARN of a role",
            hint="for example arn:aws:iam::123456789012:role/deploy-*",
        )
    return re.compile("[^/:]*".join(re.escape(part) for part in pattern.split("*")))
