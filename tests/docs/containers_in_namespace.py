"""Run by test_containers.py inside a network namespace; never collected outside.

There is no Docker engine here: ``engine.py`` stands in for it, AWS's command line for Terraform's image.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from docs.compose import as_docker_run
from docs.reader import run, store_ci_user
from docs.runners import stand_in
from fake_aws.client import FakeAws

PAGE = (Path(__file__).parents[2] / "docs" / "containers.md").read_text()
ON_LOOPBACK, OF_ECS, SIDECAR = re.findall(r"```yaml\n# compose.yaml\n(.*?)```", PAGE, re.DOTALL)
(DOCKER_RUN,) = re.findall(r"```sh\n(docker run.*?)```", PAGE, re.DOTALL)
GIVE_ADDRESS, TAKE_BACK = re.findall(r"```sh\n(sudo .*?)```", PAGE, re.DOTALL)
(MAKE_TOKEN,) = re.findall(r"```sh\n(\(umask 077; openssl .*?)\nPV_UID", PAGE, re.DOTALL)
(SERVER, *_) = re.findall(r"^pyvault server .* &$", PAGE, re.MULTILINE)
ENGINE = Path(__file__).with_name("engine.py")


@pytest.fixture
def shell(environ: dict[str, str], fake_aws: FakeAws, private_home: Path, tmp_path: Path) -> dict[str, str]:
    """The environment of a person's shell, with a vault and the stand-ins."""
    programs = tmp_path / "programs"
    stand_in(programs, "docker", f'exec "{sys.executable}" "{ENGINE}" "$@"')
    stand_in(programs, "terraform", 'test "$*" = plan || exit 8; aws sts get-caller-identity')
    stand_in(programs, "sudo", 'exec "$@"')
    environ["PATH"] = f"{programs}{os.pathsep}{environ['PATH']}"
    store_ci_user(environ, fake_aws, private_home)
    return environ


def start(script: str, place: str, environ: dict[str, str], home: Path) -> Iterator[dict[str, str]]:
    """Run the lines that end with the start of a server; give what compose would be told."""
    words = ["bash", "-euc", f"{script.strip().removesuffix('&')} >server.out &\necho $!"]
    with (home / "server.log").open("w") as log:
        told = subprocess.run(
            words, env=environ, cwd=home, stdout=subprocess.PIPE, stderr=log, text=True, check=True, timeout=60
        )
    pid = int(told.stdout.split()[-1])
    try:
        run(
            ["curl", "-sf", "--retry", "50", "--retry-connrefused", "--retry-delay", "1", f"{place}/healthz"],
            environ,
            home,
        )
        token = (home / "pv.token").read_text()
        yield {**environ, "PV_UID": str(os.getuid()), "PV_TOKEN": token}
    finally:
        os.kill(pid, 15)


@pytest.fixture
def beside_loopback(shell: dict[str, str], private_home: Path) -> Iterator[dict[str, str]]:
    yield from start(SERVER, "http://127.0.0.1:8911", shell, private_home)


@pytest.fixture
def beside_ecs_address(shell: dict[str, str], private_home: Path) -> Iterator[dict[str, str]]:
    yield from start(GIVE_ADDRESS, "http://169.254.170.2", shell, private_home)
    run(["bash", "-euc", TAKE_BACK], shell, private_home)
    assert "169.254.170.2" not in run(["ip", "address", "show"], shell, private_home)
    lowest_port = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")  # of this namespace
    assert lowest_port.read_text() == "1024\n"


def test_docker_run_on_loopback(beside_loopback: dict[str, str], private_home: Path) -> None:
    assert ":user/demo" in run(["bash", "-euc", DOCKER_RUN], beside_loopback, private_home)


def test_compose_on_loopback(beside_loopback: dict[str, str], private_home: Path) -> None:
    assert ":user/demo" in run(as_docker_run(ON_LOOPBACK, beside_loopback), beside_loopback, private_home)


def test_on_loopback_a_container_of_another_user_gets_nothing(
    beside_loopback: dict[str, str], private_home: Path
) -> None:
    words = as_docker_run(ON_LOOPBACK, {**beside_loopback, "PV_UID": "65534"})
    address = "http://127.0.0.1:8911/profile/ci-user"
    ask = ["curl", "-s", "-w", "%{http_code}", "-H", f"Authorization: {beside_loopback['PV_TOKEN']}", address]
    image = words.index("hashicorp/terraform")
    shown = run([*words[:image], "curl", *ask[1:]], beside_loopback, private_home)
    assert shown.endswith("403")
    assert "AccessKeyId" not in shown
    assert "AccessKeyId" in run(ask, beside_loopback, private_home)  # with the same token, as the same user


def test_compose_at_the_address_of_ecs(
    beside_ecs_address: dict[str, str], fake_aws: FakeAws, private_home: Path
) -> None:
    words = as_docker_run(OF_ECS, beside_ecs_address)
    image = words.index("rclone/rclone")
    words[image:image] = ["-e", f"RCLONE_CONFIG_S3_ENDPOINT={fake_aws.url}"]
    assert "demo-logs" in run(words, beside_ecs_address, private_home)


def test_other_clients_at_the_address_of_ecs_also_as_another_user(
    beside_ecs_address: dict[str, str], fake_aws: FakeAws, private_home: Path, tmp_path: Path
) -> None:
    words = as_docker_run(OF_ECS, beside_ecs_address)[:-3]
    script = "import boto3; print(boto3.client('sts').get_caller_identity()['Arn'])"
    stand_in(tmp_path / "programs", "boto3", f'"{sys.executable}" -W ignore -c "{script}"')
    assert ":user/demo" in run([*words, "boto3"], beside_ecs_address, private_home)
    assert shutil.which("/usr/bin/aws")
    second = ["--endpoint-url", fake_aws.url, "sts", "get-caller-identity"]
    assert ":user/demo" in run([*words, "--user", "65534", "/usr/bin/aws", *second], beside_ecs_address, private_home)


def test_a_sidecar_beside_a_container_of_another_user(
    shell: dict[str, str], fake_aws: FakeAws, private_home: Path
) -> None:
    jobs = {"PYVAULT_FILE": str(private_home / "jobs" / "vault.pyv"), "PYVAULT_KEYFILE": str(private_home / "jobs.key")}
    (private_home / "jobs").mkdir(mode=0o700)
    (private_home / ".aws").mkdir(exist_ok=True)
    (private_home / ".aws" / "config").touch()
    store_ci_user({**shell, **jobs}, fake_aws, private_home)
    run(["bash", "-euc", MAKE_TOKEN], shell, private_home)
    told = {**shell, "PV_UID": str(os.getuid()), "PV_TOKEN": (private_home / "pv.token").read_text().strip()}
    script = f"exec {shlex.join(as_docker_run(SIDECAR, told, 'credentials'))} &"
    app = as_docker_run(SIDECAR, told, "app")[:-3]
    app += ["/usr/bin/aws", "--endpoint-url", fake_aws.url, "sts", "get-caller-identity"]
    for _ in start(script, "http://127.0.0.1:8911", told, private_home):
        assert ":user/demo" in run(app, told, private_home)
        assert (private_home / "server.log").read_text() == ""
