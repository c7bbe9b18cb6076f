"""``exec`` with a server: bind, fetch, detach the server, become the command.

The kernel holds the command's first connection while the server still loads.
The first fetch comes before the command: a prompt or a failure must not disturb a
running program. With ``--lazy`` it waits for the first request.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import urlsplit

from pyvault.errors import ConfigError, PyvaultError
from pyvault.files import witness
from pyvault.process.own_secrets import close_memory, hide_variables
from pyvault.record import Record
from pyvault.server.http.listener import LOOPBACK
from pyvault_cli.commandline import exit_codes
from pyvault_cli.credentials import shared_config
from pyvault_cli.servers import credential_fetch

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import timedelta

    from pyvault.model import Credentials
    from pyvault.planning.steps import Plan
    from pyvault.server.setup import FetchFor, ServerSetup
    from pyvault.sharedfiles.view_directory import View
    from pyvault_cli.commandline.server_options import ServerOptions
    from pyvault_cli.context import BegunServer, Context
    from pyvault_cli.credentials.credential_request import CredentialRequest
    from pyvault_cli.servers.listening_server import ListeningServer


class ExecServer(Record):
    """A server for one command.

    Attributes:
        window: how long before expiry new credentials are fetched.
        log: takes each line of the access log, if there is one.
        first: credentials that are there already, by profile.
        plan: returns how credentials are fetched; the vault is opened for it, unless it is known.
        region: for the metadata service.
        prepare: makes the plan in good time, if it isn't known.
        view: the AWS files as the command sees them, if something in them is hidden.
    """

    server: ListeningServer
    options: ServerOptions
    window: timedelta
    log: Callable[[str], object] | None
    request: CredentialRequest
    plan: Callable[[], Plan]
    context: Context
    first: dict[str, Credentials]
    region: str | None = None
    prepare: Callable[[], None] = lambda: None
    view: View | None = None

    def supervise(self, program: int) -> int:
        """Supervise the server until the program has ended; return an exit code."""
        from pyvault.server.processes.detach import has_ended

        close_memory()
        try:
            return self._supervise(program)
        except Exception as exc:  # noqa: BLE001 - the program continues, and the person has to know
            credential_fetch.tell(
                f"the credential server failed ({type(exc).__name__}); the program continues without it"
            )
            return exit_codes.INTERNAL
        finally:
            self.server.release()
            if self.view is not None and has_ended(program):  # else a later run removes it
                shared_config.take_away(self.view)

    def _supervise(self, program: int) -> int:
        from pyvault.server.processes.server_process import serve_for_supervisor
        from pyvault.server.processes.supervisor import Supervisor

        setup = self._setup()
        listener, control = setup.listener, self.server.control
        supervisor = Supervisor(
            serve=lambda link: serve_for_supervisor(setup, link, tell=credential_fetch.tell),
            fetch=self._fetch(),
            sockets=[listener] if control is None else [listener, control],
            tell=credential_fetch.tell,
            forget=self._forget,
            prepare=self.prepare,
        )
        return supervisor.run(program)

    def run_as_child(self, command: Sequence[str], environ: Mapping[str, str]) -> int:
        """Run the command as our child, where no process can be detached; return its exit code."""
        from pyvault.server.processes.threaded_server import run_with_server
        from pyvault_cli.credentials.spawn import find_program

        try:
            program = find_program(command[0], environ.get("PATH"))
            return run_with_server(
                [program, *command[1:]], environ, self._setup(), self._fetch(), tell=credential_fetch.tell
            )
        finally:
            self.server.release()
            if self.view is not None:
                shared_config.take_away(self.view)

    def _fetch(self) -> FetchFor:
        requests = {self.request.profile: self.request}
        return credential_fetch.fetch_for(requests, lambda _profile: self.plan(), self.context)

    def _forget(self) -> None:
        try:
            credential_fetch.forget_unstable(self.first, {self.request.profile: self.plan()})
        except PyvaultError:  # without a plan nobody knows whose they are
            self.first.clear()

    def _setup(self) -> ServerSetup:
        return self.server.set_up(
            self.options,
            [self.request.profile],
            window=self.window,
            log=self.log,
            first=self.first,
            region=self.region,
        )


def exec_with_server(
    options: ServerOptions,
    request: CredentialRequest,
    plan: Plan,
    context: Context,
    command: Sequence[str],
    *,
    hide: bool,
) -> NoReturn:
    """Become the command, with a server that ends when it ends.

    Args:
        options: of the server.
        request: whose credentials.
        plan: how they are fetched.
        context: of pyvault itself.
        command: the program and its arguments.
        hide: show the command a view of the AWS files.

    Raises:
        ConfigError: the server can't listen or be started, or one of its options is wrong.
        InvalidSettingError: ``AWS_MIN_TTL`` is not a duration.
        PyvaultError: the first fetch failed.
    """
    from pyvault.server.processes.detach import can_detach, detach_process
    from pyvault.sessions.cache import find_min_ttl
    from pyvault_cli.credentials.child_environment import child_environment, no_proxy_variables
    from pyvault_cli.credentials.profile_clients import client_settings
    from pyvault_cli.credentials.spawn import become
    from pyvault_cli.servers.listening_server import bind_ec2, bind_ecs

    options.check_values()
    window, log = find_min_ttl(context.environ), credential_fetch.line_writer(options.access_log)
    client = client_settings(plan)
    hide_variables()  # from those who can read the environment of the supervisor and of every fetch
    server = bind_ec2() if options.ec2 else bind_ecs(options)
    view: View | None = None

    def environment(more: Mapping[str, str], removed: Collection[str] = ()) -> dict[str, str]:
        return child_environment(
            context.environ,
            profile=plan.profile,
            region=plan.region,
            settings=client,
            added={
                **more,
                "BOTO_CONFIG": os.devnull,  # boto's own file, which it reads before it asks a server
                **no_proxy_variables(context.environ, urlsplit(server.url).hostname or ""),
            },
            removed=removed,
        )

    def keep(credentials: Credentials) -> None:
        if witness.current is not None and urlsplit(server.url).hostname == LOOPBACK:
            from pyvault_cli.credentials.warm_answers import keep_served

            keep_served(request, plan, credentials, context, environment({}))

    try:
        first = {} if options.lazy else {request.profile: credential_fetch.fetch_first(request, plan, context, keep)}
        view = shared_config.make_view(context) if hide else None
        exec_server = ExecServer(
            server=server,
            options=options,
            window=window,
            log=log,
            request=request,
            plan=lambda: plan,
            context=context,
            first=first,
            region=plan.region,
            view=view,
        )
        environ = environment({**server.environ, **(view.variables() if view is not None else {})}, server.removed)
        if detaches := can_detach():
            detach_process(exec_server.supervise)
    except BaseException as problem:
        server.release()
        if view is not None:
            shared_config.take_away(view)
        if isinstance(problem, OSError):
            raise _no_room(problem) from None
        raise
    if not detaches:
        sys.exit(exec_server.run_as_child(command, environ))
    context.close()
    context.ask.close_descriptors()
    become(command, environ)


def serve_begun(options: ServerOptions, request: CredentialRequest, context: Context, begun: BegunServer) -> int:
    """Serve a command that runs already until it ends; return an exit code.

    Raises:
        InvalidSettingError: ``AWS_MIN_TTL`` is not a duration.
        ItemCorruptError: the first answer is none.
    """
    from pyvault.sessions.cache import find_min_ttl
    from pyvault.sessions.session_codec import decode_session
    from pyvault_cli.servers.listening_server import ListeningServer

    late = _LatePlan(request, context)
    return ExecServer(
        server=ListeningServer(listener=begun.listener, url=begun.url, token=begun.token),
        options=options,
        window=find_min_ttl(context.environ),
        log=None,
        request=request,
        plan=late,
        context=context,
        first={request.profile: decode_session(begun.first)},
        prepare=late.prepare,
    ).supervise(begun.program)


def _no_room(problem: OSError) -> ConfigError:
    return ConfigError(
        f"can't start a process for the server: {(problem.strerror or 'error').lower()}",
        hint="end other programs of yours, or raise their number: ulimit -u, or the limit of the container",
    )


class _LatePlan:
    """The plan of a server that has begun without one."""

    def __init__(self, request: CredentialRequest, context: Context) -> None:
        self._request = request
        self._context = context
        self._plan: Plan | None = None

    def __call__(self) -> Plan:
        if self._plan is None:
            self._plan = self._request.plan(self._context)
        return self._plan

    def prepare(self) -> None:
        """Make it, and leave the vault open for fetches; nobody is asked, since the command has the screen."""
        if self._context.choice.name != "file":  # no two processes share a connection to another store
            return
        with suppress(Exception), self._context.ask.silent():  # a fetch comes upon it too, and tells
            self()
