"""Stand-ins for the runners of CI services: they do what the services document, for the YAML of our pages.

What the service provides is given by the test (secrets, tokens, the checkout); what a job runs is run as
it stands, in the shell and with the environment that the service gives it. An expression, an action or
a key that isn't known here fails.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

#: The actions of our pages, and what they are told.
ACTIONS = {
    "actions/checkout": {"persist-credentials"},
    "hashicorp/setup-terraform": {"terraform_version", "terraform_wrapper"},
}
TERRAFORM_IMAGE = re.compile(r"hashicorp/terraform:\d+\.\d+\.\d+")

EXPRESSION = re.compile(r"\$\{\{\s*([\w.]+)\s*\}\}")


class JobFailedError(AssertionError):
    """A command of a job failed; holds its output."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """A runner's machine.

    Attributes:
        repository: what a checkout gives.
        work: an empty directory; the job's home and files are made in it.
        environ: what the machine has before any job.
        terraform: the directory that its action or image puts on the PATH.
    """

    repository: Path
    work: Path
    environ: Mapping[str, str]
    terraform: Path

    def check_out(self, *, umask: int) -> Path:
        """Copy the repository as Git does, which keeps no modes but the x bit."""
        project = self.work / "project"
        for source in sorted(self.repository.rglob("*")):
            target = project / source.relative_to(self.repository)
            for directory in reversed([target.parent, *target.parent.parents]):
                if not directory.exists():
                    directory.mkdir()
                    directory.chmod(0o777 & ~umask)
            if source.is_file():
                shutil.copyfile(source, target)
                target.chmod(0o666 & ~umask)
        return project

    def run(self, words: list[str], *, cwd: Path, environ: Mapping[str, str]) -> str:
        """Run one script of a job."""
        ended = subprocess.run(
            words,
            cwd=cwd,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        if ended.returncode != 0:
            raise JobFailedError(f"{words[-1]}\n[{ended.returncode}]\n{ended.stdout}\n{ended.stderr}")
        assert "pyvault: " not in ended.stderr, ended.stderr  # no warning in the log of a good job
        return ended.stdout


def run_github(text: str, machine: Machine, *, secrets: Mapping[str, str], token_service: Mapping[str, str]) -> str:
    """Run the only job of a workflow; give what its commands print.

    Args:
        secrets: of the repository.
        token_service: the variables with which a job may ask for a token, if it has the permission.
    """
    workflow = yaml.safe_load(text)
    (job,) = workflow["jobs"].values()
    temporary = machine.work / "temp"
    temporary.mkdir()
    exported = temporary / "github-env"
    exported.touch()
    context = {f"secrets.{name}": value for name, value in secrets.items()} | {
        "runner.temp": str(temporary),
        "github.workspace": str(machine.work / "project"),
    }
    environ = {**machine.environ, "CI": "true", "RUNNER_TEMP": str(temporary), "GITHUB_ENV": str(exported)}
    # The images of GitHub have the directory of pipx on their PATH.
    environ["PATH"] = f"{environ['HOME']}/.local/bin{os.pathsep}{environ['PATH']}"
    if workflow.get("permissions", {}).get("id-token") == "write":
        environ |= token_service
    environ |= _filled(workflow.get("env", {}), context) | _filled(job.get("env", {}), context)
    project, shown = machine.work, ""
    for step in job["steps"]:
        if unknown := set(step) - {"name", "uses", "with", "run", "env", "if"}:
            raise JobFailedError(f"a step has {unknown}")
        if "uses" in step:
            action, _, version = step["uses"].partition("@")
            assert re.fullmatch(r"v\d+\.\d+\.\d+", version), version
            assert step.get("with", {}).keys() <= ACTIONS[action]
            if action == "actions/checkout":
                project = machine.check_out(umask=0o022)
            else:
                environ["PATH"] = f"{machine.terraform}{os.pathsep}{environ['PATH']}"
            continue
        own = environ | dict(line.split("=", 1) for line in exported.read_text().splitlines())
        script = _fill(step["run"], context)
        own |= _filled(step.get("env", {}), context)
        # How GitHub runs a step that names no shell.
        shown += machine.run(["bash", "-e", "-c", script], cwd=project, environ=own)
    return shown


def run_gitlab(text: str, machine: Machine, *, files: Mapping[str, str], token: Mapping[str, str]) -> str:
    """Run the only job of a pipeline in the manner of the Docker executor; give what its commands print.

    Args:
        files: contents of the project's variables of the type File.
        token: of each audience.
    """
    (job,) = yaml.safe_load(text).values()
    known = {"image", "rules", "variables", "id_tokens", "before_script", "script", "after_script"}
    if unknown := set(job) - known:
        raise JobFailedError(f"the job has {unknown}")
    # This image's entry point is terraform itself, which would take the job's shell for a subcommand.
    assert TERRAFORM_IMAGE.fullmatch(job["image"]["name"])
    assert job["image"]["entrypoint"] == [""]
    # The executor works with a umask of 0: everything is open to everybody.
    project = machine.check_out(umask=0)
    environ = {**machine.environ, "CI": "true", "CI_PROJECT_DIR": str(project)}
    environ["PATH"] = f"{machine.terraform}{os.pathsep}{environ['PATH']}"
    beside = machine.work / "project.tmp"
    beside.mkdir()
    for name, content in files.items():
        (beside / name).write_text(content)
        (beside / name).chmod(0o666)
        environ[name] = str(beside / name)
    environ |= {name: token[wanted["aud"]] for name, wanted in job.get("id_tokens", {}).items()}
    environ |= job.get("variables", {})
    shown = ""
    # One shell runs before_script and script; after_script has another.
    for lines in ([*job.get("before_script", []), *job["script"]], job.get("after_script", [])):
        script = "\n".join(["set -eo pipefail", "umask 0", *lines])
        shown += machine.run(["bash", "-c", script], cwd=project, environ=environ)
    return shown


def _filled(variables: Mapping[str, Any], context: Mapping[str, str]) -> dict[str, str]:
    return {name: _fill(str(value), context) for name, value in variables.items()}


def _fill(text: str, context: Mapping[str, str]) -> str:
    return EXPRESSION.sub(lambda found: context[found[1]], text)


def stand_in(directory: Path, name: str, script: str) -> None:
    """Put a program on a PATH that begins with *directory*."""
    directory.mkdir(exist_ok=True)
    (directory / name).write_text(f"#!/bin/sh\n{script}\n")
    (directory / name).chmod(0o755)


def path_with(directory: Path, *more: str) -> str:
    """Give a PATH on which the stand-ins come first."""
    return os.pathsep.join([str(directory), *more, "/usr/local/bin", "/usr/bin", "/bin"])
