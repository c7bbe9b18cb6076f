"""A server whose command begins at once, because its first answer is known (:mod:`pyvault.warm`).

The command needs a bound address and a token, and no more. What the server is to be is decided
by the ordinary path in the process that stays behind, while the command runs already: from
the words of the command line, and with the same address, token and first answer.
A warm command loads this: no import that it can do without.
"""

import os
import sys

from pyvault.server.endpoints.container_variables import TOKEN, URI, endpoint_url, new_token_text
from pyvault.server.http.listener import LOOPBACK, listen_on_loopback
from pyvault.server.processes.detach import can_detach, detach_process

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pyvault_cli.context import BegunServer

    Run = Callable[[Sequence[str], BegunServer], int]


def begin_server(argv: "Sequence[str]", first: bytes, run: "Run") -> dict[bytes, bytes] | None:
    """Leave a server behind; return what leads a command to it, or None where the ordinary path has to.

    Args:
        argv: the words after the program's name.
        first: the answer to begin with.
        run: runs the ordinary path for a server that has begun.

    Raises:
        ConfigError: there is no address to listen at.
        OSError: the system has no room for another process.
    """
    # What has the number of a standard stream would be replaced by one in the process that stays.
    if None in {sys.stdin, sys.stdout, sys.stderr} or not can_detach():
        return None
    address, listener = listen_on_loopback()
    if address != LOOPBACK:  # which the exceptions from proxies name
        listener.close()
        return None
    token = new_token_text()
    url = endpoint_url(address, listener.getsockname()[1])

    def stay(program: int) -> int:
        from pyvault.process.own_secrets import close_memory, hide_variables
        from pyvault.secret import Secret
        from pyvault_cli.context import BegunServer

        hide_variables()
        close_memory()
        return run(
            argv,
            BegunServer(listener=listener, url=url, token=Secret(token), first=Secret(first), program=program),
        )

    try:
        detach_process(stay)
    finally:
        listener.close()
    return {os.fsencode(URI): url.encode(), os.fsencode(TOKEN): token.encode()}
