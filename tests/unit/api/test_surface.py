"""Messages of the library speak of arguments; the command line puts its options in."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import pyvault
import pyvault_backends
from pyvault import errors
from pyvault.surface import argument, call, option
from pyvault_cli.commandline.wording import worded

OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]+")
#: Modules that only commands reach, or whose options are those of other programs.
ELSEWHERE = {
    "files/owners.py": "docker's",
    "migration/aws_vault_records.py": "import",
    "migration/vault_import.py": "vault import",
    "pyvault_backends/_gpg.py": "gpg's",
    "pyvault_backends/pass_store.py": "import",
    "rotation/rotate.py": "aws iam",
    "server/http/listener.py": "server",
    "server/metadata_address/address_owner.py": "exec",
    "signin/links.py": "login",
    "signin/token.py": "login",
    "codegrant/loopback.py": "sso login",
    "loginsession/cli_sign_in.py": "login-session",
    "loginsession/console_sign_in.py": "login-session",
    "loginsession/fresh_credentials.py": "login-session",
    "sso/populate.py": "sso populate",
    "sso/rate.py": "sso populate",
    "storage/backend_choice.py": "what decided, as doctor shows it",
    "storage/how_to_add.py": "uv's",
    "storage/backend_options.py": "the parser of --backend-option",
    "vaultfile/unlock/kdf_budget.py": "vault slot add",
}


def texts(path: Path) -> Iterator[str]:
    """The strings of a module that are no docstrings."""
    tree = ast.parse(path.read_text())
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value


def test_no_message_names_an_option_of_the_command_line() -> None:
    core = Path(pyvault.__file__).parent
    drivers = Path(pyvault_backends.__file__).parent
    found = {
        str(path.relative_to(core if path.is_relative_to(core) else drivers.parent))
        for path in [*core.rglob("*.py"), *drivers.rglob("*.py")]
        if "testing" not in path.parts
        for text in texts(path)
        if OPTION.search(text)
    }
    assert found == set(ELSEWHERE)


SAID = [
    (lambda: argument("mfa_code"), "mfa_code=...", "--mfa-token"),
    (lambda: argument("backend", "file"), "backend='file'", "--backend file"),
    (lambda: argument("refresh", value=True), "refresh=True", "--refresh"),
    (lambda: argument("verify", value=False), "verify=False", "--no-verify"),
    (lambda: argument("trust_endpoints", ["https://x"]), "trust_endpoints=['https://x']", "--trust-endpoint https://x"),
    (lambda: argument("options", {"slot": "a1"}), "options={'slot': 'a1'}", "--slot a1"),
    (
        lambda: argument("options", {"weak_passphrase": "true"}),
        "options={'weak_passphrase': 'true'}",
        "--weak-passphrase",
    ),
    (lambda: argument("options", {"class": "m.C"}), "options={'class': 'm.C'}", "--backend-option class=m.C"),
    (lambda: argument("unheard_of"), "unheard_of=...", "unheard_of=..."),
    (lambda: call("rotate", "ci", abort=True), "vault.rotate('ci', abort=True)", "'pyvault rotate --abort ci'"),
    (
        lambda: call("rotate", "ci", delete_inactive=True),
        "vault.rotate('ci', delete_inactive=True)",
        "'pyvault rotate --delete-inactive ci'",
    ),
    (lambda: call("rotate", "ci"), "vault.rotate('ci')", "'pyvault rotate --resume ci'"),
    (lambda: call("list"), "vault.list()", "'pyvault list'"),
    (lambda: option("sts_region"), None, "--sts-region"),
]


@pytest.mark.parametrize("number", range(len(SAID)))
def test_each_face_has_its_words(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    said, of_programs, of_the_command_line = SAID[number]
    assert said() == of_programs
    monkeypatch.setattr(errors, "wording", worded)
    assert said() == of_the_command_line
