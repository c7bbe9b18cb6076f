"""The two shapes of JSON that hold others, told apart in a way that type checkers follow."""

from __future__ import annotations

from typing import TypeGuard


def is_object(value: object) -> TypeGuard[dict[str, object]]:
    """Say whether a JSON value is an object."""
    return isinstance(value, dict)


def is_list(value: object) -> TypeGuard[list[object]]:
    """Say whether a JSON value is a list."""
    return isinstance(value, list)


def texts_in(value: object) -> list[str] | None:
    """Give a list of texts, or None if it is anything else."""
    if not is_list(value):
        return None
    texts = [item for item in value if isinstance(item, str)]
    return texts if len(texts) == len(value) else None
