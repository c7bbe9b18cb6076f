"""A session for a long-lived pair: sts:GetSessionToken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.mfa.desk import MfaRequest
from pyvault.record import Record, replace

if TYPE_CHECKING:
    from pyvault.aws.calls import AwsCalls
    from pyvault.mfa.desk import MfaDesk
    from pyvault.model import Credentials
    from pyvault.planning.steps import SessionTokenStep


class SessionToken(Record):
    """Turns a long-lived pair into a session, with MFA where the step has a device."""

    step: SessionTokenStep
    source: Credentials
    calls: AwsCalls
    mfa: MfaDesk

    def retrieve(self) -> Credentials:
        """Call AWS; may ask a human for a code.

        Raises:
            AwsError: AWS refused.
            AwsUnreachableError: AWS gave no answer.
            MfaError: there is no code.
        """
        step = self.step
        sts = self.calls.sts(step.client, self.source)
        if step.mfa_serial:
            request = MfaRequest(serial=step.mfa_serial, profile=step.profile, process=step.mfa_process)
            session = self.mfa.prove(request, lambda proof: sts.get_session_token(step, proof))
        else:
            session = sts.get_session_token(step, None)
        # AWS's answer names no account; it is that of the keys.
        return replace(session, account_id=self.source.account_id)
