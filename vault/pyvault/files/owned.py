"""Open files that close themselves, and that a forked child does not have."""

from __future__ import annotations

import os
import threading
import weakref
from io import FileIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

#: Held while a file is opened, and by whoever forks: so a child knows of every one.
_opening = threading.RLock()
_kept: set[weakref.ref[FileIO]] = set()


def open_owned(path: Path, flags: int, mode: int = 0o600) -> FileIO:
    """Open a file as ``os.open`` does, and return an object that closes it when nobody has it any more."""
    kind = "rb+" if flags & os.O_RDWR else "wb" if flags & os.O_WRONLY else "rb"
    return _own(os.open, path, flags, mode, kind=kind)


def duplicate(file: FileIO) -> FileIO:
    """Return another descriptor of an open file, which closes itself as well."""
    return _own(os.dup, file.fileno(), kind=file.mode)


def let_inherit(file: FileIO) -> None:
    """Leave a file open in processes that are forked from now on."""
    _kept.discard(weakref.ref(file))


def others_on(file: FileIO) -> list[FileIO]:
    """Return what this process has open on the same file."""
    status = os.fstat(file.fileno())
    return [
        other
        for other in [reference() for reference in list(_kept)]
        if other is not None and other is not file and not other.closed
        if os.path.samestat(status, os.fstat(other.fileno()))
    ]


def _own(make: Callable[..., int], *words: object, kind: str) -> FileIO:
    with _opening:
        # A signal handler may raise after any call that Python code makes, so a descriptor that is a number for
        # one moment can be lost, and a lock with it. Both calls here are made by one call of C, which is never
        # interrupted: what comes out of it is owned.
        file = next(map(FileIO, map(make, *([word] for word in words)), (kind,)))
        _kept.add(weakref.ref(file, _kept.discard))
    return file


def _close_in_child() -> None:
    """Close what the parent has open: a lock belongs to the open file, and would last as long as the child."""
    global _opening  # noqa: PLW0603 - a thread of the parent may have it, if a signal handler raised while it was waited for
    _opening = threading.RLock()
    for file in [reference() for reference in list(_kept)]:
        if file is not None:
            file.close()  # closing does not unlock: the parent has it open too


def _hold_open() -> None:
    _opening.acquire()


def _let_open() -> None:
    if _opening._is_owned():  # type: ignore[attr-defined]  # noqa: SLF001 - not if the fork waited for this import
        _opening.release()


if hasattr(os, "register_at_fork"):  # Windows has no fork
    os.register_at_fork(before=_hold_open, after_in_parent=_let_open, after_in_child=_close_in_child)
