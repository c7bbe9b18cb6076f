"""The job of docs/fleet.md, run as GitHub runs it: a role, a KMS key, a fingerprint, and no secret.

Its vault lies where the page has it, in the bucket ``example-team``: of moto, which is the S3 here (``make engines``).
STS is the local AWS, which gives the role for the token of the job and for nothing else.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import engines
from docs.runners import JobFailedError, Machine, run_github
from docs.test_ci import SAMPLE, SCRIPTS, deploy_role, environ, machine, token_service
from engines import Engine
from fake_aws.client import FakeAws
from fake_kms import KEY, FakeKms
from fault_proxy import REFUSED, FaultProxy

__all__ = ["deploy_role", "environ", "machine", "token_service"]

PAGE = (Path(__file__).parents[2] / "docs" / "fleet.md").read_text()
(JOB,) = re.findall(r"```yaml\n# \.github/workflows/deploy\.yml\n(.*?)```", PAGE, re.DOTALL)
BUCKET, OBJECT = "example-team", "deploy.pyv"
URL = f"s3://{BUCKET}/{OBJECT}"
needs_tools = pytest.mark.peer("curl", "jq")


@pytest.fixture
def kms() -> Iterator[FakeKms]:
    with FakeKms() as running:
        yield running


@pytest.fixture(scope="module")
def moto() -> Iterator[Engine]:
    engines.need("moto")
    with Engine("moto") as running:
        yield running


@pytest.fixture
def s3(moto: Engine) -> Iterator[FaultProxy]:
    """The S3 of this test, with an empty bucket of the page; it knows what it was asked for."""
    moto.reset()
    moto.client().create_bucket(Bucket=BUCKET)
    moto.client().put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    with FaultProxy(moto.port) as between:
        yield between


class Fleet:
    """The vault of the team in its bucket, and runners that have a role."""

    def __init__(self, machine: Machine, aws: FakeAws, kms: FakeKms, s3: FaultProxy, folder: Path) -> None:
        services = {
            "AWS_ENDPOINT_URL_KMS": kms.url,
            "AWS_EC2_METADATA_DISABLED": "true",
            "PYVAULT_BACKEND_FILE__ENDPOINT_URL": s3.url,
        }
        self._person = {
            **machine.environ,
            **aws.environ("demo"),
            **services,
            "HOME": str(folder),
            "PYVAULT_BACKEND": "file",
            "PYVAULT_FILE": URL,
            "PYVAULT_KEYFILE": str(folder / "my.key"),
        }
        self.machine = replace(machine, environ={**machine.environ, **services})
        self.folder = folder
        self.make()

    def make(self) -> None:
        self.pyvault("vault", "init", "--keyfile", str(self.folder / "my.key"))
        self.pyvault("add", "deploy", "--env")
        self.pyvault("vault", "slot", "add", "--kms", KEY)
        self.fingerprint = json.loads(self.pyvault("vault", "verify", "--json"))["fingerprint"]

    def forget(self) -> None:
        """Let the next vault be that of another person, who has another key file and remembers nothing."""
        self.folder = self.folder / "other"
        self.folder.mkdir()
        self._person |= {"HOME": str(self.folder), "PYVAULT_KEYFILE": str(self.folder / "my.key")}

    def pyvault(self, *words: str) -> str:
        ended = subprocess.run(
            [f"{SCRIPTS}/pyvault", *words], env=self._person, check=True, capture_output=True, text=True
        )
        return ended.stdout

    def job(self, fingerprint: str | None = None) -> str:
        """Give the job of the page for this vault: nothing but the fingerprint is another."""
        assert f"PYVAULT_FILE: {URL}\n" in JOB
        assert SAMPLE in JOB
        return JOB.replace(SAMPLE, fingerprint or self.fingerprint)


@pytest.fixture
def fleet(machine: Machine, fake_aws: FakeAws, kms: FakeKms, s3: FaultProxy, tmp_path: Path) -> Fleet:
    return Fleet(machine, fake_aws, kms, s3, tmp_path)


@needs_tools
def test_the_job_needs_nothing_but_its_role(
    fleet: Fleet,
    deploy_role: None,
    token_service: dict[str, str],
    fake_aws: FakeAws,
    kms: FakeKms,
    s3: FaultProxy,
) -> None:
    asked, called = len(fake_aws.ops()), len(kms.calls)
    s3.calm()
    assert ":user/demo" in run_github(fleet.job(), fleet.machine, secrets={}, token_service=token_service)
    assert [call.operation for call in kms.calls[called:]] == ["Decrypt", "Decrypt"], "each command asks"
    # What the page counts for one start: the second command has the session of the first.
    assert s3.requests == [f"GET /{BUCKET}/{OBJECT} HTTP/1.1"] * 2
    role = "sts.AssumeRoleWithWebIdentity"
    ops = fake_aws.ops()[asked:]
    assert ops == [role, role, "sts.GetSessionToken", role, role, "sts.GetCallerIdentity"]
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


@needs_tools
def test_a_role_that_may_not_read_the_bucket_is_named(
    fleet: Fleet, deploy_role: None, token_service: dict[str, str], s3: FaultProxy
) -> None:
    s3.arm(next(fault for fault in REFUSED if fault.name == "403"), times=1000)
    with pytest.raises(JobFailedError, match=r"s3:GetObject was refused for .*: AccessDenied"):
        run_github(fleet.job(), fleet.machine, secrets={}, token_service=token_service)


@needs_tools
def test_the_vault_of_somebody_else_in_its_place_is_refused(
    fleet: Fleet, deploy_role: None, token_service: dict[str, str], moto: Engine
) -> None:
    """He may write the object, and encrypt with the runners' key: a vault of his own, with a slot of it."""
    expected = fleet.fingerprint
    moto.client().delete_object(Bucket=BUCKET, Key=OBJECT)
    fleet.forget()
    fleet.make()
    with pytest.raises(JobFailedError, match="not the expected one"):
        run_github(fleet.job(expected), fleet.machine, secrets={}, token_service=token_service)
