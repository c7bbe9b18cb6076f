"""``pyvault sso logout``: sign out of IAM Identity Center."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from pyvault import clock
from pyvault.errors import AwsError, ItemCorruptError
from pyvault.sso.logout import Logout, logout
from pyvault_cli import console, sso_access
from pyvault_cli.context import Context, context_of
from pyvault_cli.counts import counted

if TYPE_CHECKING:
    from pyvault.sso.session import SsoSession

OUTCOMES = {
    Logout.REVOKED: "signed out of '{}'; its tokens are revoked and forgotten",
    Logout.ALREADY_OVER: "the sign-in to '{}' was over already; what was kept of it is forgotten",
    Logout.ONLY_FORGOTTEN: "the tokens of '{}' are forgotten here, but AWS was out of reach: they end by themselves",
    Logout.NOT_SIGNED_IN: "nobody was signed in to '{}'",
}
#: Said before the error that tells why.
NOT_REVOKED = "the tokens of '{}' are forgotten here, but not revoked: they end by themselves"


def sso_logout(ctx: typer.Context, session: sso_access.SessionArgument = None) -> None:
    """Revoke the tokens of SESSION, and forget them and the role credentials made with them."""
    from pyvault.sso.oidc_boto3 import connect

    context = context_of(ctx)
    portal = sso_access.portal_named(session, context)
    try:
        outcome = logout(
            portal,
            tokens=sso_access.token_store(context),
            flights=context.flight,
            portal=sso_access.portal_of(portal),
            oidc=connect(portal),
            clock=clock.now,
            aws_cache=sso_access.aws_cache(context),
        )
    except (AwsError, ItemCorruptError):
        console.note(NOT_REVOKED.format(portal.label))
        _forget_roles(context, portal)
        raise
    console.note(OUTCOMES[outcome].format(portal.label))
    _forget_roles(context, portal)
    _tell_of_aws_cli(context, portal)


def _tell_of_aws_cli(context: Context, portal: SsoSession) -> None:
    from pyvault.sso.awscache import read_aws_cache

    token = read_aws_cache(sso_access.aws_cache(context), portal)
    if token is not None and token.expires > clock.now():
        console.warn(f"the AWS CLI is signed in to '{portal.label}' by itself, and its token is used from now on")
        console.hint("aws sso logout ends that")


def _forget_roles(context: Context, portal: SsoSession) -> None:
    from pyvault.sso.lookup import profiles_of

    profiles = profiles_of(context.aws_config, portal, context.environ, credentials_file=context.aws_credentials)
    dropped = sum(context.sessions.clear(profile) for profile in profiles)
    if dropped:
        console.note(f"forgot {counted(dropped, 'session')} of its roles; what AWS gave stays good until it expires")
