"""What ``--debug`` shows: our own log lines on stderr, and nobody else's.

botocore's loggers print requests and answers with their secrets; they are never
turned on.
"""

from __future__ import annotations

import logging

from pyvault_cli import console


def log_to_stderr() -> None:
    """Send the log of pyvault and its backends to stderr."""
    for name in ("pyvault", "pyvault_backends", "pyvault_cli"):
        logger = logging.getLogger(name)
        logger.setLevel(logging.DEBUG)
        logger.addHandler(_ToStderr())
        logger.propagate = False


class _ToStderr(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        console.note(f"pyvault: debug: {record.getMessage()}")
