"""The environment of the child of ``exec``, and what goes out of a shell. Pure."""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING

from pyvault.errors import ConfigError
from pyvault.process.scrub_environment import scrub_environment

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from pyvault.model import Credentials

#: Other ways for the child to find credentials, or to misread ours.
REMOVED_VARIABLES = (
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
REMOVED_PREFIX = "AWS_BEARER_TOKEN_"


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
    gone = {*removed_names(parent), *removed}
    child = {name: value for name, value in scrub_environment(parent).items() if name not in gone}
    child["AWS_VAULT"] = profile
    if region is not None:
        child["AWS_REGION"] = child["AWS_DEFAULT_REGION"] = region
    child |= settings or {}
    if credentials is not None:
        child |= credentials.env()
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
                hint="'pyvault explain' shows where the value comes from",
            )


def removed_names(names: Iterable[str]) -> list[str]:
    """Return all variables that could lead to other credentials, those of *names* that go by a prefix too."""
    return [*REMOVED_VARIABLES, *sorted(name for name in names if name.startswith(REMOVED_PREFIX))]


PROXIES = frozenset({"http_proxy", "https_proxy", "all_proxy"})
EXCEPTIONS = ("NO_PROXY", "no_proxy")  # programs read one or the other; some both, and the first wins
EVERYTHING = "*"  # means so only where it stands alone (curl, Python)
LOOPBACK_NAMES = ("127.0.0.1", "::1", "localhost")


def no_proxy_variables(environ: Mapping[str, str], host: str) -> dict[str, str]:
    """Return the variables of the child; none if no proxy is set.

    Args:
        environ: of the parent.
        host: where the server is.
    """
    if not any(value and name.lower() in PROXIES for name, value in environ.items()):
        return {}
    before = [environ.get(name, "").strip() for name in EXCEPTIONS]
    if EVERYTHING in before:
        value = EVERYTHING
    else:
        listed = [entry for text in before for entry in re.split(r"[,\s]+", text) if entry]
        value = ",".join(dict.fromkeys([*listed, *_names_of(host)]))
    return dict.fromkeys(EXCEPTIONS[:1] if sys.platform == "win32" else EXCEPTIONS, value)


def _names_of(host: str) -> Iterable[str]:
    from pyvault.server.http.listener import is_loopback

    yield host
    if ":" in host:
        yield f"[{host}]"  # as Python's urllib compares it
    if is_loopback(host):
        yield from LOOPBACK_NAMES
