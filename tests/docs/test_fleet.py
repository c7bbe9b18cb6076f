"""The job of docs/fleet.md, run as GitHub runs it: a role, a KMS key, a fingerprint, and no secret."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from docs.runners import JobFailedError, Machine, run_github
from docs.test_ci import SAMPLE, SCRIPTS, deploy_role, environ, machine, token_service
from fake_aws.client import FakeAws
from fake_kms import KEY, FakeKms

__all__ = ["deploy_role", "environ", "machine", "token_service"]

PAGE = (Path(__file__).parents[2] / "docs" / "fleet.md").read_text()
(JOB,) = re.findall(r"```yaml\n# \.github/workflows/deploy\.yml\n(.*?)```", PAGE, re.DOTALL)
URL = "s3://example-team/deploy.pyv"
needs_tools = pytest.mark.peer("curl", "jq")


@pytest.fixture
def kms() -> Iterator[FakeKms]:
    with FakeKms() as running:
        yield running


class Fleet:
    """The vault of the team at its place, and runners that have a role."""

    def __init__(self, machine: Machine, aws: FakeAws, kms: FakeKms, folder: Path) -> None:
        self.place = folder / "team" / "deploy.pyv"
        self.place.parent.mkdir(mode=0o700)
        admin = {"AWS_ENDPOINT_URL_KMS": kms.url, "AWS_EC2_METADATA_DISABLED": "true"}
        self._person = {
            **machine.environ,
            **aws.environ("demo"),
            **admin,
            "HOME": str(folder),
            "PYVAULT_BACKEND": "file",
            "PYVAULT_FILE": str(self.place),
            "PYVAULT_KEYFILE": str(folder / "my.key"),
        }
        self.machine = replace(machine, environ={**machine.environ, **admin})
        self.pyvault("vault", "init", "--keyfile", str(folder / "my.key"))
        self.pyvault("add", "deploy", "--env")
        self.pyvault("vault", "slot", "add", "--kms", KEY)
        self.fingerprint = json.loads(self.pyvault("vault", "verify", "--json"))["fingerprint"]

    def pyvault(self, *words: str) -> str:
        ended = subprocess.run(
            [f"{SCRIPTS}/pyvault", *words], env=self._person, check=True, capture_output=True, text=True
        )
        return ended.stdout

    def job(self, fingerprint: str | None = None) -> str:
        """Give the job of the page for this vault, whose place is a file."""
        assert URL in JOB
        assert SAMPLE in JOB
        return JOB.replace(URL, str(self.place)).replace(SAMPLE, fingerprint or self.fingerprint)


@pytest.fixture
def fleet(machine: Machine, fake_aws: FakeAws, kms: FakeKms, tmp_path: Path) -> Fleet:
    return Fleet(machine, fake_aws, kms, tmp_path)


@needs_tools
def test_the_job_needs_nothing_but_its_role(
    fleet: Fleet, deploy_role: None, token_service: dict[str, str], fake_aws: FakeAws, kms: FakeKms
) -> None:
    asked, called = len(fake_aws.ops()), len(kms.calls)
    assert ":user/demo" in run_github(fleet.job(), fleet.machine, secrets={}, token_service=token_service)
    assert [call.operation for call in kms.calls[called:]] == ["Decrypt", "Decrypt"], "each command asks"
    ops = fake_aws.ops()[asked:]
    assert ops[:2] == ["sts.AssumeRoleWithWebIdentity", "sts.GetSessionToken"]
    assert "secrets." not in JOB


@needs_tools
def test_another_vault_is_refused(fleet: Fleet, deploy_role: None, token_service: dict[str, str]) -> None:
    with pytest.raises(JobFailedError, match="not the expected one"):
        run_github(fleet.job("ab" * 16), fleet.machine, secrets={}, token_service=token_service)


@needs_tools
def test_without_the_fingerprint_it_is_refused(fleet: Fleet, deploy_role: None, token_service: dict[str, str]) -> None:
    job = re.sub(r" +PYVAULT_EXPECT_FINGERPRINT: .*\n", "", fleet.job())
    with pytest.raises(JobFailedError, match="never seen here"):
        run_github(job, fleet.machine, secrets={}, token_service=token_service)


@needs_tools
def test_a_role_that_was_revoked_opens_nothing(
    fleet: Fleet, deploy_role: None, token_service: dict[str, str], kms: FakeKms
) -> None:
    kms.refusals[KEY] = "AccessDeniedException"
    with pytest.raises(JobFailedError, match="AWS refused kms:Decrypt: AccessDeniedException"):
        run_github(fleet.job(), fleet.machine, secrets={}, token_service=token_service)
