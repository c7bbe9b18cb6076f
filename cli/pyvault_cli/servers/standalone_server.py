"""A credential server without a command: the supervisor in the foreground, the server behind it."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import quote

from pyvault.process.own_secrets import close_memory, hide_variables
from pyvault_cli.servers import credential_fetch
from pyvault_cli.servers.listening_server import ListeningServer, bind_ecs
from pyvault_cli.terminal import output

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pyvault.server.setup import FetchFor, ServerSetup
    from pyvault_cli.commandline.server_options import ServerOptions
    from pyvault_cli.context import Context
    from pyvault_cli.credentials.credential_request import CredentialRequest

#: Its clients are not our children, so their files were not checked.
FOR_CLIENTS = "(clients must have no credentials in [default] of their AWS files)"


def serve_forever(options: ServerOptions, requests: Sequence[CredentialRequest], context: Context) -> int:
    """Serve until a signal stops it; return the exit code.

    Raises:
        ConfigError: it can't listen, or an option is wrong.
        InvalidSettingError: ``AWS_MIN_TTL`` is not a duration.
        PyvaultError: a first fetch failed.
    """
    from pyvault.sessions.cache import find_min_ttl

    hide_variables()
    close_memory()
    options.check_values()
    window, log = find_min_ttl(context.environ), credential_fetch.line_writer(options.access_log)
    plans = {request.profile: request.plan(context) for request in requests}
    server = bind_ecs(options)
    first = (
        {}
        if options.lazy
        else {
            request.profile: credential_fetch.fetch_first(request, plans[request.profile], context)
            for request in requests
        }
    )
    setup = server.set_up(options, [request.profile for request in requests], window=window, log=log, first=first)
    for line in _variables(server, setup.profiles):
        output.out(line)

    @_once
    def ready() -> None:
        with suppress(OSError):  # whoever waited for it has left; the server runs all the same
            output.out(f"ready {server.url} {FOR_CLIENTS}")

    # The token file stays: a mounted one has to be good for the next server too.
    fetch = credential_fetch.fetch_for({request.profile: request for request in requests}, plans.__getitem__, context)
    return _run(setup, fetch, ready, forget=lambda: credential_fetch.forget_unstable(first, plans))


def _run(setup: ServerSetup, fetch: FetchFor, ready: Callable[[], None], *, forget: Callable[[], None]) -> int:
    from pyvault.server.processes.detach import can_detach

    if not can_detach():
        from pyvault.server.processes.threaded_server import serve_here, until_signalled

        serve_here(setup, fetch, until=until_signalled, ready=ready)
        return 0
    from pyvault.server.processes.server_process import serve_for_supervisor
    from pyvault.server.processes.supervisor import Supervisor

    supervisor = Supervisor(
        serve=lambda link: serve_for_supervisor(setup, link, tell=credential_fetch.tell, ready=ready),
        fetch=fetch,
        sockets=[setup.listener],
        tell=credential_fetch.tell,
        forget=forget,
    )
    return supervisor.run()


def _once(action: Callable[[], None]) -> Callable[[], None]:
    """Return an action that runs once, in whichever of our forked processes comes first.

    A restarted server must not report again that it is ready: its reader may have
    closed the pipe.
    """
    ticket, writer = os.pipe()
    os.write(writer, b"1")
    os.close(writer)

    def act() -> None:
        if os.read(ticket, 1):
            action()

    return act


def _variables(server: ListeningServer, profiles: Sequence[str]) -> list[str]:
    """Return the variables that programs need, one a line; a URL for each of several profiles."""
    lines = [f"{name}={value}" for name, value in server.environ.items()]
    if len(profiles) == 1:
        return lines
    urls = [f"{server.url}profile/{quote(profile, safe='')}" for profile in profiles]
    return [f"AWS_CONTAINER_CREDENTIALS_FULL_URI={url}" for url in urls] + lines[1:]
