"""How many connections fit into the file descriptors that this process may have.

macOS gives a program 256, many containers 1024. Whoever runs out of them can't
accept, so nobody is sent away to make room and the service stands still; and
asyncio writes a traceback to the terminal for each attempt.
"""

from __future__ import annotations

import sys

#: Of the descriptors, what is not for connections that were let in: some 15 for the
#: loop and the keeper, two for each fetch under way, and those accepted in one round
#: or on their way to be closed.
RESERVED = 144

ENOUGH = 1024
FEWEST_CONNECTIONS = 16


def room_for_connections(wanted: int) -> int:
    """Give how many of the wanted connections there is room for; asks the system for more first.

    Call it in the process that serves: a program with a raised limit may be
    surprised by it.
    """
    if sys.platform == "win32":
        return wanted  # sockets are no descriptors there
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < ENOUGH:
        soft = ENOUGH if hard == resource.RLIM_INFINITY else max(soft, min(ENOUGH, hard))
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return max(FEWEST_CONNECTIONS, min(wanted, soft - RESERVED))
