"""`make demo`: the main job, end to end, on this machine alone.

A HOME of its own, the encrypted file, and a local stand-in for AWS that checks
signatures, MFA and expiry. Nothing of yours is read or changed.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

from fake_aws.client import FakeAws

BIN = Path(sysconfig.get_path("scripts"))

CONFIG = """\
[profile reader]
source_profile = demo
role_arn = {role}
"""

GOODBYE = """
That was the whole job: a key pair that is only ever stored encrypted, and programs
that only ever see credentials that expire. To start for real, with a key pair of yours:

    export PATH={bin}:$PATH
    pyvault add ci-user --region eu-west-1
    pyvault exec ci-user -- aws sts get-caller-identity
"""


class Stage:
    """Runs commands as a person would see them."""

    def __init__(self, home: Path, aws: FakeAws) -> None:
        self.env = {
            "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
            "HOME": str(home),
            "PYVAULT_BACKEND": "file",
            "PYVAULT_KEYFILE": str(home / "ci.key"),
            "AWS_ENDPOINT_URL": aws.url,
            "AWS_REGION": "eu-west-1",
            "AWS_PAGER": "",
        }

    def say(self, text: str) -> None:
        print(f"\n# {text}", flush=True)  # noqa: T201 - a demo prints

    def run(self, line: str, **env: str) -> None:
        """Run one line, show it and its output; stop at the first failure."""
        print(f"$ {line}", flush=True)  # noqa: T201 - the same
        done = subprocess.run(shlex.split(line), env={**self.env, **env}, check=False)
        if done.returncode:
            sys.exit(f"demo: exit code {done.returncode}")


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="pyvault-demo-") as folder, FakeAws() as aws:
        home = Path(folder)
        stage = Stage(home, aws)
        pair = aws.key("demo")

        stage.say("An encrypted vault, opened by a key file as on a CI runner (a passphrase works too).")
        stage.run(f"pyvault vault init --keyfile {home}/ci.key")

        stage.say("Store a key pair; it is checked against AWS first.")
        keys = {"AWS_ACCESS_KEY_ID": pair.access_key_id, "AWS_SECRET_ACCESS_KEY": pair.secret_access_key}
        stage.run("pyvault add demo --env", **keys)

        stage.say("Run a real AWS CLI with temporary credentials.")
        stage.run("pyvault exec demo -- aws sts get-caller-identity")
        stage.run("pyvault exec demo -- aws s3 ls")

        with (home / ".aws" / "config").open("a") as config:
            config.write(CONFIG.format(role=aws.role_arn("reader")))
        stage.say("A role on top of it, from ~/.aws/config: first what would happen, then the thing itself.")
        stage.run("pyvault explain reader")
        stage.run("pyvault exec reader -- aws sts get-caller-identity --query Arn --output text")

        stage.say("What is stored and what is cached.")
        stage.run("pyvault list")
        stage.run("pyvault vault verify")
    print(GOODBYE.format(bin=shlex.quote(str(BIN))))  # noqa: T201 - the same


if __name__ == "__main__":
    main()
