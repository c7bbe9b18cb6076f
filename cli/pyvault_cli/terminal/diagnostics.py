"""What a person is shown of our inside: log lines under ``--debug``, and a traceback without what exceptions say."""

from __future__ import annotations

import logging
import traceback

from pyvault_cli.terminal import output


def log_to_stderr() -> None:
    """Send the log of pyvault and its backends to stderr."""
    for name in ("pyvault", "pyvault_backends", "pyvault_cli"):
        logger = logging.getLogger(name)
        logger.setLevel(logging.DEBUG)
        logger.addHandler(_ToStderr())
        logger.propagate = False


class _ToStderr(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        output.note(f"pyvault: debug: {record.getMessage()}")


def traceback_lines(crash: BaseException) -> list[str]:
    """Return the lines of a traceback, causes first, with the type of each exception alone."""
    before = crash.__cause__ or (None if crash.__suppress_context__ else crash.__context__)
    lines = [*traceback_lines(before), "", "and then:"] if before is not None else []
    frames = "".join(traceback.format_tb(crash.__traceback__)).splitlines()
    return [*lines, "Traceback (most recent call last):", *frames, type(crash).__name__]
