"""Backends of other distributions: entry points of the group ``pyvault.backends``.

The name of an entry point is the backend's name, its value the class. Finding
reads metadata and imports nothing of others; loading imports exactly the one
that was named, and only after the metadata said that one distribution, and only
one, provides it. The only importer of stevedore.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NoReturn

from pyvault.errors import BackendError, BackendUnavailableError, PyvaultError
from pyvault.storage.built_in import BUILT_IN

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.metadata import EntryPoint

GROUP = "pyvault.backends"


def find_plugin(name: str) -> EntryPoint:
    """Return the one entry point of this name.

    Raises:
        BackendUnavailableError: there is none.
        BackendError: there is more than one, or the name is built in.
    """
    entries = list_plugins().get(name, [])
    if not entries:
        raise BackendUnavailableError(f"there is no backend called {name!r}", hint=_instead(name))
    if refusal := refusal_of(name, entries):
        raise BackendError(refusal, hint="uninstall what you don't need")
    return entries[0]


def _instead(name: str) -> str:
    if "/" in name or os.sep in name or name.endswith(".pyv"):
        from pyvault.surface import argument

        return f"the path of a vault file is given by PYVAULT_FILE or {argument('options', {'path': name})}"
    return f"there are {', '.join(sorted({*BUILT_IN, *list_plugins()}))}; 'pyvault backends list' shows them"


def list_plugins() -> dict[str, list[EntryPoint]]:
    """Group the entry points by name; those that are just our own table are left out."""
    from importlib.metadata import entry_points

    found: dict[str, list[EntryPoint]] = {}
    for entry in entry_points(group=GROUP):
        if BUILT_IN.get(entry.name) != entry.value:
            found.setdefault(entry.name, []).append(entry)
    return found


def refusal_of(name: str, entries: Sequence[EntryPoint]) -> str | None:
    """Return why none of these may be loaded; None if the one that there is may."""
    who = ", ".join(sorted({distribution_of(entry) or "an unknown distribution" for entry in entries}))
    if name in BUILT_IN:
        return f"the name {name!r} is built in, and {who} can't take it"
    if len(entries) > 1:
        return f"more than one backend is called {name!r}: {who}"
    return None


def distribution_of(entry: EntryPoint) -> str | None:
    """Return who provides it; None if nobody knows."""
    return entry.dist.name if entry.dist else None


def load_plugin(entry: EntryPoint) -> object:
    """Import what an entry point names.

    Raises:
        BackendUnavailableError: its import failed, however.
    """
    import logging

    from stevedore.driver import DriverManager
    from stevedore.extension import ExtensionManager

    # stevedore's cache file is keyed by times in steps of 128 s, and believed: whoever
    # may write there could name another object. So it gets the one entry that the
    # metadata has, and looks nowhere.
    ExtensionManager.ENTRY_POINT_CACHE[GROUP] = [entry]
    # We say ourselves what went wrong; its log line would reach stderr without a handler.
    logging.getLogger("stevedore").setLevel(logging.CRITICAL)
    try:
        manager = DriverManager[object](GROUP, entry.name, invoke_on_load=False, on_load_failure_callback=_load_failed)
    except (PyvaultError, KeyboardInterrupt):
        raise
    except BaseException as exc:  # noqa: BLE001 - SystemExit and AssertionError, which stevedore lets through
        raise load_error(entry.name, exc) from None
    finally:
        ExtensionManager.ENTRY_POINT_CACHE.pop(GROUP, None)
    return manager.extensions[0].plugin  # never manager.driver, which mistakes a falsy object for none


def refresh_cache() -> None:
    """Forget what stevedore remembers of installed entry points; for other programs, we don't ask it."""
    from pathlib import Path

    from stevedore import _cache  # pyright: ignore[reportPrivateUsage]  # it has no public way to do this

    from pyvault.interruptions import suppressing

    cache = _cache._c  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # the same
    cache._internal.clear()  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # the same
    for path in Path(cache._dir).glob("[0-9a-f]" * 64):  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # the same
        with suppressing(OSError):  # not ours to write: then metadata still decides
            path.unlink()


def load_error(name: str, exc: BaseException) -> BackendUnavailableError:
    """Return the error for an import that failed."""
    # The text of an ImportError or SyntaxError names modules and lines, no secrets: nothing has been opened yet.
    return BackendUnavailableError(
        f"the backend {name!r} can't be loaded: {type(exc).__name__}: {exc}",
        hint="reinstall it or report it to its author",
    )


def _load_failed(_manager: object, entry: EntryPoint, exc: BaseException) -> NoReturn:
    raise load_error(entry.name, exc) from None
