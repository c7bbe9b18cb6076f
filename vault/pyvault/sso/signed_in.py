"""Who is signed in to a portal, as far as it can be told without asking anybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.sso.session import session_of
from pyvault.sso.tokens import TokenStore

if TYPE_CHECKING:
    from pyvault.planning.steps import SsoStep
    from pyvault.sessions.blobs import BlobStore


def signed_in_as(step: SsoStep, blobs: BlobStore) -> str:
    """Return the identity of the token that is kept for a step, fresh or not: a refresh does not change it.

    It has to be that of the token which :class:`~pyvault.sso.login.SsoLogin` would
    begin with, wherever that is kept.

    Raises:
        ItemNotFoundError: nobody is signed in.
        ItemCorruptError: what is kept is no token of ours.
    """
    return TokenStore(blobs).token(session_of(step)).identity
