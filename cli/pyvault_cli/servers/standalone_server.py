"""A credential server without a command: the keeper in front, the server behind it."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import quote

from pyvault.process.own_secrets import close_memory, hide_variables
from pyvault_cli.servers import credential_fetch
from pyvault_cli.servers.listening_server import ListeningServer, bind_ecs
from pyvault_cli.servers.server_setup import check_values, set_up
from pyvault_cli.terminal import output

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pyvault.server.processes.fetch_aside import FetchFor
    from pyvault.server.setup import ServerSetup
    from pyvault_cli.context import Context
    from pyvault_cli.credentials.credential_request import CredentialRequest
    from pyvault_cli.servers.server_options import ServerOptions

#: Its clients are not our children, so nobody has looked into their files.
FOR_CLIENTS = "(clients must have no source in [default] of their AWS files)"


def stand(options: ServerOptions, wanted: Sequence[CredentialRequest], context: Context) -> int:
    """Serve until a signal says stop; give the exit code.

    Raises:
        ConfigError: it can't listen, or an option is wrong.
        InvalidSettingError: ``AWS_MIN_TTL`` is no duration.
        PyvaultError: a first fetch failed.
    """
    from pyvault.sessions.cache import find_min_ttl

    hide_variables()
    close_memory()
    check_values(options)
    window, log = find_min_ttl(context.environ), credential_fetch.line_writer(options.access_log)
    plans = {each.profile: each.plan(context) for each in wanted}
    server = bind_ecs(options)
    first = (
        {}
        if options.lazy
        else {each.profile: credential_fetch.fetch_first(each, plans[each.profile], context) for each in wanted}
    )
    setup = set_up(server, options, [each.profile for each in wanted], window=window, log=log, first=first)
    for line in variables(server, setup.profiles):
        output.out(line)

    @once
    def ready() -> None:
        with suppress(OSError):  # whoever waited for it has left; it serves all the same
            output.out(f"ready {server.url} {FOR_CLIENTS}")

    # The token file stays: what was mounted into a container has to be good for the next server too.
    fetch = credential_fetch.fetch_for({each.profile: each for each in wanted}, plans, context)
    return _run(setup, fetch, ready, forget=lambda: credential_fetch.forget_changing(first, plans))


def _run(setup: ServerSetup, fetch: FetchFor, ready: Callable[[], None], *, forget: Callable[[], None]) -> int:
    from pyvault.server.processes.detach import can_detach

    if not can_detach():
        from pyvault.server.processes.run_beside import serve_here, until_told

        serve_here([setup], fetch, until=until_told, ready=ready)
        return 0
    from pyvault.server.processes.server_process import serve_for_keeper
    from pyvault.server.processes.supervisor import Supervisor

    keeper = Supervisor(
        serve=lambda link: serve_for_keeper([setup], link, tell=credential_fetch.tell, ready=ready),
        fetch=fetch,
        sockets=[setup.listener],
        tell=credential_fetch.tell,
        forget=forget,
    )
    return keeper.run()


def once(action: Callable[[], None]) -> Callable[[], None]:
    """Make an action that is carried out once, by whichever of our forked processes comes first.

    A server that is started again must not say again that it is ready: the
    supervisor has heard it, and may have closed its end.
    """
    ticket, writer = os.pipe()
    os.write(writer, b"1")
    os.close(writer)

    def act() -> None:
        if os.read(ticket, 1):
            action()

    return act


def variables(server: ListeningServer, profiles: Sequence[str]) -> list[str]:
    """Write what programs need to find the server, a variable to a line; a line for each of several profiles."""
    lines = [f"{name}={value}" for name, value in server.environ.items()]
    if len(profiles) == 1:
        return lines
    places = [f"{server.url}profile/{quote(profile, safe='')}" for profile in profiles]
    return [f"AWS_CONTAINER_CREDENTIALS_FULL_URI={place}" for place in places] + lines[1:]
