"""The SSO access tokens that are kept, by the profiles that sign in with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.errors import ConfigError, ItemNotFoundError
from pyvault.names import Kind

if TYPE_CHECKING:
    from pyvault.sso.session import SsoSession
    from pyvault_cli.context import Context


def kept_portals(context: Context) -> dict[str, SsoSession]:
    """Give the portal of each profile whose token is kept; profiles with mistakes are left out."""
    kept = set(context.sessions.blobs(Kind.SSO_TOKEN))
    if not kept:
        return {}  # resolving every profile is not for those who never signed in
    from pyvault.sso.lookup import own_session

    portals: dict[str, SsoSession] = {}
    for name in context.aws_config.profiles():
        try:
            portal = own_session(context.aws_config, name, context.environ, credentials_file=context.aws_credentials)
        except ConfigError:
            continue
        if portal is not None and portal.key() in kept:
            portals[name] = portal
    return portals


def label_of(portal: SsoSession) -> str:
    """Name a token as aws-vault's ``list`` does: by its session, else by the host of its start URL."""
    from urllib.parse import urlsplit

    return f"oidc:{portal.name or urlsplit(portal.start_url).hostname or portal.start_url}"


def drop_tokens(context: Context, profile: str | None) -> int:
    """Forget the token of a profile's portal, which others may share, or all tokens; gives how many."""
    if profile is None:
        doomed = {*context.sessions.blobs(Kind.SSO_TOKEN)}
    else:
        doomed = {portal.key() for name, portal in kept_portals(context).items() if name == profile}
    dropped = 0
    for name in doomed:
        try:
            context.sessions.delete_blob(Kind.SSO_TOKEN, name)
            dropped += 1
        except ItemNotFoundError:  # another process was faster
            continue
    return dropped
