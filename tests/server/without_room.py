"""Run by test_without_room.py: what a keeper does when the system has no room for another process."""

from __future__ import annotations

import os
import resource
import signal
import socket
from pathlib import Path

from pyvault.errors import CredentialsError
from pyvault.json_reader import read_value
from pyvault.model import Credentials
from pyvault.secret import Secret
from pyvault.server.processes.detach import detach_process
from pyvault.server.processes.forked_fetch import decode_result, run_child
from pyvault.server.processes.supervisor import Supervisor, make_link
from pyvault.server.setup import Identity


def fetch(_identity: Identity) -> Credentials:
    raise AssertionError


def no_room() -> None:
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))


def open_files() -> list[str]:
    return sorted(path.name for path in Path("/proc/self/fd").iterdir())


if __name__ == "__main__":
    read_value(b"[]")  # loads its codec, which may be in a directory of root's
    if os.getuid() == 0:
        os.setuid(65534)  # root has room always
    open_before = open_files()
    os.register_at_fork(after_in_child=no_room)  # for the second of the two
    for _ in range(2):
        try:
            detach_process(lambda _program: 0)
        except BlockingIOError as exc:
            print(exc.strerror, open_files() == open_before)  # noqa: T201 - the test reads it
        no_room()
    try:
        run_child(lambda: 0, before=lambda: None)
    except BlockingIOError:
        print("no room", signal.pthread_sigmask(signal.SIG_BLOCK, ()))  # noqa: T201 - the test reads it
    keeper = Supervisor(serve=lambda _link: 0, fetch=fetch, sockets=[], tell=print)
    keeper._link, server = make_link()
    reader, writer = os.pipe()
    socket.send_fds(server, [b'["demo", null]'], [writer])
    os.close(writer)
    keeper._take_request()
    try:
        decode_result(Secret(os.read(reader, 4096)))
    except CredentialsError as exc:
        print(exc.message, len(os.read(reader, 1)))  # noqa: T201 - the same
