"""``pyvault sso logout``: sign out of IAM Identity Center."""

from __future__ import annotations

import typer

from pyvault import clock
from pyvault.sso.logout import Logout, logout
from pyvault_cli import console, sso_access
from pyvault_cli.context import context_of

OUTCOMES = {
    Logout.REVOKED: "signed out of '{}'; its tokens are revoked and forgotten",
    Logout.ALREADY_OVER: "the sign-in to '{}' was over already; what was kept of it is forgotten",
    Logout.ONLY_FORGOTTEN: "the tokens of '{}' are forgotten here, but AWS was out of reach: they end by themselves",
    Logout.NOT_SIGNED_IN: "nobody was signed in to '{}'",
}


def sso_logout(ctx: typer.Context, session: sso_access.SessionArgument = None) -> None:
    """Revoke the tokens of SESSION, and forget them and the role credentials made with them."""
    from pyvault.sessions.single_flight import SingleFlight
    from pyvault.sso.lookup import profiles_of
    from pyvault.sso.oidc_boto3 import connect

    context = context_of(ctx)
    portal = sso_access.portal_named(session, context)
    outcome = logout(
        portal,
        tokens=sso_access.token_store(context),
        flights=SingleFlight(context.paths.locks),
        portal=sso_access.portal_of(portal),
        oidc=connect(portal),
        clock=clock.now,
    )
    profiles = profiles_of(context.aws_config, portal, context.environ)
    dropped = sum(context.sessions.clear(profile) for profile in profiles)
    console.note(OUTCOMES[outcome].format(portal.label))
    if dropped:
        console.note(f"forgot {dropped} sessions of its roles; at AWS they stay good until they expire")
