"""Guards around botocore: it logs requests with their secrets, reads bodies of any size, and loses exceptions."""

from __future__ import annotations

import logging
import sys
import time
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import TYPE_CHECKING, Any, Final, cast

from pyvault.interruptions import raise_interruption
from pyvault.json_reader import MAX_ANSWER

if TYPE_CHECKING:
    from collections.abc import Generator

    from botocore.awsrequest import AWSPreparedRequest, AWSResponse
    from botocore.hooks import BaseEventHooks

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
    """Mark what runs inside the ``with`` as a call of ours."""
    token = _ours.set(True)
    try:
        yield
    finally:
        _ours.reset(token)


def _passes(record: logging.LogRecord) -> bool:
    del record
    return not _ours.get()


CHUNK: Final = 64 * 1024  # bytes
#: Seconds for one body. A slow trickle of bytes would never meet botocore's own time-out.
LONGEST_BODY: Final = 60.0
REFUSED: Final = 300  # from this status on botocore reads the body of any answer itself, for its error


class AnswerTooLongError(Exception):
    """A body has more bytes, or takes more time, than any answer of the service."""


class BoundedSession:
    """A client's HTTP session whose answers are read up to :data:`MAX_ANSWER` bytes."""

    def __init__(self, inner: Any) -> None:  # Any: botocore.httpsession.URLLib3Session, which has no types
        self._inner = inner

    def send(self, request: AWSPreparedRequest) -> AWSResponse:
        """Send a request and read its answer.

        Raises:
            AnswerTooLongError: the answer is too long or takes too long.
            botocore.exceptions.BotoCoreError: as the wrapped session does.
        """
        streamed = request.stream_output
        request.stream_output = True  # or the session reads all of it
        handled = sys.exception()
        try:
            response: Any = self._inner.send(request)
        except Exception as error:
            # The session makes an HTTPClientError of anything, and that is retried.
            raise_interruption(error, handled=handled)
            raise
        if streamed and response.status_code < REFUSED:  # an object: whoever asked for it reads it, and bounds it
            return cast("AWSResponse", response)
        try:
            response._content = _read(response, request.url)  # noqa: SLF001 - read first by AWSResponse.content
        except BaseException:
            response.raw.close()  # what is left must not be taken for the next answer
            raise
        return cast("AWSResponse", response)

    def close(self) -> None:
        """Close the connections."""
        self._inner.close()


def bound(client: Any) -> None:  # Any: a botocore client; the stubs know no endpoint
    """Make a client read its answers with a bound, and lose no exception of the program."""
    endpoint = client._endpoint  # noqa: SLF001 - botocore has no option for the session; a test checks this
    endpoint.http_session = BoundedSession(endpoint.http_session)
    # It reads the date of each answer for a hint in later attempts, and passes over whatever is raised meanwhile.
    endpoint._set_ttl = _pass_over  # noqa: SLF001 - as above


def event_hooks() -> BaseEventHooks:
    """Return the event hooks of a session, which take botocore's own handlers without inspecting them.

    The inspection passes over whatever is raised meanwhile, also by the program, and takes time for each client.
    """
    from botocore.hooks import HierarchicalEmitter

    hooks: Any = HierarchicalEmitter()
    hooks._verify_accept_kwargs = _pass_over  # noqa: SLF001 - a test checks this
    return cast("BaseEventHooks", hooks)


def _pass_over(*_: object) -> None:
    """Leave it out."""


def _read(response: AWSResponse, url: str) -> bytes:
    """Read a body; errors of urllib3 become those of botocore's session, so that they are retried."""
    from botocore.exceptions import ConnectionClosedError, ReadTimeoutError
    from urllib3.exceptions import HTTPError
    from urllib3.exceptions import ReadTimeoutError as Urllib3ReadTimeoutError

    deadline = time.monotonic() + LONGEST_BODY
    body = bytearray()
    try:
        for chunk in response.raw.stream(CHUNK):
            body += chunk
            if len(body) > MAX_ANSWER or time.monotonic() > deadline:
                raise AnswerTooLongError
    except Urllib3ReadTimeoutError as exc:
        raise ReadTimeoutError(endpoint_url=url, error=exc) from None
    except (HTTPError, OSError) as exc:
        raise ConnectionClosedError(endpoint_url=url, error=exc) from None
    return bytes(body)
