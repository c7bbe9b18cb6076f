"""The words of the surface: how the one who reads an error gives what its advice names.

A program passes arguments and calls methods, so that is how the core speaks of them. A face
with words of its own, as the options of a command line are, sets ``pyvault.errors.wording``:
a function of a name and values that returns its words, or None to keep these.
"""

from __future__ import annotations

from pyvault import errors


def argument(name: str, value: object | None = None) -> str:
    """Return how an argument is given: ``backend='file'``.

    Args:
        name: of an argument of ``pyvault.open_vault`` or of a vault's methods.
        value: that the advice is about; None leaves it open.
    """
    return option(name, value) or f"{name}={'...' if value is None else repr(value)}"


def option(name: str, value: object | None = None) -> str | None:
    """Return a face's words for what programs have no argument for; None for programs."""
    return errors.wording and errors.wording(name, {} if value is None else {"value": value})


def call(method: str, *profile: str, **arguments: object) -> str:
    """Return how a method of the vault is called: ``vault.rotate('ci', abort=True)``."""
    worded = errors.wording and errors.wording(f"{method}()", {"profile": profile, **arguments})
    given = ", ".join([*map(repr, profile), *(f"{name}={value!r}" for name, value in arguments.items())])
    return worded or f"vault.{method}({given})"
