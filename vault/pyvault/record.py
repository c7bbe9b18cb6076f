"""Records: immutable classes with named fields, keyword arguments and comparison by value.

Like ``dataclasses``, but without generated code: compiling the methods of the 65 records
of one command took a quarter of its start-up time. Type checkers understand the fields
in the same way (PEP 681)::

    class Coin(Record):
        value: int
        name: str | None = None

The ``repr`` shows the ``repr`` of each field: a ``Secret`` is masked. A record can be
pickled and copied if all its fields can.
"""

from __future__ import annotations

# Typing is loaded with these anyway, and typing.get_type_hints reads what the annotations name.
from collections.abc import Callable, Collection, Mapping  # noqa: TC003
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, Self, TypeVar, cast, dataclass_transform

T = TypeVar("T")
R = TypeVar("R", bound="_Fields")


class _Factory:
    __slots__ = ("make",)

    def __init__(self, make: Callable[[], object]) -> None:
        self.make = make


def field(*, default_factory: Callable[[], T]) -> T:
    """Return a default that is created anew for each record, such as an empty list."""
    return cast("T", _Factory(default_factory))


class _Fields:
    """The base of both kinds of records."""

    _types: ClassVar[Mapping[str, str]] = {}  # the names in order, with the annotations
    _shown: ClassVar[tuple[str, ...]] = ()
    _compared: ClassVar[tuple[str, ...]] = ()
    _defaults: ClassVar[Mapping[str, object]] = {}
    _factories: ClassVar[Mapping[str, Callable[[], object]]] = {}

    def __init_subclass__(cls, *, uncompared: Collection[str] = (), unshown: Collection[str] = ()) -> None:
        """Collect the fields.

        Args:
            uncompared: fields that comparison ignores.
            unshown: fields that the ``repr`` leaves out.
        """
        super().__init_subclass__()
        # Annotations are texts, because our modules import annotations from __future__.
        own = {name: kind for name, kind in cls.__annotations__.items() if not kind.startswith("ClassVar")}
        cls._shown += tuple(name for name in own if name not in (*cls._types, *unshown))
        cls._compared += tuple(name for name in own if name not in (*cls._types, *uncompared))
        cls._types = {**cls._types, **own}
        cls._defaults = {**cls._defaults, **{name: cls.__dict__[name] for name in own if name in cls.__dict__}}
        cls._factories = {name: each.make for name, each in cls._defaults.items() if isinstance(each, _Factory)}
        for name in cls._factories.keys() & cls.__dict__.keys():
            delattr(cls, name)

    def __init__(self, /, **values: object) -> None:
        every = {**self._defaults, **values}
        if every.keys() != self._types.keys():
            self._refuse(every)
        for name, make in self._factories.items():
            if name not in values:
                every[name] = make()
        self.__dict__.update(every)
        self.__post_init__()

    @classmethod
    def field_names(cls) -> tuple[str, ...]:
        """Return the names of the fields in order."""
        return tuple(cls._types)

    def __post_init__(self) -> None:
        """Check the fields of a new record; for subclasses."""

    def _refuse(self, values: Mapping[str, object]) -> NoReturn:
        missing = ", ".join(name for name in self._types if name not in values)
        unknown = ", ".join(name for name in values if name not in self._types)
        wrong = " and ".join(f"{what} {names}" for what, names in (("needs", missing), ("has no", unknown)) if names)
        raise TypeError(f"{type(self).__qualname__} {wrong}")

    def __replace__(self, /, **changes: object) -> Self:
        return type(self)(**{name: getattr(self, name) for name in self._types} | changes)

    def __repr__(self) -> str:
        return f"{type(self).__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in self._shown)})"

    def __eq__(self, other: object) -> bool:
        return self._key() == other._key() if isinstance(other, _Fields) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> tuple[object, ...]:
        return (type(self), *[getattr(self, name) for name in self._compared])


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(field,))
class Record(_Fields):
    """An immutable record; hashable if all its fields are."""

    if not TYPE_CHECKING:  # if type checkers saw them, they would allow any name

        def __setattr__(self, name: str, value: object) -> None:
            raise AttributeError(f"{type(self).__qualname__}.{name} can't be changed; replace() makes another")

        def __delattr__(self, name: str) -> None:
            raise AttributeError(f"{type(self).__qualname__}.{name} can't be removed")


@dataclass_transform(kw_only_default=True, field_specifiers=(field,))
class MutableRecord(_Fields):
    """A record whose fields can change."""

    __hash__ = None  # type: ignore[assignment]  # mutable, so not hashable


def replace(record: R, /, **changes: Any) -> R:  # as dataclasses.replace: of the fields' types
    """Return a copy of a record with some fields changed.

    Raises:
        TypeError: it has no such field.
    """
    return record.__replace__(**changes)
