"""Every example of the documents that can run here does, as its reader would run it."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from docs.reader import run, store_ci_user
from fake_aws.client import FakeAws

ROOT = Path(__file__).parents[2]
MARK = re.compile(r"<!-- example:(?P<needs>[^>]*)-->\n```(?P<language>\w+)\n(?P<text>.*?)```", re.DOTALL)


class Example(NamedTuple):
    document: str
    number: int
    needs: str
    language: str
    text: str


def examples() -> list[Example]:
    return [
        Example(name_of(document), number, found["needs"], found["language"], found["text"])
        for document in documents()
        for number, found in enumerate(MARK.finditer(document.read_text()))
    ]


def name_of(document: Path) -> str:
    return document.relative_to(ROOT).as_posix().removeprefix("docs/")


def documents() -> list[Path]:
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("example", examples(), ids=lambda e: f"{e.document}-{e.number}")
def test_an_example_runs(example: Example, environ: dict[str, str], fake_aws: FakeAws, private_home: Path) -> None:
    if "stored" in example.needs:
        store_ci_user(environ, fake_aws, private_home)
        config = private_home / ".aws" / "config"
        with config.open("a") as file:
            file.write("\n[profile prod]\ncredential_process = pyvault export --format json ci-user\n")
    if "team vault" in example.needs:
        team = {**environ, "PYVAULT_FILE": str(private_home / "team.pyv"), "PYVAULT_KEYFILE": ""}
        run(["pyvault", "vault", "init", "--keyfile", str(private_home / "team.key")], team, private_home)
    if "token" in example.needs:
        environ["TOKEN"] = "pypi-pLaNtEd"
    if "credentials file" in example.needs:
        leave_credentials_file(fake_aws, private_home)
    if "keys" in example.needs:
        environ |= fake_aws.environ("demo")
    if "web-identity" in example.needs:
        prepare_web_identity(environ, fake_aws, private_home)
    if "mfa-user" in example.needs:
        prepare_mfa(environ, fake_aws, private_home)
    code = fake_aws.totp("mfa-user") + "\n" if "answers with a code" in example.needs else ""
    if example.language == "python":
        program = private_home / "test_example.py"
        program.write_text(example.text)
        argv = [sys.executable, *(["-m", "pytest", "-p", "no:cacheprovider"] if "pytest" in example.needs else [])]
        argv.append(str(program))
    else:
        argv = [shutil.which("bash") or "sh", "-euo", "pipefail", "-c", example.text]
    output = run(argv, environ, private_home, code)
    if "get-caller-identity" in example.text or "get_caller_identity" in example.text:
        assert "arn:aws:" in output


def prepare_mfa(environ: dict[str, str], fake_aws: FakeAws, home: Path) -> None:
    run(["pyvault", "vault", "init", "--keyfile", environ["PYVAULT_KEYFILE"]], environ, home)
    run(["pyvault", "add", "mfa-user", "--env"], {**environ, **fake_aws.environ("mfa-user")}, home)
    with (home / ".aws" / "config").open("a") as file:
        file.write(
            f"\n[profile admin]\nsource_profile = mfa-user\nrole_arn = {fake_aws.role_arn('admin')}\n"
            f"mfa_serial = {fake_aws.mfa_serial('mfa-user')}\n"
        )


def leave_credentials_file(aws: FakeAws, home: Path) -> None:
    """Leave a key pair in plain text, as the AWS CLI does."""
    pair = aws.key("demo")
    file = home / ".aws" / "credentials"
    file.parent.mkdir(exist_ok=True)
    file.write_text(
        f"[work]\nregion = eu-west-1\n"
        f"aws_access_key_id = {pair.access_key_id}\naws_secret_access_key = {pair.secret_access_key}\n"
    )
    file.chmod(0o600)


def prepare_web_identity(environ: dict[str, str], fake_aws: FakeAws, home: Path) -> None:
    role = fake_aws.role_arn("ci")
    token = home / "token"
    token.write_text(fake_aws.web_identity_token())
    (home / ".aws").mkdir(exist_ok=True)
    (home / ".aws" / "config").write_text(f"[profile deploy]\nrole_arn = {role}\nweb_identity_token_file = {token}\n")
    run(["pyvault", "vault", "init", "--keyfile", environ["PYVAULT_KEYFILE"]], environ, home)


@pytest.mark.parametrize("document", documents(), ids=name_of)
def test_every_mark_has_its_example(document: Path) -> None:
    text = document.read_text()
    assert text.count("<!-- example") == len(MARK.findall(text)), (
        "<!-- example: ... -->, and the block in the next line"
    )


def test_the_documents_have_examples() -> None:
    assert {example.document for example in examples()} >= {
        "README.md",
        "backends/index.md",
        "ci.md",
        "containers.md",
        "credential-process.md",
        "faq.md",
        "headless.md",
        "keyring.md",
        "moving.md",
        "python.md",
        "rotation.md",
        "servers.md",
        "shell.md",
        "start-ci.md",
        "start-headless.md",
        "troubleshooting.md",
        "vault-file.md",
    }
