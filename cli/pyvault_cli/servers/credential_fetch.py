"""How a credential server fetches, and what it writes to a person and to its log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.record import replace
from pyvault_cli.terminal import output

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from pyvault.model import Credentials
    from pyvault.planning.steps import Plan
    from pyvault.server.setup import FetchFor, Identity
    from pyvault_cli.context import Context
    from pyvault_cli.credentials.credential_request import CredentialRequest


def fetch_for(requests: Mapping[str, CredentialRequest], plan_of: Callable[[str], Plan], context: Context) -> FetchFor:
    """Return what fetches for a server with these profiles, in a process of its own.

    An MFA code from the command line was used by the first fetch, so it is left out.
    """

    def fetch(identity: Identity) -> Credentials:
        from pyvault.planning.role_request import with_role
        from pyvault_cli.credentials.credential_request import fetcher

        plan = plan_of(identity.profile)
        if identity.role_arn is not None:
            plan = with_role(plan, identity.role_arn)
        request = replace(requests[identity.profile], mfa_token=None, refresh=False)
        return _temporary(fetcher(request, plan, fork_context(context))(), identity.profile)

    return fetch


def _temporary(credentials: Credentials, profile: str) -> Credentials:
    """Refuse keys without a session token: SDKs expect one in every answer of a server, and some fail without it.

    Source: AWS SDKs and Tools Reference Guide, "Container credential provider".
    """
    if credentials.session_token is None:
        from pyvault.errors import ConfigError

        raise ConfigError(
            f"profile '{profile}' has long-term keys, and a server only serves temporary credentials",
            hint="use exec without a server, or set mfa_serial or role_arn in the profile",
        )
    return credentials


def fetch_first(
    request: CredentialRequest,
    plan: Plan,
    context: Context,
    keep: Callable[[Credentials], object] = lambda _credentials: None,
) -> Credentials:
    """Fetch before anything is started; where possible in a child, so that boto3 doesn't stay in memory.

    Args:
        request: whose credentials.
        plan: how they are fetched.
        context: of pyvault itself.
        keep: called where they were fetched: what was read there is known there alone.

    Raises:
        OSError: the system has no room for another process.
        PyvaultError: what the fetch raised.
    """
    from pyvault.server.processes.detach import can_detach
    from pyvault_cli.credentials.credential_request import fetcher

    if not can_detach():
        return _temporary(fetcher(request, plan, context)(), request.profile)
    from pyvault.server.processes.forked_fetch import fetch_in_child

    def fetch() -> Credentials:
        # All in the child: making the fetcher loads a lot.
        credentials = _temporary(fetcher(request, plan, fork_context(context))(), request.profile)
        keep(credentials)
        return credentials

    return fetch_in_child(fetch)


def forget_unstable(first: dict[str, Credentials], plans: Mapping[str, Plan]) -> None:
    """Drop credentials that may be another identity's by now; stored keys always belong to the same one."""
    from pyvault.planning.steps import PlaintextStep, StoredStep

    for profile, plan in plans.items():
        if not isinstance(plan.steps[0], StoredStep | PlaintextStep):
            first.pop(profile, None)


def fork_context(context: Context) -> Context:
    """Return the context for a forked child.

    The vault file stays open across the fork, or each fetch would ask for the
    passphrase. Two processes can't share a connection to another store, and such a
    store itself remembers that it is unlocked.
    """
    from pyvault.server.processes.detach import can_detach
    from pyvault_cli.context import Context

    if context.choice.name == "file" or not can_detach():
        return context
    return Context(context.line, context.environ, ask=context.ask)


def line_writer(path: Path | None) -> Callable[[str], object] | None:
    """Open the access log, which is private: it shows who used what when.

    Raises:
        PyvaultError: it can't be written, or can't be used as a log.
    """
    if path is None:
        return None
    from pyvault.server.http.access_log import LogFile

    return LogFile(path, tell=tell)


def tell(text: str) -> None:
    """Show an error to the person at the terminal, from a process in the background."""
    output.error(text)


def report(problem: BaseException) -> None:
    """Show the type of an exception in an answer; its text may quote a request."""
    output.error(f"internal error in the credential server: {type(problem).__name__}")
