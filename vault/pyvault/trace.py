"""Debug logging of what pyvault does.

It uses the standard library's loggers, one for each module, without the cost of importing
them (10 ms): where ``logging`` was never imported, nobody listens, and where another thread
is just importing it, nobody does so yet. Never log a secret, a one-time code, or the text of
a command.
"""

from __future__ import annotations

import sys


def trace(module: str, text: str, *values: object) -> None:
    """Log one message at level DEBUG.

    Args:
        module: ``__name__`` of the caller; the logger's name.
        text: with ``%s`` and ``%r`` for *values*.
        values: names, paths, times, counts.
    """
    get_logger = getattr(sys.modules.get("logging"), "getLogger", None)
    if get_logger is not None:
        get_logger(module).debug(text, *values)


def warn(module: str, text: str) -> None:
    """Log a warning for the user; Python shows it on stderr if logging was not set up.

    Args:
        module: ``__name__`` of the caller.
        text: the whole message.
    """
    import logging

    logging.getLogger(module).warning("%s", text)
