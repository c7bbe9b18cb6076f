"""A federated session for a console login: sts:GetFederationToken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.record import Record

if TYPE_CHECKING:
    from pyvault.aws.calls import AwsCalls
    from pyvault.model import Credentials
    from pyvault.planning.steps import FederationStep

MAX_NAME = 32  # characters. Source: STS API Reference, GetFederationToken, Name


class Federation(Record):
    """Makes a federated session from a long-lived pair; AWS takes no other."""

    step: FederationStep
    source: Credentials
    calls: AwsCalls

    def retrieve(self) -> Credentials:
        """Call AWS.

        Raises:
            AwsError: AWS refused.
            AwsUnreachableError: AWS gave no answer.
        """
        sts = self.calls.sts(self.step.client, self.source)
        name = self.step.name or federation_name(sts.get_caller_identity().arn)
        return sts.get_federation_token(self.step, name)


def federation_name(arn: str) -> str:
    """Name the session after its user: the last part of the ARN, cut to what AWS takes.

    GetCallerIdentity gives the ARN without any permission; iam:GetUser would
    need one.
    """
    return arn.rpartition("/")[2].rpartition(":")[2][:MAX_NAME]
