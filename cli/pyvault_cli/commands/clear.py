"""``pyvault clear``: forget cached sessions."""

from __future__ import annotations

from typing import Annotated

from pyvault.errors import UsageError
from pyvault_cli.commandline import shared_options
from pyvault_cli.commandline.parameters import Option
from pyvault_cli.context import Context
from pyvault_cli.terminal import output
from pyvault_cli.terminal.output import counted


def clear(
    context: Context,
    profile: shared_options.OptionalProfileArgument = None,
    everything: Annotated[
        bool, Option("--all", help="drop the whole session cache, without unlocking anything")
    ] = False,
    expired: Annotated[bool, Option("--expired", help="only expired ones")] = False,
) -> None:
    """Forget the sessions of PROFILE and its sign-in, or all of them; at AWS they stay good until they expire."""
    if (profile is not None) + everything + expired > 1:
        raise UsageError("only one of PROFILE, --all and --expired can be used")

    flights = context.flight
    flights.forget_abandoned()
    flights.forget_failures()
    if expired:
        output.note(f"Cleared {counted(context.sessions.clear_expired(), 'session')}.")
        return
    if everything:
        from pyvault import clock
        from pyvault.sessions.session_vault import forget_session_file, session_path

        file = session_path(context.paths.data, context.choice.name, context.backend_options)
        forget_session_file(file, context.paths.state, warn=output.warn, clock=clock.now)
        output.note("Cleared all sessions and sign-ins.")
        return
    from pyvault_cli.credentials.console_sign_ins import drop_sign_ins
    from pyvault_cli.credentials.sso_portals import drop_tokens

    shared = _drop_shared(context, profile) if profile is not None else 0
    dropped = shared + context.sessions.clear(profile) + drop_tokens(context, profile)
    dropped += drop_sign_ins(context, profile)
    output.note(f"Cleared {counted(dropped, 'session')}.")


def _drop_shared(context: Context, profile: str) -> int:
    """Forget the sessions of other profiles that would serve this one, and say whose they are."""
    from pyvault_cli.credentials.whose_sessions import WhoseSessions, makers

    shared = WhoseSessions(context).of_others(profile)
    if not shared:
        return 0
    whose = ", ".join(f"'{name}'" for name in makers(shared))
    output.note(f"'{profile}' was served from sessions of {whose}, which makes the same requests with the same key.")
    return context.sessions.drop({entry.key for entry in shared})
