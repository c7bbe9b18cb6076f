"""Leave a process behind that outlives our own ``execve`` (Linux).

The program takes our place: it is the process the shell started, so it has the
terminal, gets every signal exactly once, stops and continues as a job, and its
exit status is its own. The supervisor runs in the background, and ends with it.
A warm command loads this: no import that it can do without.
"""

from __future__ import annotations

import errno
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def can_detach() -> bool:
    """Return whether this system can watch a process that is not our child."""
    if sys.platform != "linux":
        return False
    try:
        os.close(os.pidfd_open(os.getpid()))
    except OSError:  # before Linux 5.3, or forbidden
        return False
    return True


def detach_process(supervise: Callable[[int], int]) -> None:
    """Run *supervise* in another process while this one goes on to become the program.

    *supervise* gets a descriptor that becomes readable when the program has ended.
    The process between the two ends at once, so that the program doesn't have a child that
    it never started.

    Raises:
        OSError: the system has no room for another process.
    """
    number = os.getpid()
    program = os.pidfd_open(number)  # close-on-exec: the program doesn't inherit it
    try:
        between = os.fork()
    except OSError:
        os.close(program)
        raise
    if between:
        os.close(program)
        if os.waitpid(between, 0)[1]:  # else the program would be led to where nobody listens
            raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))
        return
    code = 70
    try:
        os.setpgid(0, 0)  # before there is a program, whose Ctrl-C is not for who stays behind
        if os.fork() == 0:
            _go_to_background(number)
            code = supervise(program)
        else:
            code = 0
    finally:
        os._exit(code)


def has_ended(program: int) -> bool:
    """Return whether the program of this descriptor (a pidfd) has ended."""
    import select

    return bool(select.select([program], [], [], 0)[0])


def _go_to_background(program: int) -> None:
    """Leave the foreground and the pipes, but not the session: a person may have to be asked."""
    os.setpgid(0, 0)
    # Whoever reads our stdout to its end would wait for the server too. stderr stays, for warnings.
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    import signal

    # Otherwise the terminal would stop us when we write to it from the background.
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    from pyvault.process.foreground import serve_program

    serve_program(program)
