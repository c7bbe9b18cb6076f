"""The OIDC token of a profile: out of its file, or what its command prints."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from pyvault.aws.plain_http import refuse_plain_endpoint
from pyvault.errors import ConfigError
from pyvault.process.command import ConfiguredCommand, as_text
from pyvault.providers.web_token import MAX_TOKEN, check_web_token
from pyvault.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyvault.planning.steps import WebIdentityStep

MAX_FILE = 2 * MAX_TOKEN  # bytes: with the line ends that surround it
PROCESS_LIMIT = timedelta(minutes=2)  # it talks to a token service


def token_of(step: WebIdentityStep, run: Callable[[ConfiguredCommand], Secret[bytes]]) -> Secret[str]:
    """Return the token of a step, read anew: it is short-lived, and may be another person's by now.

    Args:
        step: names a file or a command.
        run: runs the command, or hands over what a run at the same time gave.

    Raises:
        ConfigError: the token file can't be read.
        InvalidSettingError: what it holds or prints is no token.
        ProcessError: the command failed.
    """
    refuse_plain_endpoint("sts", step.client)  # first: where no token may be sent, none is made
    if step.token_process is not None:
        command = ConfiguredCommand(
            text=step.token_process,
            setting="web_identity_token_process",
            profile=step.profile,
            limit=PROCESS_LIMIT,
        )
        return _checked(as_text(run(command), command), step)
    return token_in_file(step)


def token_in_file(step: WebIdentityStep) -> Secret[str]:
    """Return the token that is in the step's file now.

    Raises:
        ConfigError: the file can't be read.
        InvalidSettingError: what it holds is no token.
    """
    if step.token_file is None:
        raise AssertionError("a web identity step has a file or a command")
    return _checked(_read(Path(step.token_file)), step)


def _checked(token: Secret[str], step: WebIdentityStep) -> Secret[str]:
    if step.token_process is not None:
        what = f"the web_identity_token_process of profile {step.profile!r}"
    else:
        what = f"the web_identity_token_file '{step.token_file}' of profile {step.profile!r}"
    check_web_token(token, what=what)
    return token


def _read(path: Path) -> Secret[str]:
    """Read a token file, trimmed: editors and mounts end it with a newline."""
    from pyvault.files.reading import read_file

    try:
        return Secret(read_file(path, MAX_FILE).decode().strip())
    except OSError as exc:
        raise ConfigError(f"the web_identity_token_file '{path}' can't be read: {exc.strerror}") from exc
    except UnicodeDecodeError:  # it keeps the bytes
        raise ConfigError(f"the web_identity_token_file '{path}' is not text") from None
