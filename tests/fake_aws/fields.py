"""A strict reader for the JSON that tests send: right types, and no unknown member."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Self

from .json_shape import is_object, texts_in


class SeedError(Exception):
    """The JSON does not describe a world, a fault or an order."""


class Fields:
    """The members of one JSON object; used as a context, it refuses what nobody asked for."""

    def __init__(self, value: object, what: str) -> None:
        if not is_object(value):
            raise SeedError(f"{what} is not an object")
        self._left = dict(value)
        self._what = what

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        if kind is None and self._left:
            raise SeedError(f"unknown members in {self._what}: {', '.join(sorted(self._left))}")

    def raw(self, name: str) -> object:
        """Take a member as it is; None if it is absent."""
        return self._left.pop(name, None)

    def text(self, name: str, default: str | None = None) -> str:
        """Take a text; without a default it must be there."""
        value = self._left.pop(name, default)
        if not isinstance(value, str):
            raise SeedError(f"{name!r} of {self._what} is not a text")
        return value

    def optional_text(self, name: str) -> str | None:
        """Take a text, or None."""
        return None if self._left.get(name) is None and self._left.pop(name, None) is None else self.text(name)

    def number(self, name: str, default: float) -> float:
        """Take a number."""
        value = self._left.pop(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise SeedError(f"{name!r} of {self._what} is not a number")
        return value

    def whole(self, name: str, default: int) -> int:
        """Take a whole number."""
        return int(self.number(name, default))

    def optional_whole(self, name: str) -> int | None:
        """Take a whole number, or None."""
        return None if self._left.get(name) is None and self._left.pop(name, None) is None else self.whole(name, 0)

    def flag(self, name: str) -> bool:
        """Take a truth value, false by default."""
        value = self._left.pop(name, False)
        if not isinstance(value, bool):
            raise SeedError(f"{name!r} of {self._what} is not true or false")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """Take a list of texts, empty by default."""
        found = texts_in(self._left.pop(name, []))
        if found is None:
            raise SeedError(f"{name!r} of {self._what} is not a list of texts")
        return tuple(found)

    def mapping(self, name: str) -> dict[str, str]:
        """Take an object of texts, empty by default."""
        value = self._left.pop(name, {})
        if not is_object(value):
            raise SeedError(f"{name!r} of {self._what} is not an object")
        return {key: str(item) for key, item in value.items()}

    def objects(self, name: str) -> Iterator[tuple[str, Fields]]:
        """Take an object of objects, by name."""
        value = self._left.pop(name, {})
        if not is_object(value):
            raise SeedError(f"{name!r} of {self._what} is not an object")
        return iter([(key, Fields(item, f"{name}/{key}")) for key, item in value.items()])
