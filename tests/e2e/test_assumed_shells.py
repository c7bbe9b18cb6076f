"""What pv-assume leaves behind: for later commands, other profiles, child shells, prompts; in every shell we write for."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from pathlib import Path

import pexpect
import pytest

from command_line import run_pyvault, variables

CONFIG = """
[profile base]
region = eu-west-1
endpoint_url = http://base.example
[profile other]
region = us-west-2
[profile bare]
"""
#: How each is started, what it begins with, and its word for an exported variable.
SHELLS = {
    "bash": (["bash", "-c"], 'eval "$(pyvault shell-init bash)"'),
    "zsh": (["zsh", "-fc"], 'setopt warn_create_global; eval "$(pyvault shell-init zsh)"'),
    "fish": (["fish", "--no-config", "-c"], "pyvault shell-init fish | source"),
    "dash": (["dash", "-c"], 'set -eu; eval "$(pyvault shell-init sh)"'),
    "busybox": (["busybox", "sh", "-c"], 'set -eu; eval "$(pyvault shell-init sh)"'),
    "posix": (["bash", "--posix", "-c"], 'set -eu; eval "$(pyvault shell-init sh)"'),
}
EACH = [pytest.param(name, marks=pytest.mark.peer("bash" if name == "posix" else name)) for name in SHELLS]
SEE = "env | grep -E '^(AWS_|PV_)' | grep -vE '^AWS_(CONFIG_FILE|CA_BUNDLE|SECRET)' | sort; echo ---"
BASE = {
    "AWS_ACCESS_KEY_ID": "AKIABASE",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_ENDPOINT_URL": "http://base.example",
    "AWS_REGION": "eu-west-1",
    "AWS_VAULT": "base",
}
OTHER = {
    "AWS_ACCESS_KEY_ID": "AKIAOTHER",
    "AWS_DEFAULT_REGION": "us-west-2",
    "AWS_REGION": "us-west-2",
    "AWS_VAULT": "other",
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("home")
    (place / ".aws").mkdir()
    (place / ".aws" / "config").write_text(CONFIG)
    made = run_pyvault(place, "vault", "init", "--keyfile", str(place / "key"))
    assert made.code == 0, made.err
    for profile in ("base", "other", "bare"):
        pair = {"AWS_ACCESS_KEY_ID": f"AKIA{profile.upper()}", "AWS_SECRET_ACCESS_KEY": "s"}
        env = {"PYVAULT_KEYFILE": str(place / "key"), **pair}
        added = run_pyvault(place, "add", profile, "--env", "--no-verify", "--no-add-config", env=env)
        assert added.code == 0, added.err
    return place


def play(home: Path, shell: str, *lines: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run lines that all shells read: ``SET name value``, and ``CHILD`` for a shell of the same kind with ours in it."""
    words, begin = SHELLS[shell]
    nested = begin.replace("set -eu; ", "")

    def spoken(line: str) -> str:
        line = re.sub(r"^SET (\w+) (\S+)$", r"set -gx \1 \2" if shell == "fish" else r"export \1=\2", line)
        return re.sub(r"CHILD (.*)$", lambda found: f"{' '.join(words)} '{nested}\n{found[1]}'", line)

    program = [shutil.which(words[0]) or words[0], *words[1:], "\n".join([begin, *map(spoken, lines)])]
    environ = variables(home, {"PYVAULT_KEYFILE": str(home / "key"), "K": str(home / "key")}) | (env or {})
    return subprocess.run(program, env=environ, cwd=home, capture_output=True, text=True, check=False, timeout=120)


def seen(ended: subprocess.CompletedProcess[str]) -> list[dict[str, str]]:
    """Return the AWS variables of each ``SEE``."""
    assert ended.stderr == ""
    parts = ended.stdout.split("---\n")[:-1]
    return [dict(x.split("=", 1) for x in part.splitlines() if x.startswith("AWS_")) for part in parts]


@pytest.mark.parametrize("shell", EACH)
def test_no_later_command_takes_its_settings_for_the_users(home: Path, shell: str) -> None:
    states = seen(
        play(
            home,
            shell,
            "pv-assume -n base",
            SEE,
            f'pyvault exec -n other -- sh -c "{SEE}"',
            f'pyvault exec -n bare -- sh -c "{SEE}"',
            "pv-assume -n other",
            SEE,
            "pv-unset",
            SEE,
        )
    )
    bare = {"AWS_ACCESS_KEY_ID": "AKIABARE", "AWS_VAULT": "bare"}
    assert states == [BASE, OTHER, bare, OTHER, {}]


@pytest.mark.parametrize("shell", EACH)
def test_child_shells_know_what_was_before(home: Path, shell: str) -> None:
    ended = play(
        home,
        shell,
        "SET AWS_ENDPOINT_URL http://own",
        "SET AWS_PROFILE mine",
        "pv-assume -n base --region ap-south-1",
        "CHILD pyvault export -n other | grep REGION; pv-assume -n other; env | grep ^AWS_REGION; pv-unset; env | grep ^AWS_ | sort",
        "env | grep -c ^AWS_REGION=ap-south-1",
    )
    lines = [line for line in ended.stdout.splitlines() if not line.startswith("AWS_CA_BUNDLE")]
    region = ["AWS_REGION=us-west-2", "AWS_DEFAULT_REGION=us-west-2", "AWS_REGION=us-west-2"]
    assert lines == [*region, "AWS_ENDPOINT_URL=http://own", "AWS_PROFILE=mine", "1"], ended.stderr
    assert ended.stderr == ""


@pytest.mark.parametrize("shell", EACH)
def test_inside_exec_the_prompts_variable_goes_with_the_keys(home: Path, shell: str) -> None:
    words, begin = SHELLS[shell]
    key = "set -gx PYVAULT_KEYFILE $K" if shell == "fish" else "export PYVAULT_KEYFILE=$K"
    names = 'echo "$AWS_VAULT $AWS_ACCESS_KEY_ID $AWS_REGION"'
    refused = (
        "pyvault exec -n other -- true; echo $status" if shell == "fish" else "pyvault exec -n other true || echo $?"
    )
    script = f"{begin}\n{key}\npv-assume -n other\n{names}\n{refused}\nenv | grep -c KEY=s\nenv | grep AKIABASE || true\npv-unset\n{names}"
    ended = run_pyvault(
        home,
        *("exec", "-n", "base", "--", *words, script),
        env={"PYVAULT_KEYFILE": str(home / "key"), "K": str(home / "key")},
    )
    assert ended.out == "other AKIAOTHER eu-west-1\n5\n1\nbase AKIABASE eu-west-1\n", ended.err
    assert "running in an existing pyvault or aws-vault subshell" in ended.err


@pytest.mark.parametrize("shell", EACH)
def test_a_child_shell_has_no_keys_of_before_and_says_whose_they_are(home: Path, shell: str) -> None:
    ended = play(
        home,
        shell,
        "SET AWS_ACCESS_KEY_ID AKIAOLD",
        "SET AWS_SECRET_ACCESS_KEY oldsecret",
        "SET AWS_ACCOUNT_ID 999999999999",
        "SET AWS_VAULT elsewhere",
        "pv-assume -n base",
        "env | grep -E 'AKIAOLD|oldsecret' | wc -l",
        'CHILD pv-unset; env | grep -E "AWS_(ACCESS|SECRET|ACCOUNT|VAULT|REGION)"; echo child',
        "pv-unset",
        "echo $AWS_ACCESS_KEY_ID $AWS_ACCOUNT_ID $AWS_VAULT $AWS_SECRET_ACCESS_KEY",
    )
    warned = "only the shell that pv-assume ran in can bring back AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY"
    assert ended.stderr == f"pyvault: warning: {warned}\n"
    assert ended.stdout == "0\nchild\nAKIAOLD 999999999999 elsewhere oldsecret\n"


def test_exec_hands_nothing_on_of_what_is_remembered(home: Path) -> None:
    ended = play(
        home, "bash", "pv-assume -n base", "env | grep -c ^PV_.*_NOW=", "pyvault exec -n other env | grep ^PV_"
    )
    assert (ended.stdout, ended.stderr) == ("4\n", "")


def test_what_export_prints_leaves_nothing_of_an_assumed_profile(home: Path) -> None:
    export = 'eval "$(pyvault export -n --format export-env bare)"'
    ended = play(home, "bash", "SET AWS_REGION us-east-2", "pv-assume -n base", export, SEE)
    assert seen(ended) == [
        {"AWS_ACCESS_KEY_ID": "AKIABARE", "AWS_REGION": "us-east-2", "AWS_DEFAULT_REGION": "us-east-2"}
    ]


@pytest.mark.peer("fish")
def test_what_is_local_to_a_function_of_fish_stays_there(home: Path) -> None:
    ended = play(
        home,
        "fish",
        "function f; set -lx AWS_REGION us-east-2; set -lx AWS_PROFILE mine; pv-assume -n base; echo $AWS_REGION; end",
        "f",
        SEE,
        "function g; set -lx AWS_ACCESS_KEY_ID AKIALOCAL; pv-assume -n other; end",
        "g; echo $status $AWS_ACCESS_KEY_ID $AWS_VAULT",
        "function h; set -lx AWS_VAULT here; pv-unset; echo $AWS_VAULT; end; h",
        SEE,
    )
    local = "pyvault: warning: {} stays a local variable of the caller\n"
    refused = (
        "pyvault: error: AWS_ACCESS_KEY_ID is a local variable of the caller, and would win over what pv-assume sets\n"
    )
    assert ended.stderr == local.format("AWS_PROFILE") + local.format("AWS_REGION") + refused
    state = "".join(f"{name}={value}\n" for name, value in BASE.items())
    without_memory = "\n".join(x for x in ended.stdout.splitlines() if not x.startswith("PV_"))
    assert without_memory == f"us-east-2\n{state}---\n2 AKIABASE base\nhere\n---"


#: What reads the text for another shell.
STRANGERS = ["dash", "busybox", "posix", "zsh"]


@pytest.mark.parametrize(
    "shell", [pytest.param(x, marks=pytest.mark.peer(x if x != "posix" else "bash")) for x in STRANGERS]
)
def test_a_shell_survives_what_is_for_bash(home: Path, shell: str) -> None:
    words, _ = SHELLS[shell]
    script = 'eval "$(pyvault shell-init bash)"; echo "reached $?"; eval "$(pyvault shell-init bash)" || echo told'
    environ = variables(home)
    ended = subprocess.run([*words, script], env=environ, capture_output=True, text=True, check=False, timeout=60)
    assert (ended.returncode, ended.stdout) == (0, "reached 1\ntold\n")
    said = ended.stderr.splitlines()
    assert said[0] == "pyvault: error: this shell is not bash, or is in POSIX mode"
    assert said[1].startswith("pyvault: hint: ")
    assert len(said) == 4


@pytest.mark.peer("dash")
def test_a_login_shell_reads_its_profile_to_the_end(home: Path) -> None:
    (home / ".profile").write_text('eval "$(pyvault shell-init bash)"\nSEEN=yes\n')
    script = "-c", "echo $SEEN"
    ended = subprocess.run(["dash", "-l", *script], env=variables(home), capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (0, "yes\n")


def test_inside_exec_a_locked_vault_says_where_the_key_file_has_gone(home: Path) -> None:
    env = {"PYVAULT_KEYFILE": str(home / "key")}
    removed = "hint: exec removes PYVAULT_KEYFILE and everything else that opens a vault"
    locked = run_pyvault(home, "exec", "-n", "base", "--", "pyvault", "--no-input", "export", "other", env=env)
    assert (locked.code, locked.out) == (4, "")
    assert removed in locked.err
    outside = run_pyvault(home, "--no-input", "export", "other")
    assert outside.code == 4
    assert removed not in outside.err


@pytest.mark.parametrize("shell", [each for each in EACH if each.values[0] in {"dash", "busybox", "posix"}])
def test_a_person_types_the_names_with_a_dash(home: Path, shell: str) -> None:
    words, begin = SHELLS[shell]
    environ = variables(home, {"PYVAULT_KEYFILE": str(home / "key"), "PS1": "> ", "ENV": None, "TERM": "dumb"})
    program = [shutil.which(words[0]) or words[0], *words[1:-1], "-i"]
    child = pexpect.spawn(program[0], program[1:], env=environ, cwd=str(home), encoding="utf-8", timeout=30)
    child.delaybeforesend = None
    lines = {
        begin.replace("set -eu; ", ""): "",
        "pv-assume -n base": "",
        'echo "<$AWS_VAULT $AWS_ACCESS_KEY_ID>"': "<base AKIABASE>",
        "pv-unset": "",
        'echo "<${AWS_VAULT-}${AWS_ACCESS_KEY_ID-}>"': "<>",
    }
    for line, shown in lines.items():
        child.expect_exact("> ")
        for key in f"{line}\r":
            child.send(key)
            time.sleep(0.03)
        child.expect_exact("\r\n")
        if shown:
            child.expect_exact(f"{shown}\r\n")
        assert "not found" not in str(child.before)
    child.close(force=True)
