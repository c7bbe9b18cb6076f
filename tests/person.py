"""Somebody at a command line: a home, a vault opened by a key file, the real AWS CLI."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import starts
from fake_aws.client import REGION, FakeAws

BIN = Path(sys.executable).parent
WHO = ("aws", "sts", "get-caller-identity", "--query", "Arn", "--output", "text")


class Person:
    """Somebody with a vault, a config and the AWS CLI."""

    def __init__(self, aws: FakeAws, home: Path) -> None:
        self.aws = aws
        self.home = home
        keyfile = home / "key"
        keyfile.write_text(f"pyvault-keyfile-v1:{'A' * 43}=\n")
        keyfile.chmod(0o600)
        self.environ = {
            **os.environ,
            "PATH": f"{BIN}:{os.environ['PATH']}",
            "AWS_ENDPOINT_URL": aws.url,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_CONFIG_FILE": str(home / "config"),
            "PYVAULT_BACKEND": "file",
            "PYVAULT_KEYFILE": str(keyfile),
        }

    def config(self, text: str) -> None:
        (self.home / "config").write_text(text)

    def run(self, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
        return starts.run(
            words,
            env=self.environ | environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def add(self, profile: str, user: str) -> None:
        pair = self.aws.key(user)
        keys = {"AWS_ACCESS_KEY_ID": pair.access_key_id, "AWS_SECRET_ACCESS_KEY": pair.secret_access_key}
        ended = self.run("pyvault", "add", profile, "--env", "--no-verify", "--no-add-config", **keys)
        assert ended.returncode == 0, ended.stderr

    def who(self, profile: str, *options: str) -> str:
        """Give the ARN that the AWS CLI sees as a child of exec."""
        ended = self.run("pyvault", "--no-input", "exec", profile, *options, "--", *WHO)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout.strip()
