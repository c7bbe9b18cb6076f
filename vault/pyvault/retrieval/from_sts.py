"""Credentials from STS: a role, by credentials or an OIDC token, a session of a long-lived pair, a federated one."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from pyvault.aws.plain_http import refuse_plain_endpoint
from pyvault.aws.token_check import check_web_token, read_web_token
from pyvault.process.command import ConfiguredCommand, as_text
from pyvault.record import replace

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyvault.aws.calls import AwsCalls
    from pyvault.clock import Clock
    from pyvault.mfa.codes import MfaCodes
    from pyvault.model import Credentials
    from pyvault.planning.steps import AssumeRoleStep, FederationStep, SessionTokenStep, WebIdentityStep
    from pyvault.secret import Secret

MAX_NAME = 32  # characters. Source: STS API Reference, GetFederationToken, Name


def get_session_token(step: SessionTokenStep, source: Credentials, calls: AwsCalls, mfa: MfaCodes) -> Credentials:
    """Return a session for a long-lived pair, with MFA where the step has a device; may ask the user for a code.

    Raises:
        AwsError: AWS refused.
        AwsUnreachableError: AWS gave no answer.
        MfaError: there is no code.
    """
    sts = calls.sts(step.client, source)
    if step.mfa_serial:
        from pyvault.mfa.codes import MfaRequest

        request = MfaRequest(serial=step.mfa_serial, profile=step.profile, process=step.mfa_process)
        session = mfa.prove(request, lambda proof: sts.get_session_token(step, proof))
    else:
        session = sts.get_session_token(step, None)
    # The answer names no account; it is that of the keys.
    return replace(session, account_id=source.account_id)


def assume_role(step: AssumeRoleStep, source: Credentials, calls: AwsCalls, mfa: MfaCodes, clock: Clock) -> Credentials:
    """Return the step's role, assumed with MFA where the step has a device; may ask the user for a code.

    Raises:
        AwsError: AWS refused.
        AwsUnreachableError: AWS gave no answer.
        MfaError: there is no code.
    """
    sts = calls.sts(step.client, source)
    name = _session_name(step.role_session_name, clock)
    if not step.mfa_serial:
        return sts.assume_role(step, name, None)
    from pyvault.mfa.codes import MfaRequest

    request = MfaRequest(serial=step.mfa_serial, profile=step.profile, process=step.mfa_process)
    return mfa.prove(request, lambda proof: sts.assume_role(step, name, proof))


def assume_role_with_token(step: WebIdentityStep, token: Secret[str], calls: AwsCalls, clock: Clock) -> Credentials:
    """Return the step's role, assumed with an OIDC token.

    Raises:
        AwsError: AWS refused.
        AwsUnreachableError: AWS gave no answer.
    """
    sts = calls.sts(step.client, None)
    return sts.assume_role_with_web_identity(step, _session_name(step.role_session_name, clock), token)


def get_federation_token(step: FederationStep, source: Credentials, calls: AwsCalls) -> Credentials:
    """Return a federated session for a console login, from a long-lived pair; AWS accepts no other.

    Raises:
        AwsError: AWS refused.
        AwsUnreachableError: AWS gave no answer.
    """
    sts = calls.sts(step.client, source)
    # GetCallerIdentity gives the ARN without any permission; iam:GetUser would need one.
    name = step.name or _last_part(sts.get_caller_identity().arn)[:MAX_NAME]
    return sts.get_federation_token(step, name)


def _last_part(arn: str) -> str:
    """Return the name of a user."""
    return arn.rpartition("/")[2].rpartition(":")[2]


def _session_name(configured: str | None, clock: Clock) -> str:
    """Return the name of a role session, as CloudTrail shows it: the configured one, else one with the current time.

    Nothing about the user or the machine goes into it: it ends up in the logs of
    other accounts.
    """
    return configured or f"pyvault-{clock().timestamp():.0f}"


PROCESS_LIMIT = timedelta(minutes=2)  # it calls a token service


def token_of(step: WebIdentityStep, run: Callable[[ConfiguredCommand], Secret[bytes]]) -> Secret[str]:
    """Return the token of a step, read each time: it is short-lived, and may be another person's by now.

    Args:
        step: names a file or a command.
        run: runs the command, or returns the output of a concurrent run.

    Raises:
        ConfigError: the token file can't be read.
        InvalidSettingError: it is not a token.
        ProcessError: the command failed.
    """
    refuse_plain_endpoint("sts", step.client)  # first: a token that may not be sent is not made
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
    """Return the token in the step's file.

    Raises:
        ConfigError: the file can't be read.
        InvalidSettingError: it is not a token.
    """
    if step.token_file is None:
        raise AssertionError("a web identity step has a file or a command")
    return _checked(read_web_token(Path(step.token_file), setting="web_identity_token_file"), step)


def _checked(token: Secret[str], step: WebIdentityStep) -> Secret[str]:
    if step.token_process is not None:
        what = f"the web_identity_token_process of profile {step.profile!r}"
    else:
        what = f"the web_identity_token_file '{step.token_file}' of profile {step.profile!r}"
    check_web_token(token, what=what)
    return token
