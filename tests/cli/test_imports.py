"""Nothing heavy is imported unless it is used; the start-up of each command is what its own modules cost."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from command_line import Pyvault, clean_environ
from fake_aws.client import FakeAws

HEAVY = {
    "argon2",
    "asyncio",
    "boto3",
    "botocore",
    "cryptography",
    "email",
    "http.client",
    "importlib.metadata",
    "jeepney",
    "keyring",
    "pydantic",
    "prompt_toolkit",
    "rich",
    "secretstorage",
    "ssl",
    "stevedore",
    "typer",
    "urllib.request",
}
SCRIPT = """
import json, os, sys
os._exit = lambda code: None
sys.argv = ["pyvault", *json.loads(sys.argv[1])]
before = set(sys.modules)
from pyvault_cli.main import main
code = main()
print(json.dumps([code, sorted(set(sys.modules) - before)]), file=sys.stderr)
"""


def imported(home: Path, words: list[str], env: dict[str, str] | None = None) -> set[str]:
    """Give the modules that one command loads beside those of the bare interpreter."""
    ended = subprocess.run(
        [sys.executable, "-c", SCRIPT, json.dumps(words)],
        capture_output=True,
        text=True,
        check=True,
        env={**clean_environ(home), **(env or {})},
        stdin=subprocess.DEVNULL,
    )
    code, modules = json.loads(ended.stderr.splitlines()[-1])
    assert code == 0, ended.stderr
    return set(modules)


def test_version_needs_nothing(tmp_path: Path) -> None:
    modules = imported(tmp_path, ["--version"])
    assert {name for name in modules if not name.startswith("pyvault")} <= {"__future__"}


def test_help_needs_no_parser(tmp_path: Path) -> None:
    modules = imported(tmp_path, ["--help"])
    assert modules & HEAVY == set()
    assert not [name for name in modules if name.startswith("pyvault_cli.commands.")]


CRYPTOGRAPHY = {"cryptography"}
METADATA = {"importlib.metadata", "email"}  # the first brings the second


@pytest.mark.parametrize(
    ("line", "may"),
    [
        ("version", set[str]()),
        ("vault info", set[str]()),
        ("vault backups", set[str]()),
        ("backends list", METADATA),
        ("backends list --json", METADATA),
        ("vault entries", CRYPTOGRAPHY),
        ("vault verify", CRYPTOGRAPHY),
        ("list", CRYPTOGRAPHY),
        ("list --json", CRYPTOGRAPHY),
        ("list --profiles", set[str]()),
        ("export x -n", CRYPTOGRAPHY),
        ("export x -n --format json", CRYPTOGRAPHY),
        ("exec x -n --json", CRYPTOGRAPHY),
        ("explain x", CRYPTOGRAPHY),
        ("explain x --assume-stored x --json", set[str]()),
        ("clear", CRYPTOGRAPHY),
        ("clear --all", set[str]()),
        ("remove x -f", CRYPTOGRAPHY),
    ],
)
def test_commands_import_what_they_use(
    pyvault: Pyvault, keyed: dict[str, str], tmp_path: Path, line: str, may: set[str]
) -> None:
    pair = b"AKIAIOSFODNN7EXAMPLE\nwJalrXUtnFEMI\n"
    assert pyvault("add", "x", "--stdin", "--no-verify", env=keyed, stdin=pair).code == 0
    modules = imported(tmp_path, line.split(), keyed)
    assert modules & HEAVY <= may
    groups = {"pyvault_cli.commands.vault", "pyvault_cli.commands.sso", "pyvault_cli.commands.backends"}
    assert len({name for name in modules if name.startswith("pyvault_cli.commands.")} - groups) == 1


#: What changes a vault, and what looks for a backend; a command that only reads needs none of it.
WRITING = {
    *(
        f"pyvault.vaultfile.{name}"
        for name in (
            "disk.backups",
            "disk.free_memory",
            "disk.write",
            "state.draft",
            "state.new_vault_file",
            "state.rekey",
            "state.transaction",
            "unlock.new_slot",
            "verify",
        )
    ),
    "pyvault.storage.probing",
    "pyvault.process.command",
}
#: Light as they are beside those, together they cost as much as all that is ours.
SLOW = {"base64", "dataclasses", "inspect", "platformdirs", "random", "shutil", "subprocess", "tempfile", "typer"}
#: Every module costs 0.2 ms, so growth here is a decision and not an accident.
OWN_MODULES_OF_A_CACHED_SESSION = 124


def test_a_cached_session_needs_no_boto3(
    pyvault: Pyvault, keyed: dict[str, str], tmp_path: Path, fake_aws: FakeAws
) -> None:
    env = {**keyed, **fake_aws.environ("demo")}
    assert pyvault("add", "x", "--env", "--no-verify", env=env).code == 0
    words = ["export", "x", "--format", "json"]
    assert pyvault(*words, env=env).code == 0
    modules = imported(tmp_path, words, env)
    assert modules & HEAVY <= CRYPTOGRAPHY
    assert modules & WRITING == set()
    assert modules & SLOW == set()
    own = [name for name in modules if name.partition(".")[0] in {"pyvault", "pyvault_cli", "pyvault_backends"}]
    assert len(own) <= OWN_MODULES_OF_A_CACHED_SESSION, sorted(own)
    assert len(fake_aws.calls("GetSessionToken")) == 1
