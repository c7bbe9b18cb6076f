"""The environment of the child of ``exec``. Pure.

A copy of ours, without anything that could send the child to other credentials
than the ones it was started for, and without the keys to the vault itself: a
child needs its credentials, never the passphrase they were kept under.

Source: aws-vault's ``exec`` for the variables set and for the first block of
removed ones; the AWS SDKs' credential provider chain for the second.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.clock import to_rfc3339
from pyvault.process.vault_variables import SECRET_PATHS, without_vault_secrets

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from pyvault.model import Credentials

#: Other ways for the child to find credentials, or to misread ours.
STRAY = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_CREDENTIAL_FILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_PROFILE",
    "AWS_SDK_LOAD_CONFIG",
    # not removed by aws-vault
    "AWS_CREDENTIAL_EXPIRATION",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
)


def child_environment(
    parent: Mapping[str, str],
    *,
    profile: str,
    region: str | None,
    endpoint_url: str | None,
    credentials: Credentials | None = None,
    added: Mapping[str, str] | None = None,
    removed: Collection[str] = (),
) -> dict[str, str]:
    """Build the child's environment; secrets go in here and nowhere else.

    Args:
        parent: our own environment; not changed.
        profile: becomes AWS_VAULT, which prompts and tools look for.
        region: None if nothing sets it; then the variables stay as they are.
        endpoint_url: None if nothing sets it.
        credentials: to put into the variables; None where a server or the
            profile's own ``credential_process`` gives them.
        added: what points to that server or profile.
        removed: what else must go, such as AWS_EC2_METADATA_DISABLED beside an
            EC2 server, and the secrets a backend declares.
    """
    gone = {*STRAY, *removed}
    child = {name: value for name, value in without_ways_in(parent).items() if name not in gone}
    child["AWS_VAULT"] = profile
    if region is not None:
        child["AWS_REGION"] = child["AWS_DEFAULT_REGION"] = region
    if endpoint_url is not None:
        child["AWS_ENDPOINT_URL"] = endpoint_url
    if credentials is not None:
        child |= credential_variables(credentials)
    return child | dict(added or {})


def without_ways_in(parent: Mapping[str, str]) -> dict[str, str]:
    """Copy an environment without what opens a vault, paths included: for every program that a person asked for."""
    return {name: value for name, value in without_vault_secrets(parent).items() if name not in SECRET_PATHS}


def credential_variables(credentials: Credentials) -> dict[str, str]:
    """Write credentials as the variables that every AWS SDK reads, in the order of aws-vault."""
    variables = {
        "AWS_ACCESS_KEY_ID": credentials.access_key_id,
        "AWS_SECRET_ACCESS_KEY": credentials.secret_access_key.reveal(),
    }
    if credentials.session_token:
        variables["AWS_SESSION_TOKEN"] = credentials.session_token.reveal()
    if credentials.expires is not None:
        variables["AWS_CREDENTIAL_EXPIRATION"] = to_rfc3339(credentials.expires)
    return variables
