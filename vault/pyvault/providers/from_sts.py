"""Credentials by AWS STS: a session for a key pair, a role, a role by a token, a session for the console."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.record import replace

if TYPE_CHECKING:
    from pyvault.aws.calls import AwsCalls
    from pyvault.clock import Clock
    from pyvault.mfa.desk import MfaDesk
    from pyvault.model import Credentials
    from pyvault.planning.steps import AssumeRoleStep, FederationStep, SessionTokenStep, WebIdentityStep
    from pyvault.secret import Secret

MAX_NAME = 32  # characters. Source: STS API Reference, GetFederationToken, Name


def get_session_token(step: SessionTokenStep, source: Credentials, calls: AwsCalls, mfa: MfaDesk) -> Credentials:
    """Return a session for a long-lived pair, with MFA where the step has a device; may ask a human for a code.

    Raises:
        AwsError: AWS refused.
        AwsUnreachableError: AWS gave no answer.
        MfaError: there is no code.
    """
    sts = calls.sts(step.client, source)
    if step.mfa_serial:
        from pyvault.mfa.desk import MfaRequest

        request = MfaRequest(serial=step.mfa_serial, profile=step.profile, process=step.mfa_process)
        session = mfa.prove(request, lambda proof: sts.get_session_token(step, proof))
    else:
        session = sts.get_session_token(step, None)
    # AWS's answer names no account; it is that of the keys.
    return replace(session, account_id=source.account_id)


def assume_role(step: AssumeRoleStep, source: Credentials, calls: AwsCalls, mfa: MfaDesk, clock: Clock) -> Credentials:
    """Return the step's role, assumed with MFA where the step has a device; may ask a human for a code.

    Raises:
        AwsError: AWS refused.
        AwsUnreachableError: AWS gave no answer.
        MfaError: there is no code.
    """
    sts = calls.sts(step.client, source)
    name = _session_name(step.role_session_name, clock)
    if not step.mfa_serial:
        return sts.assume_role(step, name, None)
    from pyvault.mfa.desk import MfaRequest

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
    """Return a federated session for a console login, from a long-lived pair; AWS takes no other.

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
    """Return the name of a role session, as CloudTrail shows it: the configured one, else one of this moment.

    Nothing about the person or the machine goes into it: it ends up in the logs
    of other accounts.
    """
    return configured or f"pyvault-{clock().timestamp():.0f}"
