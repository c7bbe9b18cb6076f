"""Credentials that a configured command prints.

Source: AWS SDKs and Tools Reference Guide, "Process credential provider".
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from pyvault.errors import UnusableAnswerError
from pyvault.json_reader import UnreadableError, read_object
from pyvault.model import Credentials
from pyvault.process.command import ConfiguredCommand
from pyvault.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyvault.planning.steps import ProcessStep

LIMIT = timedelta(minutes=10)  # it may send the user through a browser


def run_process(step: ProcessStep, run: Callable[[ConfiguredCommand], Secret[bytes]]) -> Credentials:
    """Run the step's command, which may ask the user; each time, as it may answer for another identity by now.

    Args:
        step: has the command.
        run: runs it, or returns the output of a concurrent run.

    Raises:
        ProcessError: it failed.
        UnusableAnswerError: it printed something else.
        ProfileLoopError: it is already running for this profile.
    """
    command = ConfiguredCommand(text=step.command, setting="credential_process", profile=step.profile, limit=LIMIT)
    return parse_answer(run(command), profile=step.profile)


def parse_answer(output: Secret[bytes], *, profile: str) -> Credentials:
    """Read the JSON of a ``credential_process``.

    Static keys, without SessionToken and Expiration, are accepted.

    Raises:
        UnusableAnswerError: it is something else; nothing of it is in the message.
    """
    message = f"the credential_process of profile {profile!r} printed unusable output"
    try:
        fields = read_object(output)
        fields.whole("Version", least=1, most=1)
        token = fields.optional_text("SessionToken")
        return Credentials(
            access_key_id=fields.text("AccessKeyId"),
            secret_access_key=Secret(fields.text("SecretAccessKey")),
            session_token=Secret(token) if token else None,
            expires=fields.foreign_time("Expiration") if fields.optional_text("Expiration") else None,
            account_id=fields.optional_digits("AccountId", 12),
        )
    except UnreadableError as exc:
        raise UnusableAnswerError(f"{message}: {exc}") from None
    except UnusableAnswerError as exc:  # of Credentials, which doesn't know whose keys these are
        raise UnusableAnswerError(f"{message}: {exc.message}") from None
