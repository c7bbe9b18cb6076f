"""STS through botocore. Source: AWS Security Token Service API Reference, 2011-06-15."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyvault.aws.answers import read
from pyvault.aws.calls import CallerIdentity
from pyvault.aws.error_answers import translated
from pyvault.config.account import account_of
from pyvault.model import Credentials
from pyvault.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from mypy_boto3_sts.client import STSClient
    from mypy_boto3_sts.type_defs import (
        AssumeRoleRequestTypeDef,
        GetFederationTokenRequestTypeDef,
        PolicyDescriptorTypeTypeDef,
        TagTypeDef,
    )

    from pyvault.aws.answers import Answer
    from pyvault.aws.calls import MfaProof
    from pyvault.planning.steps import AssumeRoleStep, FederationStep, SessionTokenStep, WebIdentityStep


class BotoSts:
    """STS with one client; see :class:`pyvault.aws.calls.Sts`."""

    def __init__(self, client: STSClient, hidden: Sequence[Secret[str]] = ()) -> None:
        """Wrap a client of botocore.

        Args:
            client: makes the calls.
            hidden: the secrets that it signs with.
        """
        self._client = client
        self._hidden = hidden

    def _translated(
        self, operation: str, *also: Secret[str], show_message: bool = True
    ) -> AbstractContextManager[None]:
        return translated(
            operation,
            show_message=show_message,
            sts_region=self._client.meta.region_name,
            hidden=(*self._hidden, *also),
        )

    def get_session_token(self, step: SessionTokenStep, mfa: MfaProof | None) -> Credentials:
        """Turn a long-lived pair into a session."""
        with self._translated("sts:GetSessionToken", *_codes(mfa)):
            seconds = int(step.duration.total_seconds())
            if mfa is None:
                answer = self._client.get_session_token(DurationSeconds=seconds)
            else:
                answer = self._client.get_session_token(
                    DurationSeconds=seconds, SerialNumber=mfa.serial, TokenCode=mfa.code.reveal()
                )
            return _credentials(read(answer))

    def assume_role(self, step: AssumeRoleStep, session_name: str, mfa: MfaProof | None) -> Credentials:
        """Assume a role."""
        request: AssumeRoleRequestTypeDef = {
            "RoleArn": step.role_arn,
            "RoleSessionName": session_name,
            "DurationSeconds": int(step.duration.total_seconds()),
        }
        if step.external_id is not None:
            request["ExternalId"] = step.external_id
        if step.session_tags:
            request["Tags"] = _tags(step.session_tags)
        if step.transitive_tags:
            request["TransitiveTagKeys"] = step.transitive_tags
        if step.source_identity is not None:
            request["SourceIdentity"] = step.source_identity
        if step.policy is not None:
            request["Policy"] = step.policy
        if step.policy_arns:
            request["PolicyArns"] = _policies(step.policy_arns)
        with self._translated(f"sts:AssumeRole of {step.role_arn!r}", *_codes(mfa)):
            answer = self._client.assume_role(**_with_mfa(request, mfa))
            return _credentials(read(answer), role_arn=step.role_arn, user="AssumedRoleUser")

    def assume_role_with_web_identity(
        self, step: WebIdentityStep, session_name: str, token: Secret[str]
    ) -> Credentials:
        """Assume a role with an OIDC token; the call is not signed."""
        # The request carries a bearer token: AWS's message is not shown.
        with self._translated(f"sts:AssumeRoleWithWebIdentity of {step.role_arn!r}", token, show_message=False):
            answer = self._client.assume_role_with_web_identity(
                **_web_identity_request(step), RoleSessionName=session_name, WebIdentityToken=token.reveal()
            )
            return _credentials(read(answer), role_arn=step.role_arn, user="AssumedRoleUser")

    def get_federation_token(self, step: FederationStep, name: str) -> Credentials:
        """Make a federated session; AWS accepts long-lived pairs only."""
        request: GetFederationTokenRequestTypeDef = {
            "Name": name,
            "DurationSeconds": int(step.duration.total_seconds()),
        }
        if step.policy is not None:
            request["Policy"] = step.policy
        if step.policy_arns:
            request["PolicyArns"] = _policies(step.policy_arns)
        if step.session_tags:
            request["Tags"] = _tags(step.session_tags)
        with self._translated("sts:GetFederationToken"):
            answer = self._client.get_federation_token(**request)
            return _credentials(read(answer), user="FederatedUser")

    def get_caller_identity(self) -> CallerIdentity:
        """Ask who the credentials belong to; needs no permission."""
        with self._translated("sts:GetCallerIdentity"):
            answer = read(self._client.get_caller_identity())
            return CallerIdentity(account_id=answer.text("Account"), arn=answer.text("Arn"))


def _credentials(answer: Answer, *, role_arn: str | None = None, user: str | None = None) -> Credentials:
    keys = answer.fields("Credentials")
    return Credentials(
        access_key_id=keys.text("AccessKeyId"),
        secret_access_key=Secret(keys.text("SecretAccessKey")),
        session_token=Secret(keys.text("SessionToken")),
        expires=keys.moment("Expiration"),
        account_id=account_of(answer.fields(user).text("Arn")) if user else None,
        role_arn=role_arn,
    )


def _codes(mfa: MfaProof | None) -> tuple[Secret[str], ...]:
    return (mfa.code,) if mfa else ()


def _with_mfa(request: AssumeRoleRequestTypeDef, mfa: MfaProof | None) -> AssumeRoleRequestTypeDef:
    if mfa is None:
        return request
    return {**request, "SerialNumber": mfa.serial, "TokenCode": mfa.code.reveal()}


def _web_identity_request(step: WebIdentityStep) -> dict[str, Any]:  # Any: the token is added by the caller
    request: dict[str, Any] = {"RoleArn": step.role_arn, "DurationSeconds": int(step.duration.total_seconds())}
    if step.policy is not None:
        request["Policy"] = step.policy
    if step.policy_arns:
        request["PolicyArns"] = _policies(step.policy_arns)
    return request


def _tags(pairs: tuple[tuple[str, str], ...]) -> list[TagTypeDef]:
    return [{"Key": key, "Value": value} for key, value in pairs]


def _policies(arns: tuple[str, ...]) -> list[PolicyDescriptorTypeTypeDef]:
    return [{"arn": arn} for arn in arns]
