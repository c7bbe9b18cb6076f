"""Credentials that a configured command prints.

Source: AWS SDKs and Tools Reference Guide, "Process credential provider".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, cast

from pyvault.errors import ProcessError
from pyvault.foreign_time import parse_foreign_time
from pyvault.model import Credentials
from pyvault.process.command import ConfiguredCommand
from pyvault.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from pyvault.clock import Clock
    from pyvault.planning.steps import ProcessStep

LIMIT = timedelta(minutes=10)  # it may send a person through a browser


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialProcess:
    """Runs the step's command, each time: it may answer for another identity by now.

    Attributes:
        run: runs it, or hands over what a run at the same time gave.
    """

    step: ProcessStep
    run: Callable[[ConfiguredCommand], Secret[bytes]]
    clock: Clock

    def retrieve(self) -> Credentials:
        """Run the command and read its answer; it may ask a human.

        Raises:
            ProcessError: it failed, printed something else, or credentials that are over.
            ProfileLoopError: it is running for this profile already.
        """
        command = ConfiguredCommand(
            text=self.step.command, setting="credential_process", profile=self.step.profile, limit=LIMIT
        )
        credentials = parse_answer(self.run(command), profile=self.step.profile)
        if credentials.expires is not None and credentials.expires <= self.clock():
            raise ProcessError(f"the credential_process of profile {self.step.profile!r} gave expired credentials")
        return credentials


def parse_answer(output: Secret[bytes], *, profile: str) -> Credentials:
    """Read the JSON of a ``credential_process``.

    Keys without SessionToken and Expiration are static ones, and fine.

    Raises:
        ProcessError: it is not such a JSON; nothing of it is in the message.
    """
    import json

    said = f"the credential_process of profile {profile!r} printed"
    try:
        answer: object = json.loads(output.reveal())
    except (ValueError, RecursionError):  # they keep the document
        raise ProcessError(f"{said} something that is not JSON") from None
    if not isinstance(answer, dict):
        raise ProcessError(f"{said} JSON that is not an object")
    fields = cast("dict[str, object]", answer)  # keys of JSON objects are texts
    if fields.get("Version") != 1 or isinstance(fields.get("Version"), bool):
        raise ProcessError(f"{said} an answer whose 'Version' is not 1")
    token = _text(fields, "SessionToken", said)
    return Credentials(
        access_key_id=_required(fields, "AccessKeyId", said).reveal(),
        secret_access_key=_required(fields, "SecretAccessKey", said),
        session_token=token,
        expires=_expiration(fields, said),
        account_id=account.reveal() if (account := _text(fields, "AccountId", said)) else None,
    )


def _text(fields: Mapping[str, object], key: str, said: str) -> Secret[str] | None:
    """Give a field; absent, null and empty mean the same to the programs that write it."""
    value = fields.get(key)
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise ProcessError(f"{said} an answer whose {key!r} is not a text")
    return Secret(value)


def _required(fields: Mapping[str, object], key: str, said: str) -> Secret[str]:
    value = _text(fields, key, said)
    if value is None:
        raise ProcessError(f"{said} an answer without {key!r}")
    return value


def _expiration(fields: Mapping[str, object], said: str) -> datetime | None:
    text = _text(fields, "Expiration", said)
    if text is None:
        return None
    try:
        return parse_foreign_time(text.reveal()).replace(microsecond=0)  # as the cache keeps it
    except ValueError:
        raise ProcessError(f"{said} an answer whose 'Expiration' is not a time") from None
