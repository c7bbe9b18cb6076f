"""The fence around a driver: only errors of the contract get out.

A driver of somebody else may raise anything, from KeyError to the exceptions
of a native extension that derive from BaseException. Their texts may quote what
was being stored, so the type's name is all that is passed on.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from pyvault.errors import BackendError, PyvaultError

if TYPE_CHECKING:
    from collections.abc import Generator


@contextmanager
def contract_errors(attempt: str, *, who: str = "the backend") -> Generator[None]:
    """Turn whatever a driver lets slip into a BackendError.

    Args:
        attempt: what was tried, for the message: ``read 'credential/prod'``.
        who: whose driver it is, for the message.

    Raises:
        BackendError: for every exception that is not ours; Ctrl-C passes.
    """
    try:
        yield
    except (PyvaultError, KeyboardInterrupt):
        raise
    except BaseException as exc:  # noqa: BLE001 - SystemExit of a plug-in must not end us silently
        raise BackendError(f"{who} failed to {attempt}: {type(exc).__name__}") from None
