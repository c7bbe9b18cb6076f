"""A home in which answers are kept for the next command, and a look at whether one is known."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

from command_line import Ended, Environ, run_pyvault, variables
from fake_aws.client import FakeAws
from pyvault.warm.replay import Answer, find_answer

SETTLED = 1.05  # seconds after which a file counts as settled; see pyvault.warm.recorder
KEY_FILE = f"pyvault-keyfile-v1:{'A' * 43}=\n"


class WarmHome:
    """A vault that a key file opens, with the key of user demo, and profiles of it."""

    def __init__(self, home: Path, aws: FakeAws, more: Environ | None = None, *, stored: bool = True) -> None:
        self.home = home
        self.aws = aws
        self.runtime = home / "run"
        self.runtime.mkdir(mode=0o700, exist_ok=True)
        (home / "key").write_text(KEY_FILE)
        (home / "key").chmod(0o600)
        self.environ: dict[str, str | None] = {
            "PYVAULT_WARM": "1",
            "PYVAULT_KEYFILE": str(home / "key"),
            "XDG_RUNTIME_DIR": str(self.runtime),
            **(more or {}),
        }
        self.config = home / ".aws" / "config"
        self.config.parent.mkdir(exist_ok=True)
        here = f"region = eu-west-1\nendpoint_url = {aws.url}\n"
        role = f"role_arn = {aws.role_arn('reader')}\n"
        self.config.write_text(f"[profile demo]\n{here}[profile reader]\nsource_profile = demo\n{here}{role}")
        if stored:
            self.add("demo")

    @property
    def state(self) -> Path:
        return self.home / ".local" / "state" / "pyvault"

    @property
    def data(self) -> Path:
        return self.home / ".local" / "share" / "pyvault"

    @property
    def entries(self) -> Path:
        return self.state / "warm"

    def add(self, profile: str, user: str = "demo") -> Ended:
        key = self.aws.key(user)
        keys = {"AWS_ACCESS_KEY_ID": key.access_key_id, "AWS_SECRET_ACCESS_KEY": key.secret_access_key}
        ended = self.run("add", profile, "--env", "--no-verify", "--no-add-config", "--force", env=keys)
        assert ended.code == 0, ended.err
        return ended

    def run(self, *words: str, env: Environ | None = None, cwd: Path | None = None) -> Ended:
        return run_pyvault(self.home, *words, env={**self.environ, **(env or {})}, cwd=cwd)

    def ordinary(self, *words: str, env: Environ | None = None, cwd: Path | None = None) -> Ended:
        """Run without the warm path."""
        return self.run(*words, env={**(env or {}), "PYVAULT_WARM": "0"}, cwd=cwd)

    def variables(self, env: Environ | None = None) -> Mapping[str, str]:
        return variables(self.home, {**self.environ, **(env or {})})

    def known(self, *words: str, env: Environ | None = None) -> Answer | None:
        """Give the answer that a command would get at once."""
        return find_answer(list(words), self.variables(env))

    def warm_up(self, *words: str, env: Environ | None = None, cwd: Path | None = None) -> Ended:
        """Run until the answer is known: the first run may fetch, the next one finds settled files."""
        assert self.run(*words, env=env, cwd=cwd).code == 0
        time.sleep(SETTLED)
        return self.run(*words, env=env, cwd=cwd)
