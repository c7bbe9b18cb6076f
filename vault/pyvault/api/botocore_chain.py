"""Our place in the chain of providers that botocore asks for credentials.

Source: botocore.credentials, create_credential_resolver: ``env`` is left out for a session whose
profile was given to it, and wins over ``AWS_PROFILE``.
"""

from __future__ import annotations

from inspect import iscoroutinefunction
from typing import TYPE_CHECKING

from botocore import credentials as chain

from pyvault.boto3_session import METHOD

if TYPE_CHECKING:
    from collections.abc import Callable

    from botocore.session import Session


def make_resolver(session: Session) -> object:
    """Return the chain that a session has of itself, which a subclass may have changed."""
    make: Callable[[], object] | None = getattr(session, "_create_credential_resolver", None)
    return make() if make else chain.create_credential_resolver(session)


def is_of_a_vault(resolver: object) -> bool:
    """Return whether a chain leads to one vault and profile alone: that of ``vault.boto3_session``."""
    return isinstance(resolver, chain.CredentialResolver) and {each.METHOD for each in resolver.providers} == {METHOD}


def insert(resolver: object, provider: chain.CredentialProvider) -> None:
    """Put a provider into the chain: after the keys of the environment where those count, else first.

    Another library's chain, such as one that is awaited, is left alone.
    """
    if not isinstance(resolver, chain.CredentialResolver) or iscoroutinefunction(resolver.load_credentials):
        return
    environment = chain.EnvProvider.METHOD
    if any(environment == each.METHOD for each in resolver.providers):
        resolver.insert_after(environment, provider)
    else:
        resolver.providers.insert(0, provider)
