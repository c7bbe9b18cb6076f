"""A role, assumed with an OIDC token: sts:AssumeRoleWithWebIdentity."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from pyvault.errors import ConfigError, CredentialsError
from pyvault.process.command import ConfiguredCommand, run_text
from pyvault.providers.session_name import session_name
from pyvault.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyvault.aws.calls import AwsCalls
    from pyvault.clock import Clock
    from pyvault.model import Credentials
    from pyvault.planning.steps import WebIdentityStep

MAX_TOKEN = 20_000  # characters. Source: STS API Reference, WebIdentityToken
PROCESS_LIMIT = timedelta(minutes=2)  # it talks to a token service


@dataclass(frozen=True, slots=True, kw_only=True)
class WebIdentity:
    """Assumes the step's role with a token from a file or a command."""

    step: WebIdentityStep
    calls: AwsCalls
    environ: Mapping[str, str]
    clock: Clock

    def retrieve(self) -> Credentials:
        """Read the token anew, it is short-lived, and call AWS.

        Raises:
            ConfigError: the token file can't be read.
            CredentialsError: there is no token in it.
            ProcessError: the command failed.
            AwsError: AWS refused.
            AwsUnreachableError: AWS gave no answer.
        """
        token = self._token()
        if not 0 < len(token) <= MAX_TOKEN:
            raise CredentialsError(
                f"the web identity token of profile {self.step.profile!r} has 0 or over {MAX_TOKEN} characters"
            )
        sts = self.calls.sts(self.step.client, None)
        return sts.assume_role_with_web_identity(
            self.step, session_name(self.step.role_session_name, self.clock), token
        )

    def _token(self) -> Secret[str]:
        if self.step.token_process is not None:
            command = ConfiguredCommand(
                text=self.step.token_process,
                setting="web_identity_token_process",
                profile=self.step.profile,
                limit=PROCESS_LIMIT,
            )
            return run_text(command, self.environ)
        if self.step.token_file is None:
            raise AssertionError("a web identity step has a file or a command")
        return _read(Path(self.step.token_file))


def _read(path: Path) -> Secret[str]:
    """Read a token file, trimmed: editors and mounts end it with a newline."""
    try:
        with path.open("rb") as file:
            return Secret(file.read(2 * MAX_TOKEN).decode().strip())
    except OSError as exc:
        raise ConfigError(f"the web_identity_token_file '{path}' can't be read: {exc.strerror}") from exc
    except UnicodeDecodeError:  # it keeps the bytes
        raise ConfigError(f"the web_identity_token_file '{path}' is not text") from None
