"""What pyvault does, told to whoever has turned on logging.

The standard library's loggers, one for each module, without the cost of
importing them (10 ms): nobody listens in a process where ``logging`` was never
imported. Never tell a secret, a one-time code, or the text of a command.
"""

from __future__ import annotations

import sys


def trace(module: str, text: str, *values: object) -> None:
    """Tell one thing at the level DEBUG.

    Args:
        module: ``__name__`` of the caller; the logger's name.
        text: with ``%s`` and ``%r`` for *values*.
        values: names, paths, times, counts.
    """
    logging = sys.modules.get("logging")
    if logging is not None:
        logging.getLogger(module).debug(text, *values)


def warn(module: str, text: str) -> None:
    """Tell the log of a program what its human should know; Python shows it on stderr where nobody set up logging.

    Args:
        module: ``__name__`` of the caller.
        text: the whole message.
    """
    import logging

    logging.getLogger(module).warning("%s", text)
