"""Locks between threads that outlive neither a fork nor an exception.

A forked child has one thread, the one that forked: a lock that another had would never
be released there. So whoever has locks says so with :func:`tell_of_fork`, and makes new
ones in the child. ``with`` takes the locks of ``threading`` as they are: it enters and
leaves those in C, where no signal handler can raise between the lock and the block.
A generator that holds one is made a context manager by :func:`holding`.
"""

from __future__ import annotations

import _imp
import os
import sys
import threading
import time
import weakref
from contextlib import _GeneratorContextManager, suppress  # pyright: ignore[reportPrivateUsage]  # the base of ours
from functools import partial, wraps
from typing import TYPE_CHECKING, ParamSpec, Protocol, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from contextlib import AbstractContextManager

P = ParamSpec("P")
T = TypeVar("T")

LONGEST_IMPORT = 10.0  # seconds


class Forked(Protocol):
    """Has something that a forked child needs new."""

    def after_fork(self) -> None:
        """Replace it; called in the child, whose only thread this is."""
        ...


_told: set[weakref.ref[Forked]] = set()


def tell_of_fork(owner: Forked) -> None:
    """Call ``owner.after_fork()`` in every child that is forked while *owner* lives."""
    _told.add(weakref.ref(owner, _told.discard))  # in C: what a signal handler raises in a callback of ours is lost


class ModuleLock:
    """What the functions of a module take turns with, as ``with one.lock``.

    The thread that has it may take it again: who answers a question may call us.
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()
        tell_of_fork(self)

    def after_fork(self) -> None:
        """Make the lock new."""
        self.lock = threading.RLock()


def holding(function: Callable[P, Generator[T]]) -> Callable[P, AbstractContextManager[T]]:
    """Make a context manager of a generator, as ``contextlib.contextmanager`` does, that lets go at once.

    A signal handler may raise when the generator has taken its locks and before the block begins, or when the
    block has ended and before the generator goes on. Then contextlib's would hold them for as long as somebody
    keeps the traceback.
    """

    @wraps(function)
    def make(*args: P.args, **words: P.kwargs) -> AbstractContextManager[T]:
        return _Holding(function, args, words)

    return make


class Leave(partial[bool | None]):
    """What a ``with`` block calls at its end; *held* goes with it.

    ``with`` looks ``__exit__`` up before the block, and drops what it found when an exception comes out of the call. A
    traceback keeps the frame of a Python function that was called, though, and its arguments: what they lead to may
    stay for long. So the function gets a weak reference, and this has the manager. Looking one up changes nothing,
    as whoever inspects a manager looks.
    """

    held: object


class leaving:  # noqa: N801 - a decorator, as property is
    """An ``__exit__`` that is looked up as a :class:`Leave`."""

    def __init__(self, function: Callable[..., bool | None]) -> None:
        self._function = function

    def __get__(self, manager: object, owner: type | None = None) -> Leave:
        """Return what leaves *manager*; the class has this itself, for an ``ExitStack``."""
        if manager is None:
            return cast("Leave", self)
        leave = Leave(self._function, weakref.proxy(manager))
        leave.held = manager
        return leave

    def __call__(self, manager: object, *error: object) -> bool | None:
        """Leave; called by an ``ExitStack``, which looks it up in the class, and keeps what is held."""
        return self._function(manager, *error)


class _Holding(_GeneratorContextManager[T, None, None]):
    __exit__ = leaving(_GeneratorContextManager.__exit__)  # pyright: ignore[reportAssignmentType, reportUnknownMemberType, reportUnknownArgumentType]

    def __enter__(self) -> T:
        try:
            given = super().__enter__()
        except BaseException:
            self.gen.close()
            raise
        return given


def _hold_imports() -> None:
    """Let nobody import while this thread forks: in the child a module would stay locked, and half there.

    Source: importlib._bootstrap, _ModuleLock, whose owner imports a module; a thread takes one only while it holds the
    global import lock, which os.fork() renews in the child. A thread that imports may in its turn wait for the one
    that forks, so there is an end to it.
    """
    until = time.monotonic() + LONGEST_IMPORT
    try:
        _wait_for_imports(until)
    except BaseException:  # of a signal handler: Python reports it, and forks all the same
        _wait_for_imports(until)
        raise


def _wait_for_imports(until: float) -> None:
    while True:
        try:
            _imp.acquire_lock()
            if not _others_import() or time.monotonic() > until:
                return
        except BaseException:
            _let_import()
            raise
        _let_import()
        time.sleep(0.001)


def _others_import() -> bool:
    references = getattr(sys.modules["_frozen_importlib"], "_module_locks", {})
    locks = [reference() for reference in list(references.values())]
    return any(getattr(lock, "owner", None) not in {None, threading.get_ident()} for lock in locks)


def _let_import() -> None:
    with suppress(RuntimeError):  # whoever was interrupted may not hold it
        _imp.release_lock()


def _begin_again() -> None:
    for owner in [reference() for reference in list(_told)]:
        if owner is not None:
            owner.after_fork()
    _let_import()


if hasattr(os, "register_at_fork"):  # Windows has no fork
    os.register_at_fork(before=_hold_imports, after_in_parent=_let_import, after_in_child=_begin_again)
