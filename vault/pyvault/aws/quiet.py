"""Keep botocore from logging our requests and answers.

At DEBUG, botocore and urllib3 log bodies and headers: one-time codes, tokens,
fresh secret keys. A program that turns on logging for itself must not find
them in its log file. The filter works only while a call of ours is running in
this context, so the program's own use of boto3 logs as it did.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator

#: The loggers that see bodies, headers or parameters. A filter of a logger is
#: not asked about records of its children, hence one by one.
LOGGERS = (
    "botocore.auth",
    "botocore.awsrequest",
    "botocore.client",
    "botocore.credentials",
    "botocore.endpoint",
    "botocore.hooks",
    "botocore.httpchecksum",
    "botocore.httpsession",
    "botocore.loaders",
    "botocore.parsers",
    "botocore.regions",
    "botocore.retries.standard",
    "botocore.retryhandler",
    "botocore.session",
    "botocore.utils",
    "urllib3.connectionpool",
)

_ours: ContextVar[bool] = ContextVar("pyvault_request", default=False)


@cache
def install() -> None:
    """Put the filters in place, once per process."""
    for name in LOGGERS:
        logging.getLogger(name).addFilter(_passes)


@contextmanager
def requests() -> Generator[None]:
    """Say that what runs inside the ``with`` is a call of ours."""
    token = _ours.set(True)
    try:
        yield
    finally:
        _ours.reset(token)


def _passes(record: logging.LogRecord) -> bool:
    del record
    return not _ours.get()
