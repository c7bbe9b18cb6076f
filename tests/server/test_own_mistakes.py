"""What goes wrong in the loop of a server where nobody awaits it: told by its type, never by its text."""

from __future__ import annotations

import asyncio

import pytest

from pyvault.server.http.admission import Admission
from pyvault.server.http.listener import as_socket, listen
from pyvault.server.http.request import NOT_FOUND, Request
from pyvault.server.http.response import Answer
from pyvault.server.serve import Service, serve

SECRET = "FQoGZXIvYXdzEDwaDKEXAMPLE"


class Unasked:
    """An application that no test asks anything."""

    def __call__(self, _request: Request) -> Answer:
        return NOT_FOUND

    def close(self) -> None:
        pass


async def fail() -> None:
    raise LookupError(SECRET)


def test_a_task_that_nobody_awaits_is_told_by_its_type(caplog: pytest.LogCaptureFixture) -> None:
    async def serve_and_forget() -> None:
        stop = asyncio.Event()
        service = Service(application=Unasked(), admission=Admission(), listener=as_socket(listen()))
        serving = asyncio.create_task(serve(service, stop))
        await asyncio.sleep(0)
        task = asyncio.create_task(fail())
        await asyncio.wait([task])
        del task
        loop = asyncio.get_running_loop()
        loop.call_exception_handler({"message": SECRET})
        loop.call_soon(lambda: int(SECRET))
        await asyncio.sleep(0)
        stop.set()
        await serving

    asyncio.run(serve_and_forget())
    warning = "pyvault: warning: internal error in the credential server{}; it keeps running"
    told = [record.getMessage() for record in caplog.records if record.levelname != "DEBUG"]
    assert sorted(told) == sorted(warning.format(kind) for kind in ("", ": LookupError", ": ValueError"))
    assert SECRET not in caplog.text
