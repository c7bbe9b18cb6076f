"""The .envrc of docs/shell.md under the real direnv."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from docs.reader import run, store_ci_user
from fake_aws.client import FakeAws

PAGE = (Path(__file__).parents[2] / "docs" / "shell.md").read_text()
(ENVRC,) = re.findall(r"```sh\n# \.envrc\n(.*?)```", PAGE, re.DOTALL)
WHO = ["aws", "sts", "get-caller-identity"]


@pytest.mark.peer("direnv")
def test_entering_the_directory_gives_it_credentials(
    environ: dict[str, str], fake_aws: FakeAws, private_home: Path
) -> None:
    store_ci_user(environ, fake_aws, private_home)
    project = private_home / "project"
    project.mkdir()
    (project / ".envrc").write_text(ENVRC)

    not_allowed = subprocess.run(["direnv", "exec", project, *WHO], env=environ, capture_output=True, check=False)
    assert not_allowed.returncode != 0
    assert fake_aws.ops() == ["sts.GetCallerIdentity"]  # of add: nothing was fetched for a file that nobody allowed

    run(["direnv", "allow", str(project)], environ, private_home)
    assert ":user/demo" in run(["direnv", "exec", str(project), *WHO], environ, private_home)
    assert ":user/demo" in run(["direnv", "exec", str(project), *WHO], environ, private_home)
    assert fake_aws.ops().count("sts.GetSessionToken") == 1  # the second time the session came from the cache

    outside = subprocess.run(WHO, env=environ, cwd=private_home, capture_output=True, text=True, check=False)
    assert outside.returncode != 0
