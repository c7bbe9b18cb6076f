"""The real clients of docs/clients.md: how each is asked who it is, and how it tells its version."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from command_line import PYVAULT

PROGRAMS = Path(__file__).parent
#: What ``tests/clients/build`` made.
BUILT = Path(__file__).parents[2] / "build" / "clients"

ARN = "arn:aws:sts::123456789012:assumed-role/reader/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A real client that says who it is.

    Attributes:
        words: run with no credentials but what its own chain finds.
        needs: a program or file that must be there.
        proof: what its output holds when AWS took its signature.
        everywhere: its packages can be had on every machine that runs these tests.
    """

    name: str
    words: list[str]
    needs: str
    version: list[str]
    proof: str = ARN
    everywhere: bool = True

    @property
    def is_here(self) -> bool:
        """Say whether it can be tried."""
        return shutil.which(self.needs) is not None or Path(self.needs).is_file()

    def find_version(self) -> str:
        """Ask it for its version."""
        told = subprocess.run(self.version, capture_output=True, text=True, check=False).stdout
        number = re.search(r"\d+\.\d+\.\d+", told)
        return number[0] if number else told.strip()


CALLER = ["sts", "get-caller-identity", "--query", "Arn", "--output", "text"]
PIP_AWS = str(PYVAULT.with_name("aws"))
PYTHON = [sys.executable, "-W", "ignore", "-c"]
S3 = "':s3,provider=AWS,env_auth=true,region=eu-west-1,endpoint=\"'\"$AWS_ENDPOINT_URL\"'\":'"
JS_SDK = BUILT / "node_modules" / "@aws-sdk" / "client-sts" / "package.json"
#: The state of Terraform in S3: the same code as its AWS provider gets the credentials and asks who it is;
#: what it looks for then, our S3 doesn't have.
TERRAFORM = f"cp {shlex.quote(str(PROGRAMS / 'terraform' / 'main.tf'))} . && TF_LOG=trace terraform init -no-color 2>&1"


def debian_version(package: str) -> list[str]:
    return ["dpkg-query", "--show", "--showformat=${Version}", package]


CLIENTS = [
    Client(name="AWS CLI v1", words=[PIP_AWS, *CALLER], needs=PIP_AWS, version=[PIP_AWS, "--version"]),
    Client(
        name="boto3",
        words=[*PYTHON, "import boto3; print(boto3.client('sts').get_caller_identity()['Arn'])"],
        needs=sys.executable,
        version=[*PYTHON, "import boto3; print(boto3.__version__)"],
    ),
    Client(
        name="AWS CLI v2",  # Debian's is older than AWS_ENDPOINT_URL
        words=["sh", "-c", f'/usr/bin/aws --endpoint-url "$AWS_ENDPOINT_URL" {shlex.join(CALLER)}'],
        needs="/usr/bin/aws",
        version=["/usr/bin/aws", "--version"],
    ),
    Client(
        name="JavaScript v3",
        words=["node", str(BUILT / "caller.js")],
        needs=str(JS_SDK),
        version=["node", "-p", f"require('{JS_SDK}').version"],
    ),
    Client(
        name="Java v2",
        words=["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", f"{BUILT}/java:{BUILT}/java/*", "Caller"],
        needs=str(BUILT / "java" / "Caller.class"),
        version=["sh", "-c", f"ls {BUILT}/java/sts-*.jar"],
        everywhere=False,
    ),
    Client(
        name="Go v1",
        words=[str(BUILT / "gov1")],
        needs=str(BUILT / "gov1"),
        version=debian_version("golang-github-aws-aws-sdk-go-dev"),
    ),
    Client(
        name="Go v2",
        words=[str(BUILT / "gov2")],
        needs=str(BUILT / "gov2"),
        version=debian_version("golang-github-aws-aws-sdk-go-v2-dev"),
    ),
    Client(
        name="Ruby",
        words=["ruby", str(PROGRAMS / "caller.rb")],
        needs="ruby",
        version=["ruby", "-e", 'require "aws-sdk-core"; puts Aws::CORE_GEM_VERSION'],
    ),
    Client(
        name="rclone",
        words=["sh", "-c", f"rclone --retries 1 --low-level-retries 1 lsd {S3}"],
        needs="rclone",
        version=["rclone", "version"],
        proof="demo-logs",
    ),
    Client(
        name="Terraform",
        words=["sh", "-c", TERRAFORM],
        needs="terraform",
        version=["terraform", "version"],
        everywhere=False,
    ),
]
