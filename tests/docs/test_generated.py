"""The made files of docs/ are what they would be made now, and they leave nothing out."""

from __future__ import annotations

import ast
import importlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest

from docs import settings_tables
from docs.command_tree import CommandHelp, commands
from docs.generated import DOCS, files
from docs.pages import section
from pyvault import settings
from pyvault.backend import Question
from pyvault.config.profile_keys import PROFILE_KEYS
from pyvault.errors import ConfigError, InputRequiredError
from pyvault.secret import Secret
from pyvault.storage.built_in import BUILT_IN
from pyvault_cli.commandline import exit_codes
from pyvault_cli.commandline.command_table import GLOBAL_HELP
from pyvault_cli.terminal.mfa_prompts import choice

AGAIN = "make pages"
#: How the names of variables look that are ours to read; those of other programs are found where they are read.
OURS = re.compile(r"(PYVAULT|AWS|PV|PASSWORD_STORE|YKMAN|XDG)_[A-Z0-9_]*[A-Z0-9]")
#: What a constant with names of variables is called, such as SSH_VARIABLES.
LIST = re.compile(r"(\w+_)?VARIABLES?|DIRENV")
NAME = re.compile(r"[A-Z][A-Z0-9_]+|container")


@pytest.mark.parametrize("path", files(), ids=lambda path: path.name)
def test_a_made_file_is_as_it_would_be_made_now(path: Path, pytestconfig: pytest.Config) -> None:
    text = files()[path]
    if pytestconfig.getoption("--rewrite"):
        path.write_text(text, encoding="utf-8")
    assert path.exists(), AGAIN
    assert path.read_text(encoding="utf-8") == text, AGAIN


def test_no_man_page_is_left_of_a_command_that_has_gone() -> None:
    assert set((DOCS / "man").iterdir()) <= files().keys()


@pytest.mark.parametrize("command", commands(), ids=lambda command: command.name)
def test_every_option_of_a_command_is_on_its_page_and_in_its_man_page(command: CommandHelp) -> None:
    page = section((DOCS / "commands.md").read_text(encoding="utf-8"), command.name)
    manual = (DOCS / "man" / f"pyvault-{command.name.partition(' ')[0]}.1").read_text(encoding="utf-8")
    for name, _ in (*command.arguments, *command.options):
        assert f"\n* `{name}`: " in page or name == "-h, --help"
        assert name in manual.replace(r"\-", "-")


def test_every_option_of_all_commands_is_on_the_page() -> None:
    page = section((DOCS / "commands.md").read_text(encoding="utf-8"), "Options of all commands")
    assert [name for name, _ in GLOBAL_HELP if f"\n* `{name}`: " not in page] == []


def test_every_exit_code_is_in_the_man_page() -> None:
    page = (DOCS / "man" / "pyvault.1").read_text(encoding="utf-8").partition(".SH EXIT STATUS")[2]
    told = {int(number) for number in re.findall(r"\d+", " ".join(re.findall(r"^\\fB(.*)\\fP$", page, re.MULTILINE)))}
    assert told == {value for name, value in vars(exit_codes).items() if name.isupper() and isinstance(value, int)}


def code() -> Iterator[ast.AST]:
    for package in ("pyvault", "pyvault_backends", "pyvault_cli"):
        module = importlib.import_module(package)
        assert module.__file__
        for path in Path(module.__file__).parent.rglob("*.py"):
            if "testing" not in path.parts:
                yield ast.parse(path.read_text(encoding="utf-8"))


def variables() -> set[str]:
    """Return the names of variables that stand in the code as texts of their own, or where one is read."""
    found: set[str] = set()
    for tree in code():
        for node in ast.walk(tree):
            match node:
                case ast.Constant(value=str(name)) if OURS.fullmatch(name):
                    found.add(name)
                case ast.Call(
                    func=ast.Attribute(attr="get" | "pop", value=mapping), args=[ast.Constant(value=str(name)), *_]
                ):
                    found |= {name} if "environ" in ast.unparse(mapping) else set()
                case ast.Subscript(value=mapping, slice=ast.Constant(value=str(name))):
                    found |= {name} if "environ" in ast.unparse(mapping) else set()
                case ast.Assign(targets=[ast.Name(id=name)]) if LIST.fullmatch(name):
                    texts = {each.value for each in ast.walk(node.value) if isinstance(each, ast.Constant)}
                    found |= {str(text) for text in texts if NAME.fullmatch(str(text))}
                case _:
                    pass
    return found


def test_every_variable_is_on_a_page() -> None:
    pages = "".join((DOCS / name).read_text(encoding="utf-8") for name in ("configuration.md", "child-environment.md"))
    named = set(re.findall(r"`([A-Z][A-Z0-9_]+|container)(?:=[^`]*)?`", pages))
    found = variables()
    assert len(found) > 80
    assert found - named == set()


def test_no_variable_is_on_the_page_that_the_code_has_not() -> None:
    texts = {node.value for tree in code() for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    told = {name for table in settings_tables.VARIABLES.values() for name in table}
    assert told - texts == set()


def test_every_key_of_config_toml_is_on_the_page() -> None:
    found: set[str] = set()
    for section_ in settings.KNOWN:
        with pytest.raises(ConfigError) as refused:
            settings.parse({section_: {"x": 1}}, where="x")
        hint = refused.value.hint or ""
        found |= set(re.findall(rf"\b{section_}\.\w+", hint))
    assert found | {"backend.name"} == settings_tables.CONFIG_KEYS.keys()
    settings.parse({"backend": {"name": "file"}}, where="x")


def nobody(question: Question) -> Secret[str]:
    raise InputRequiredError(question.prompt)


@pytest.mark.parametrize("backend", BUILT_IN)
def test_every_option_of_a_backend_is_on_the_page(backend: str) -> None:
    module, _, name = BUILT_IN[backend].partition(":")
    driver = getattr(importlib.import_module(module), name)
    check = driver.probe if backend != "memory" else lambda options: driver.open(options, nobody)  # it is always there
    with pytest.raises(ConfigError, match="no option 'x'") as refused:
        check({"x": "y"})
    told = (refused.value.hint or "").removeprefix("it has ")
    assert set(told.split(", ")) - {"none"} == settings_tables.OPTIONS[backend].keys()


@pytest.mark.parametrize("backend", BUILT_IN)
def test_every_option_of_a_backend_is_on_its_own_page_too(backend: str) -> None:
    pages = [f"backends/{backend}.md", *(["s3.md", "fleet.md"] if backend == "file" else [])]
    text = "".join((DOCS / name).read_text(encoding="utf-8") for name in pages)
    assert [option for option in settings_tables.OPTIONS[backend] if f"`{option}`" not in text] == []


def test_every_prompt_and_every_key_of_a_profile_is_on_the_page() -> None:
    assert settings_tables.PROMPTS.keys() == set(choice.NAMES)
    assert settings_tables.PROFILE_KEYS.keys() == PROFILE_KEYS
    assert settings_tables.OPTIONS.keys() == BUILT_IN.keys()


@pytest.mark.skipif(not (DOCS.parent / "vault").exists(), reason="beside an installed wheel are no sources")
def test_the_man_pages_are_in_the_wheel(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)]
    subprocess.run(words, cwd=DOCS.parent, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = ZipFile(wheel).namelist()
    placed = {name.rpartition("/")[2] for name in names if "/data/share/man/man1/" in name}
    assert placed == {path.name for path in files() if path.suffix == ".1"}


@pytest.mark.peer("groff")
def test_the_man_pages_are_clean(tmp_path: Path) -> None:
    pages = [path for path in files() if path.suffix == ".1"]
    words = ["groff", "-man", "-Tutf8", "-ww", "-z", *map(str, pages)]
    shown = subprocess.run(words, capture_output=True, text=True, check=True, env={**os.environ, "LC_ALL": "C.UTF-8"})
    assert shown.stderr == ""
