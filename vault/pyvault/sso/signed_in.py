"""Who is signed in to a portal, as far as it can be told without asking anybody."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from pyvault.errors import ItemNotFoundError
from pyvault.sso.session import session_of
from pyvault.sso.tokens import TokenStore

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from pyvault.planning.steps import SsoStep
    from pyvault.sessions.blobs import BlobStore

NO_TIME = timedelta(0)


def signed_in_as(step: SsoStep, blobs: BlobStore, *, environ: Mapping[str, str], at: datetime) -> str:
    """Return the identity of the token that :class:`~pyvault.sso.login.SsoLogin` would begin with.

    That is our own, which a refresh does not change; else the one that the AWS CLI
    keeps, while it is good.

    Args:
        step: whose portal.
        blobs: where our own token is.
        environ: tells where the AWS CLI keeps its tokens.
        at: the time that counts as now.

    Raises:
        ItemNotFoundError: nobody is signed in.
        ItemCorruptError: what is kept is no token of ours.
    """
    session = session_of(step)
    try:
        own = TokenStore(blobs).token(session)
    except ItemNotFoundError:
        own = None
    if own is not None and (own.refresh_token is not None or own.is_fresh(at=at, window=NO_TIME)):
        return own.identity
    from pyvault.sso.awscache import aws_cache_directory, read_aws_cache

    found = read_aws_cache(aws_cache_directory(environ), session)
    if found is not None and found.is_fresh(at=at, window=NO_TIME):
        return found.identity
    if own is None:
        raise ItemNotFoundError(f"nobody is signed in to {session.label!r}")
    return own.identity
