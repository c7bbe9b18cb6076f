"""Whose console sign-in is meant, and how AWS's sign-in service is reached."""

from __future__ import annotations

import hashlib
import re
import shlex
from typing import TYPE_CHECKING, Final

from pyvault.config.partition import partition_of_region
from pyvault.record import Record

if TYPE_CHECKING:
    from pyvault.config.clients import ClientSettings
    from pyvault.planning.steps import LoginSessionStep

#: A person: an IAM user, a session of a role, the root user. Source: IAM User Guide, "IAM ARNs".
PERSON: Final = re.compile(
    r"arn:aws[a-z-]*:(?:iam::[0-9]{12}:(?:user/[!-~]{1,576}|root)|sts::[0-9]{12}:assumed-role/[!-~]{1,576})"
)


class LoginSession(Record, uncompared=("profile",)):
    """One console sign-in.

    Attributes:
        arn: of the person; the value of ``login_session``.
        client: how to reach AWS; its region signs in, and is asked again for as long as the sign-in lasts.
        profile: that uses it; it tells the command that signs in.
    """

    arn: str
    client: ClientSettings
    profile: str

    @property
    def how_to_sign_in(self) -> str:
        """The command that signs in here."""
        return f"pyvault login-session {shlex.quote(self.profile)}"

    def key(self) -> str:
        """Return the name of its item in the session vault: 32 hex digits. Profiles of one person share it."""
        text = "\0".join(("login-session", self.arn, self.client.endpoints.signin or ""))
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def session_of(step: LoginSessionStep) -> LoginSession:
    """Return the sign-in that a planned step uses."""
    return LoginSession(arn=step.session, client=step.client, profile=step.profile)


def browser_address(client: ClientSettings) -> str:
    """Return the service's address for a browser, without a slash at the end.

    Source: the endpoint rules of the service ``signin`` in botocore: ``https://REGION.signin.aws.amazon.com``.
    """
    if client.endpoints.signin is not None:
        return client.endpoints.signin.rstrip("/")
    partition = partition_of_region(client.region)
    return f"https://{client.region}.{partition.signin_host.removeprefix(f'{partition.default_region}.')}"
