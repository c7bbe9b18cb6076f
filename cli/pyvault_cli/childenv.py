"""The environment of the child of ``exec``, and what goes out of a shell. Pure.

A copy of ours, without anything that could send the child to other credentials
than the ones it was started for, and without the keys to the vault itself: a
child needs its credentials, never the passphrase they were kept under.

Source: aws-vault's ``exec`` for the variables set and for the first block of
removed ones; for the second the credential provider chains of the AWS SDKs, among
them Java v1's and Ruby's old names and the bearer tokens of single services.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pyvault.clock import to_rfc3339
from pyvault.errors import ConfigError
from pyvault.process.vault_variables import SECRET_PATHS, without_vault_secrets

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

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
    "AWS_ACCOUNT_ID",
    "AWS_ACCESS_KEY",
    "AWS_SECRET_KEY",
    "AMAZON_ACCESS_KEY_ID",
    "AMAZON_SECRET_ACCESS_KEY",
    "AMAZON_SESSION_TOKEN",
    "AWS_CREDENTIAL_PROFILES_FILE",
    "AWS_AUTH_SCHEME_PREFERENCE",
)
#: Bearer tokens, by service: AWS_BEARER_TOKEN_BEDROCK. A client that has one signs with nothing else.
STRAY_PREFIX = "AWS_BEARER_TOKEN_"


def child_environment(
    parent: Mapping[str, str],
    *,
    profile: str,
    region: str | None,
    settings: Mapping[str, str] | None = None,
    credentials: Credentials | None = None,
    added: Mapping[str, str] | None = None,
    removed: Collection[str] = (),
) -> dict[str, str]:
    """Build the child's environment; secrets go in here and nowhere else.

    Args:
        parent: our own environment; not changed.
        profile: becomes AWS_VAULT, which prompts and tools look for.
        region: None if nothing sets it; then the variables stay as they are.
        settings: of the child's clients, as variables.
        credentials: to put into the variables; None where a server or the
            profile's own ``credential_process`` gives them.
        added: what points to that server or profile.
        removed: what else must go, such as AWS_EC2_METADATA_DISABLED beside an
            EC2 server, and the secrets a backend declares.

    Raises:
        ConfigError: a value can't stand in an environment; the variable is named.
    """
    gone = {*stray_names(parent), *removed}
    child = {name: value for name, value in without_ways_in(parent).items() if name not in gone}
    child["AWS_VAULT"] = profile
    if region is not None:
        child["AWS_REGION"] = child["AWS_DEFAULT_REGION"] = region
    child |= settings or {}
    if credentials is not None:
        child |= credential_variables(credentials)
    child |= added or {}
    _refuse_impossible(child)
    return child


def _refuse_impossible(child: Mapping[str, str]) -> None:
    """Refuse what the system can't hand to a program; what our own environment holds, it can."""
    for name, value in child.items():
        try:
            possible = b"\0" not in os.fsencode(value)
        except UnicodeEncodeError:
            possible = False
        if not possible:
            raise ConfigError(
                f"{name} would hold a NUL or half of a surrogate pair, which no program can be given",
                hint="pyvault explain shows where the value comes from",
            )


def stray_names(names: Iterable[str]) -> list[str]:
    """Return all variables that could lead to other credentials, those of *names* that go by a prefix too."""
    return [*STRAY, *sorted(name for name in names if name.startswith(STRAY_PREFIX))]


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
    if credentials.account_id is not None:
        variables["AWS_ACCOUNT_ID"] = credentials.account_id
    return variables
