"""A role, assumed with the credentials of the step before: sts:AssumeRole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.mfa.desk import MfaRequest
from pyvault.providers.session_name import session_name
from pyvault.record import Record

if TYPE_CHECKING:
    from pyvault.aws.calls import AwsCalls
    from pyvault.clock import Clock
    from pyvault.mfa.desk import MfaDesk
    from pyvault.model import Credentials
    from pyvault.planning.steps import AssumeRoleStep


class AssumeRole(Record):
    """Assumes the step's role, with MFA where the step has a device."""

    step: AssumeRoleStep
    source: Credentials
    calls: AwsCalls
    mfa: MfaDesk
    clock: Clock

    def retrieve(self) -> Credentials:
        """Call AWS; may ask a human for a code.

        Raises:
            AwsError: AWS refused.
            AwsUnreachableError: AWS gave no answer.
            MfaError: there is no code.
        """
        step = self.step
        sts = self.calls.sts(step.client, self.source)
        name = session_name(step.role_session_name, self.clock)
        if not step.mfa_serial:
            return sts.assume_role(step, name, None)
        request = MfaRequest(serial=step.mfa_serial, profile=step.profile, process=step.mfa_process)
        return self.mfa.prove(request, lambda proof: sts.assume_role(step, name, proof))
