"""For tests: the fixture of programs that use pyvault, and the kit for authors of backends.

A program's tests get a vault in memory, a home of their own and no real AWS by the fixture
:func:`vault`: ``pytest_plugins = ["pyvault.testing.fixtures"]``.

The kit is one suite that every backend has to pass. With no line of code::

    pytest -p pyvault.testing.plugin --pyargs pyvault.testing.suite --pyvault-backend NAME

or as a class in your own tests: see :class:`BackendContract`.

Loaded on demand, because the suite's child processes import this package and need no pytest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyvault.testing.contract import BackendContract
    from pyvault.testing.fixtures import vault
    from pyvault.testing.subject import Capabilities, Subject

__all__ = ["BackendContract", "Capabilities", "Subject", "vault"]

_HOMES = {
    "BackendContract": "pyvault.testing.contract",
    "Capabilities": "pyvault.testing.subject",
    "Subject": "pyvault.testing.subject",
    "vault": "pyvault.testing.fixtures",
}

if not TYPE_CHECKING:  # a type checker that saw it would let misspelt names pass

    def __getattr__(name: str) -> object:
        """Import a public name when it is used. Source: PEP 562."""
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        return getattr(import_module(_HOMES[name]), name)
