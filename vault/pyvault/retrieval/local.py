"""Credentials that need no call to AWS: from the vault, the environment, or the machine's metadata services."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, assert_never

from pyvault.config.sources import CredentialSource
from pyvault.errors import NoCredentialsError
from pyvault.model import Credentials
from pyvault.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyvault.planning.steps import SourceStep
    from pyvault.retrieval.link_local import Sleep
    from pyvault.storage.typed_store import CredentialStore


def from_vault(profile: str, store: CredentialStore) -> Credentials:
    """Return the long-lived pair of a profile.

    Raises:
        ItemNotFoundError: it was removed since the plan was made.
    """
    pair = store.get(profile)
    return Credentials(access_key_id=pair.access_key_id, secret_access_key=pair.secret_access_key)


def from_source(step: SourceStep, environ: Mapping[str, str], sleep: Sleep = time.sleep) -> Credentials:
    """Return the credentials of a ``credential_source``; never cached.

    Raises:
        NoCredentialsError: there are none.
        AwsUnreachableError: the metadata service does not answer.
    """
    match step.source:
        case CredentialSource.ENVIRONMENT:
            return _from_environment(environ)
        case CredentialSource.EC2_INSTANCE_METADATA:
            from pyvault.retrieval.from_metadata import from_instance

            return from_instance(environ, sleep)
        case CredentialSource.ECS_CONTAINER:
            from pyvault.retrieval.from_metadata import from_container

            return from_container(environ, sleep)
        case _ as never:
            assert_never(never)


def _from_environment(environ: Mapping[str, str]) -> Credentials:
    """Return the keys in the environment; AWS_ACCOUNT_ID is not trusted, others may have left it there."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        if not environ.get(name):
            raise NoCredentialsError(f"credential_source is 'Environment', but {name!r} is not set")
    token = environ.get("AWS_SESSION_TOKEN")
    return Credentials(
        access_key_id=environ["AWS_ACCESS_KEY_ID"],
        secret_access_key=Secret(environ["AWS_SECRET_ACCESS_KEY"]),
        session_token=Secret(token) if token else None,
    )
