"""pv-assume, pv-unset and completions in real shells."""

from __future__ import annotations

import re
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


#: What every test begins with; SET name value, which differs, and the rest is the same in all three.
BEGIN = {
    "bash": 'eval "$(pyvault shell-init bash)"; ',
    "zsh": 'eval "$(pyvault shell-init zsh)"; ',
    "fish": "pyvault shell-init fish | source; ",
}


def scripted(person: Person, shell: str, *lines: str) -> subprocess.CompletedProcess[str]:
    """Run lines that all shells read, after ``SET name value`` has been put into the shell's own words."""
    spoken = [re.sub(r"^SET (\w+) (\S+)$", r"set -gx \1 \2" if shell == "fish" else r"export \1=\2", x) for x in lines]
    return in_shell(person, shell, BEGIN[shell] + "; ".join(spoken))


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


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("words", ["--help", "'a b' -h", "--version", "'a b' --format json", "'a b' --format=fish"])
def test_nothing_but_assignments_is_evaluated(person: Person, shell: str, words: str) -> None:
    ended = scripted(
        person,
        shell,
        "SET AWS_SESSION_TOKEN kept",
        f"pv-assume {words} && echo assumed" if shell != "fish" else f"pv-assume {words}; and echo assumed",
        "env",
    )
    assert "AWS_SESSION_TOKEN=kept" in ended.stdout
    assert "assumed" not in ended.stdout
    assert "not found" not in ended.stderr
    assert "Unknown command" not in ended.stderr
    assert "AccessKeyId" not in ended.stdout + ended.stderr
    if "--format" in words:
        assert "pv-assume takes no '--format'" in ended.stderr
    else:
        assert "pyvault" in ended.stdout
        assert ended.stderr == ""


@pytest.mark.parametrize("shell", SHELLS)
def test_the_regions_that_were_there_come_back(person: Person, shell: str) -> None:
    person.config('[profile "a b"]\nregion = eu-west-1\n')
    ended = scripted(
        person,
        shell,
        "SET AWS_REGION us-east-2",
        "SET AWS_DEFAULT_REGION us-west-2",
        "pv-assume 'a b' --region ap-south-1",
        "env | grep REGION= | sort",
        "pv-assume 'a b'",
        "env | grep REGION= | sort",
        "pv-unset",
        "env | grep -E 'REGION=|ACCESS_KEY' | sort",
    )
    assert ended.stderr == ""
    both = "AWS_DEFAULT_REGION={0}\nAWS_REGION={0}\n"
    before = "AWS_DEFAULT_REGION=us-west-2\nAWS_REGION=us-east-2\n"
    assert ended.stdout == both.format("ap-south-1") + both.format("us-east-2") + before


@pytest.mark.parametrize("shell", SHELLS)
def test_one_profiles_region_is_not_the_next_ones(person: Person, shell: str) -> None:
    person.config('[profile "a b"]\nregion = eu-west-1\n[profile c]\nregion = eu-north-1\n')
    person.add("c", "demo")
    del person.environ["AWS_DEFAULT_REGION"]
    ended = scripted(
        person,
        shell,
        "pv-assume 'a b'",
        "env | grep REGION= | sort",
        "pv-assume c",
        "env | grep REGION= | sort",
        "SET AWS_REGION us-east-2",
        "pv-unset",
        "env | grep REGION= | sort",
    )
    assert ended.stderr == ""
    both = "AWS_DEFAULT_REGION={0}\nAWS_REGION={0}\n"
    assert ended.stdout == both.format("eu-west-1") + both.format("eu-north-1") + "AWS_REGION=us-east-2\n"


NAMES = "env | grep -E '^(AWS|AMAZON)_' | grep -vE 'CONFIG_FILE|ENDPOINT_URL|REGION|_KEY_ID|SECRET_ACCESS|TOKEN=.{9}' | sort"
MINE = {
    "AWS_PROFILE": "other",
    "AWS_ACCOUNT_ID": "999999999999",
    "AWS_SESSION_TOKEN": "old",
    "AWS_CREDENTIAL_EXPIRATION": "2020-01-01T00:00:00Z",
    "AWS_BEARER_TOKEN_BEDROCK": "own",
    "AMAZON_ACCESS_KEY": "kept",
    "AWS_WEB_IDENTITY_TOKEN_FILE": "/t",
}


@pytest.mark.parametrize("shell", SHELLS)
def test_what_leads_to_other_credentials_goes_and_comes_back(person: Person, shell: str) -> None:
    person.config(
        '[profile "a b"]\nregion = eu-west-1\n[profile c]\nregion = eu-west-1\nuse_dualstack_endpoint = false\n'
    )
    person.add("c", "demo")
    ended = scripted(
        person,
        shell,
        *(f"SET {name} {value}" for name, value in MINE.items()),
        "pv-assume c",
        NAMES + " | sed 's/=20[2-9].*Z/=SOON/'",
        "echo next",
        "pv-assume 'a b'",
        NAMES + " | sed 's/=20[2-9].*Z/=SOON/'",
        "echo before",
        "pv-unset",
        NAMES,
    )
    assert ended.stderr == ""
    assumed, following, before = re.split("next\n|before\n", ended.stdout)
    soon = "AMAZON_ACCESS_KEY=kept\nAWS_CREDENTIAL_EXPIRATION=SOON\n"
    assert assumed == soon + "AWS_USE_DUALSTACK_ENDPOINT=false\nAWS_VAULT=c\n"
    assert following == soon + "AWS_VAULT=a b\n"
    assert before == "".join(f"{name}={value}\n" for name, value in sorted(MINE.items()))


@pytest.mark.parametrize("shell", SHELLS)
def test_what_programs_did_not_see_they_do_not_see_afterwards(person: Person, shell: str) -> None:
    hidden = "set -g AWS_PROFILE mine" if shell == "fish" else "AWS_PROFILE=mine"
    ended = scripted(
        person, shell, hidden, "pv-assume 'a b'", "pv-unset", 'echo "<$AWS_PROFILE>"', "env | grep PROFILE="
    )
    assert (ended.stdout, ended.stderr) == ("<mine>\n", "")


@pytest.mark.peer("fish")
def test_what_fish_has_for_all_shells_is_not_taken_away(person: Person) -> None:
    lines = (
        'set -Ux AWS_PROFILE everywhere; set -gx AWS_ACCOUNT_ID 9; pvx; echo "<$AWS_PROFILE>"; pv-unset; env | '
        "grep -E '^AWS_(PROFILE|ACCOUNT_ID)' | sort"
    ).replace("pvx", "pv-assume 'a b'")
    ended = person.run("fish", "-c", BEGIN["fish"] + lines, XDG_CONFIG_HOME=str(person.home / "fish"))
    assert "AWS_PROFILE is a universal variable and stays: set -eU AWS_PROFILE" in ended.stderr
    assert ended.stdout == "<everywhere>\nAWS_ACCOUNT_ID=9\nAWS_PROFILE=everywhere\n"


@pytest.mark.peer("zsh")
def test_a_zsh_without_compinit_gets_the_functions_and_no_complaint(person: Person) -> None:
    ended = person.run("zsh", "-f", "-c", BEGIN["zsh"] + "pv-assume 'a b' && aws sts get-caller-identity")
    assert ":user/demo" in ended.stdout
    assert ended.stderr == ""
