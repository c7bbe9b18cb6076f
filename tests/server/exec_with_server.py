"""What ``exec -s`` does, with a fetch of its own: run a program beside a server.

With ASK set, every fetch but the first asks for an MFA code at the terminal.
With SUPERVISED set, as on systems where the program is a child of ours.

usage: exec_with_server.py LIFETIME LOG COMMAND...
Each fetch appends its process id to LOG and gives credentials that last LIFETIME seconds.
"""

from __future__ import annotations

import os
import sys
from datetime import timedelta
from pathlib import Path

from pyvault import clock
from pyvault.errors import MfaError
from pyvault.model import Credentials
from pyvault.secret import Secret
from pyvault.server.http.listener import as_socket, listen
from pyvault.server.processes.detach import detach_process
from pyvault.server.processes.forked_fetch import fetch_in_child
from pyvault.server.processes.server_process import serve_for_supervisor
from pyvault.server.processes.supervisor import Supervisor
from pyvault.server.processes.threaded_server import run_with_server
from pyvault.server.setup import Identity, ServerSetup
from pyvault_cli.terminal.prompt import open_terminal

TOKEN = "token-of-the-test"


def main() -> None:
    lifetime, log, *command = sys.argv[1:]

    def fetch(identity: Identity) -> Credentials:
        if os.environ.get("ASK") and Path(log).exists():  # from the second fetch on
            os.environ["CODE"] = open_terminal().line("MFA code")
        with Path(log).open("a", encoding="ascii") as lines:
            lines.write(f"{os.getpid()}\n")
        if os.environ.get("CODE", "123456") != "123456":
            raise MfaError("the code is wrong")
        expires = clock.now() + timedelta(seconds=float(lifetime))
        return Credentials(
            access_key_id=f"ASIA{identity.profile}",
            secret_access_key=Secret("s"),
            session_token=Secret("t"),
            expires=expires,
        )

    def tell(text: str) -> None:
        sys.stderr.write(f"pyvault: error: {text}\n")
        sys.stderr.flush()

    listener = listen()
    address, port = listener.getsockname()
    first = fetch_in_child(lambda: fetch(Identity("dev")))

    def keep(program: int) -> int:
        setup = ServerSetup(
            listener=as_socket(listener),
            window=timedelta(seconds=1),
            first={"dev": first},
            token=Secret(TOKEN),
            profiles=("dev",),
        )
        keeper = Supervisor(
            serve=lambda link: serve_for_supervisor(setup, link, tell=tell),
            fetch=fetch,
            sockets=[setup.listener],
            tell=tell,
        )
        return keeper.run(program)

    if os.environ.get("SUPERVISED"):
        setup = ServerSetup(
            listener=as_socket(listener),
            window=timedelta(seconds=1),
            first={"dev": first},
            token=Secret(TOKEN),
            profiles=("dev",),
        )
        environ = os.environ | {"URL": f"http://{address}:{port}/", "TOKEN": TOKEN}
        sys.exit(run_with_server(command, environ, setup, fetch, tell=tell))
    detach_process(keep)
    environ = os.environ | {"URL": f"http://{address}:{port}/", "TOKEN": TOKEN}
    os.execvpe(command[0], command, environ)  # noqa: S606 - as exec does


main()
