"""aws-vault beside us, where ``AWS_VAULT_BIN`` names one: its file backend, the same key, its own cached session."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

from measure import Case, spend
from scene import clean_environ

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scene import Scene

VARIABLE = "AWS_VAULT_BIN"


def version(binary: str) -> str:
    """Return what it says of itself."""
    done = subprocess.run([binary, "--version"], capture_output=True, text=True, check=True)
    return f"aws-vault {(done.stdout or done.stderr).strip()}"


def commands(scene: Scene) -> Mapping[str, Case]:
    """Return its commands by ours; none where no binary is named.

    One whose SDK knows no ``AWS_ENDPOINT_URL`` can't reach the stand-in for AWS, and runs without a session.
    """
    binary = os.environ.get(VARIABLE)
    if not binary:
        return {}
    home = scene.home / "peer"
    home.mkdir(mode=0o700)
    env = clean_environ(str(home)) | {
        "AWS_ENDPOINT_URL": scene.aws.url,
        "AWS_REGION": "eu-west-1",
        "AWS_MAX_ATTEMPTS": "1",
        "AWS_VAULT_BACKEND": "file",
        "AWS_VAULT_FILE_DIR": f"{home}/keys",
        "AWS_VAULT_FILE_PASSPHRASE": "the bench in the park",
    }
    spend([binary, "add", "bench", "--env"], {**env, **scene.keys})
    plain = [binary, "exec", "bench", "--", "true"]
    has_session = subprocess.run(plain, env=env, capture_output=True, timeout=60, check=False).returncode == 0
    options = [] if has_session else ["--no-session"]
    words = {
        "--version": ["--version"],
        "exec": ["exec", *options, "bench", "--", "true"],
        "export": ["export", *options, "bench"],
        "export json": ["export", *options, "--format", "json", "bench"],
        "list": ["list"],
    }
    return {ours: Case(name=f"aws-vault {ours}", argv=[binary, *theirs], env=env) for ours, theirs in words.items()}
