"""Run by test_clients.py inside a network namespace; never collected outside."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from command_line import PYVAULT, Pyvault, clean_environ
from fake_aws.client import FakeAws

PAGE = Path(__file__).parents[2] / "docs" / "clients.md"
PROGRAMS = Path(__file__).parents[1] / "clients"
WRITE = os.environ.get("PYVAULT_WRITE_DOCS") == "1"  # read before the fixtures take our variables away
BUILT = Path(os.environ.get("PYVAULT_CLIENTS", "/nowhere"))

#: How the servers are used: the column of the page, and the options of exec.
WAYS = {
    "ECS, token": ["--ecs-server"],
    "ECS, token file": ["--ecs-server", "--token-file", "token"],
    "EC2": ["--ec2-server"],
}

ARN = "arn:aws:sts::123456789012:assumed-role/reader/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A real client that says who it is.

    Attributes:
        needs: a program that must be there.
        proof: what its output holds when AWS took its signature.
    """

    name: str
    words: list[str]
    needs: str
    version: list[str]
    proof: str = ARN


CALLER = ["sts", "get-caller-identity", "--query", "Arn", "--output", "text"]
PIP_AWS = str(PYVAULT.with_name("aws"))
BOTO3 = "import boto3; print(boto3.client('sts').get_caller_identity()['Arn'])"
CLIENTS = [
    Client(name="AWS CLI v1", words=[PIP_AWS, *CALLER], needs=PIP_AWS, version=[PIP_AWS, "--version"]),
    Client(
        name="boto3",
        words=[sys.executable, "-W", "ignore", "-c", BOTO3],
        needs=sys.executable,
        version=[sys.executable, "-W", "ignore", "-c", "import boto3; print(boto3.__version__)"],
    ),
    Client(
        name="AWS CLI v2",
        words=["sh", "-c", f'/usr/bin/aws --endpoint-url "$AWS_ENDPOINT_URL" {" ".join(CALLER)}'],
        needs="/usr/bin/aws",
        version=["/usr/bin/aws", "--version"],
    ),
    Client(
        name="JavaScript v3",
        words=["node", str(BUILT / "caller.js")],
        needs=str(BUILT / "node_modules" / "@aws-sdk" / "client-sts"),
        version=["node", "-p", f"require('{BUILT}/node_modules/@aws-sdk/client-sts/package.json').version"],
    ),
    Client(
        name="Java v2",
        words=["java", "-cp", f"{BUILT}/java:{BUILT}/java/*", "Caller"],
        needs=str(BUILT / "java" / "Caller.class"),
        version=["sh", "-c", f"ls {BUILT}/java/sts-*.jar"],
    ),
    Client(name="Go v1", words=[str(BUILT / "gov1")], needs=str(BUILT / "gov1"), version=["echo", "Debian's"]),
    Client(name="Go v2", words=[str(BUILT / "gov2")], needs=str(BUILT / "gov2"), version=["echo", "Debian's"]),
    Client(
        name="Ruby",
        words=["ruby", str(PROGRAMS / "caller.rb")],
        needs="/usr/bin/ruby",
        version=["ruby", "-e", 'require "aws-sdk-core"; puts Aws::CORE_GEM_VERSION'],
    ),
    Client(
        name="rclone",
        words=["sh", "-c", 'rclone --retries 1 lsd ":s3,provider=AWS,env_auth=true,region=eu-west-1,endpoint=\'$AWS_ENDPOINT_URL\':"'],
        needs="/usr/bin/rclone",
        version=["rclone", "version"],
        proof="demo-logs",
    ),
]  # fmt: skip


@pytest.fixture
def variables(pyvault: Pyvault, keyed: dict[str, str | None], fake_aws: FakeAws, tmp_path: Path) -> dict[str, str]:
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "config").write_text(
        f"[profile reader]\nregion = eu-west-1\nendpoint_url = {fake_aws.url}\nsource_profile = demo\n"
        f"role_arn = {fake_aws.role_arn('reader')}\n"
    )
    key = fake_aws.demo_key()
    keys = {"AWS_ACCESS_KEY_ID": key.access_key_id, "AWS_SECRET_ACCESS_KEY": key.secret_access_key}
    assert pyvault("add", "demo", "--env", "--no-verify", "--no-add-config", env=keyed | keys).code == 0
    return {name: value for name, value in {**clean_environ(tmp_path), **keyed}.items() if value is not None}


def test_clients(variables: dict[str, str], tmp_path: Path) -> None:
    seen: dict[tuple[str, str], str] = {}
    for client in CLIENTS:
        if not Path(client.needs).exists():
            continue
        for way, flags in WAYS.items():
            seen[client.name, way] = "yes" if works(client, flags, variables, tmp_path) else "no"
    assert seen
    if WRITE:
        PAGE.write_text(page(seen), encoding="utf-8")
    documented = read_page(PAGE.read_text(encoding="utf-8"))
    assert {cell: documented.get(cell) for cell in seen} == seen


def works(client: Client, flags: list[str], variables: dict[str, str], home: Path) -> bool:
    """Say whether the client got credentials and AWS took what it signed with them."""
    plain = home / "plain"  # a home without a config: the client has nothing but the server
    plain.mkdir(exist_ok=True)
    words = [PYVAULT, "exec", *flags, "reader", "--", "env", f"HOME={plain}", "AWS_MAX_ATTEMPTS=1", *client.words]
    ended = subprocess.run(words, env=variables, cwd=home, capture_output=True, text=True, timeout=120, check=False)
    if client.proof not in ended.stdout:
        sys.stderr.write(f"{client.name} {flags}: {ended.returncode} {ended.stdout[-200:]} {ended.stderr[-300:]}\n")
    return client.proof in ended.stdout


def version(client: Client) -> str:
    if not Path(client.needs).exists():
        return "not tried"
    told = subprocess.run(client.version, capture_output=True, text=True, check=False).stdout
    number = re.search(r"\d+\.\d+\.\d+", told)
    return number[0] if number else told.strip()


def page(seen: dict[tuple[str, str], str]) -> str:
    """Write the page."""
    rows = [
        f"| {client.name} ({version(client)}) | "
        + " | ".join(seen.get((client.name, way), "not tried") for way in WAYS)
        + " |"
        for client in CLIENTS
    ]
    return "\n".join([
        "# Which clients work with the credential servers",
        "",
        "Made by `tests/cli/test_clients.py`, which also checks it: each client, unmodified, finds the credentials by its own",
        "means and proves them with a signed request to the strict local AWS of the tests.",
        "",
        "| client | " + " | ".join(WAYS) + " |",
        "|---|" + "---|" * len(WAYS),
        *rows,
        "",
        "* **ECS, token**: `exec --ecs-server`. The client reads `AWS_CONTAINER_CREDENTIALS_FULL_URI` and",
        "  `AWS_CONTAINER_AUTHORIZATION_TOKEN`. Most clients refuse http to other hosts than loopback.",
        "* **ECS, token file**: with `--token-file`, which older SDKs don't know; Ruby knows neither variable in the version tried.",
        "* **EC2**: `exec --ec2-server`, at the real 169.254.169.254, with a session token (IMDSv2).",
        "",
    ])  # fmt: skip


def read_page(text: str) -> dict[tuple[str, str], str]:
    """Read the table back."""
    cells = {}
    for line in text.splitlines():
        words = [word.strip() for word in line.strip("|").split("|")]
        name = words[0].partition(" (")[0]
        if len(words) == len(WAYS) + 1 and name in {client.name for client in CLIENTS}:
            cells |= {(name, way): word for way, word in zip(WAYS, words[1:], strict=True)}
    return cells
