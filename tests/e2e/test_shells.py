"""pv-assume, pv-unset and completions in real shells."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from fake_aws.client import FakeAws
from person import Person

ASSUME = {
    "bash": 'eval "$(pyvault shell-init bash)"; pv-assume "{name}" && aws sts get-caller-identity; pv-unset; env',
    "zsh": 'autoload -Uz compinit; compinit -u; eval "$(pyvault shell-init zsh)"; '
    'pv-assume "{name}" && aws sts get-caller-identity; pv-unset; env',
    "fish": 'pyvault shell-init fish | source; pv-assume "{name}"; and aws sts get-caller-identity; pv-unset; env',
}
SHELLS = [pytest.param(shell, marks=pytest.mark.peer(shell)) for shell in ASSUME]


@pytest.fixture
def person(fake_aws: FakeAws, tmp_path: Path) -> Person:
    someone = Person(fake_aws, tmp_path)
    someone.add("a b", "demo")
    someone.config('[profile "a b"]\nregion = eu-west-1\n[profile hostile]\nregion = $(touch pwned)\n')
    return someone


def in_shell(person: Person, shell: str, text: str) -> subprocess.CompletedProcess[str]:
    return person.run(shutil.which(shell) or shell, "-c", text)


@pytest.mark.parametrize("shell", SHELLS)
def test_credentials_come_and_go(person: Person, shell: str) -> None:
    ended = in_shell(person, shell, ASSUME[shell].format(name="a b"))
    assert ":user/demo" in ended.stdout, ended.stderr
    after = ended.stdout.split("}", 1)[1]
    assert "AWS_SESSION_TOKEN" not in after
    assert "AWS_ACCESS_KEY_ID" not in after


@pytest.mark.parametrize("shell", SHELLS)
def test_a_failure_leaves_the_shell_as_it_was(person: Person, shell: str) -> None:
    keep = "set -gx AWS_SESSION_TOKEN kept; " if shell == "fish" else "export AWS_SESSION_TOKEN=kept; "
    text = ASSUME[shell].format(name="missing").replace("pv-unset; ", "")
    ended = in_shell(person, shell, keep + text)
    assert "AWS_SESSION_TOKEN=kept" in ended.stdout
    assert "'missing' not found" in ended.stderr


@pytest.mark.parametrize("shell", SHELLS)
def test_a_hostile_config_does_not_become_shell(person: Person, shell: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(person.home)
    person.add("hostile", "demo")
    in_shell(person, shell, ASSUME[shell].format(name="hostile"))
    assert not (person.home / "pwned").exists()
