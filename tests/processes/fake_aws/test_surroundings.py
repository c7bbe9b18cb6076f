"""Machines with a role, and https: the credential chains and trust stores of real clients."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from certificates import make_certificate
from fake_aws.client import FakeAws

AWS = Path(sys.executable).with_name("aws")


@pytest.mark.parametrize(("kind", "name"), [("ec2", "i-0123456789abcdef0"), ("ecs", "task")])
def test_botocore_finds_the_machines_role(fake_aws: FakeAws, monkeypatch: Any, kind: str, name: str) -> None:
    for variable, value in fake_aws.machine_environ(kind).items():
        monkeypatch.setenv(variable, value)
    arn = importlib.import_module("boto3").Session().client("sts").get_caller_identity()["Arn"]
    assert arn == f"arn:aws:sts::123456789012:assumed-role/worker/{name}"
    if kind == "ec2":
        assert fake_aws.ops()[0] == "machine.MetadataToken"


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/latest/meta-data/iam/security-credentials/", {}, 401),
        ("GET", "/latest/meta-data/iam/security-credentials/", {"X-aws-ec2-metadata-token": "x"}, 401),
        ("PUT", "/latest/api/token", {}, 400),
        ("PUT", "/latest/api/token", {"X-aws-ec2-metadata-token-ttl-seconds": "21601"}, 400),
        ("PUT", "/latest/api/token", {"X-aws-ec2-metadata-token-ttl-seconds": "9", "X-Forwarded-For": "1.2.3.4"}, 403),
        ("GET", "/container-credentials", {}, 403),
    ],
)
def test_nobody_gets_the_role_without_a_token(
    fake_aws: FakeAws, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    import http.client

    connection = http.client.HTTPConnection("127.0.0.1", fake_aws.port, timeout=10)
    connection.request(method, path, headers=headers)
    assert connection.getresponse().status == status
    connection.close()


@pytest.fixture
def pem(tmp_path: Path) -> Path:
    return make_certificate(tmp_path)


def test_https_is_trusted_only_with_its_bundle(pem: Path) -> None:
    with FakeAws(tls=pem) as fake:
        environ = {**os.environ, **fake.environ("demo"), "AWS_MAX_ATTEMPTS": "1"}
        words = [str(AWS), "sts", "get-caller-identity", "--query", "Arn", "--output", "text"]
        distrusted = subprocess.run(words, env=environ, capture_output=True, text=True, check=False)
        assert "CERTIFICATE_VERIFY_FAILED" in distrusted.stderr
        environ["AWS_CA_BUNDLE"] = str(pem)
        trusted = subprocess.run(words, env=environ, capture_output=True, text=True, check=True)
        assert trusted.stdout.strip() == "arn:aws:iam::123456789012:user/demo"
