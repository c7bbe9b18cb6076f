"""Credentials that the surroundings have: ``credential_source`` and its three values."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from pyvault.config.sources import CredentialSource
from pyvault.record import Record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyvault.model import Credentials
    from pyvault.planning.steps import SourceStep
    from pyvault.providers.link_local import Sleep


class Surroundings(Record):
    """Takes credentials from the environment, an EC2 instance or an ECS container."""

    step: SourceStep
    environ: Mapping[str, str]
    sleep: Sleep = time.sleep

    def retrieve(self) -> Credentials:
        """Look where the step says; never cached, so always what is there now.

        Raises:
            NoCredentialsError: there are none.
            AwsUnreachableError: the metadata service does not answer.
        """
        match self.step.source:
            case CredentialSource.ENVIRONMENT:
                from pyvault.providers.environment import from_environment

                return from_environment(self.environ)
            case CredentialSource.EC2_INSTANCE_METADATA:
                from pyvault.providers.ec2_metadata import from_instance

                return from_instance(self.environ, self.sleep)
            case CredentialSource.ECS_CONTAINER:
                from pyvault.providers.ecs_container import from_container

                return from_container(self.environ, self.sleep)
