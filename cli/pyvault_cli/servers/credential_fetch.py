"""Run a command beside a credential server, or a server alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.record import replace
from pyvault_cli.terminal import output

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from pyvault.model import Credentials
    from pyvault.planning.steps import Plan
    from pyvault.server.processes.fetch_aside import FetchFor, Identity
    from pyvault_cli.context import Context
    from pyvault_cli.credentials.credential_request import CredentialRequest


def fetch_for(wanted: Mapping[str, CredentialRequest], plans: Mapping[str, Plan], context: Context) -> FetchFor:
    """Give what fetches, in a process of its own, for a server with these profiles.

    A code from the command line served the first fetch; it is no code any more.
    """

    def fetch(identity: Identity) -> Credentials:
        from pyvault.planning.role_request import with_role
        from pyvault_cli.credentials.credential_request import fetcher

        plan = plans[identity.profile]
        if identity.role_arn is not None:
            plan = with_role(plan, identity.role_arn)
        asked = replace(wanted[identity.profile], mfa_token=None, refresh=False)
        return _temporary(fetcher(asked, plan, own_context(context))(), identity.profile)

    return fetch


def _temporary(credentials: Credentials, profile: str) -> Credentials:
    """Refuse keys without a session token: SDKs read one from every answer of a server, and some fail on its absence.

    Source: AWS SDKs and Tools Reference Guide, "Container credential provider".
    """
    if credentials.session_token is None:
        from pyvault.errors import ConfigError

        raise ConfigError(
            f"the keys of profile '{profile}' are long-term ones, and a server gives temporary ones only",
            hint="exec without a server gives them as they are; mfa_serial or role_arn in the profile makes a session",
        )
    return credentials


def fetch_first(wanted: CredentialRequest, plan: Plan, context: Context) -> Credentials:
    """Fetch before anything is started; where it can be, in a child, so that boto3 does not stay with us.

    Raises:
        PyvaultError: what the fetch raised.
    """
    from pyvault.server.processes.detach import can_detach
    from pyvault_cli.credentials.credential_request import fetcher

    if not can_detach():
        return _temporary(fetcher(wanted, plan, context)(), wanted.profile)
    from pyvault.server.processes.forked_fetch import fetch_in_child

    def fetch() -> Credentials:
        return _temporary(
            fetcher(wanted, plan, own_context(context))(), wanted.profile
        )  # all in the child: making it loads a lot

    return fetch_in_child(fetch)


def forget_changing(first: dict[str, Credentials], plans: Mapping[str, Plan]) -> None:
    """Drop the credentials behind which somebody else may stand by now; stored keys stay who they are."""
    from pyvault.planning.steps import PlaintextStep, StoredStep

    for profile, plan in plans.items():
        if not isinstance(plan.steps[0], StoredStep | PlaintextStep):
            first.pop(profile, None)


def own_context(context: Context) -> Context:
    """Give the context for a forked child.

    The vault file stays open across the fork, or each fetch would ask for the
    passphrase. A connection to another store can't be shared by two processes,
    and such a store remembers by itself that it is unlocked.
    """
    from pyvault.server.processes.detach import can_detach
    from pyvault_cli.context import Context

    if context.choice.name == "file" or not can_detach():
        return context
    return Context(context.words, context.environ, ask=context.ask)


def line_writer(path: Path | None) -> Callable[[str], object] | None:
    """Open the access log; it may tell who used what when, so it is private.

    Raises:
        PyvaultError: it can't be written, or is no file for a log.
    """
    if path is None:
        return None
    from pyvault.server.http.access_log import LogFile

    return LogFile(path, tell=tell)


def tell(text: str) -> None:
    """Tell the person at the terminal, from a process in the background."""
    output.error(text)


def report(problem: BaseException) -> None:
    """Tell of a fault in an answer; its text may quote a request, so the type alone."""
    output.error(f"a mistake in the credential server: {type(problem).__name__}")
