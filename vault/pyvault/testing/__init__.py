"""The kit for authors of backends: one suite that every backend has to pass.

With no line of code::

    pytest -p pyvault.testing.plugin --pyargs pyvault.testing.suite --pyvault-backend NAME

or as a class in your own tests: see :class:`BackendContract`.

Loaded on demand, because the suite's child processes import this package and need no pytest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyvault.testing.contract import BackendContract
    from pyvault.testing.subject import Capabilities, Subject

__all__ = ["BackendContract", "Capabilities", "Subject"]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from pyvault.testing import contract, subject

    return {
        "BackendContract": contract.BackendContract,
        "Capabilities": subject.Capabilities,
        "Subject": subject.Subject,
    }[name]
