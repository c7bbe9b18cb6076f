"""Plain English wherever a person reads: no phrase that was replaced comes back, in the program or in the documents."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
ROOTS = ("vault/pyvault", "cli/pyvault_cli", "backends/pyvault_backends")
DOCUMENTS = sorted([ROOT / "README.md", ROOT / "SECURITY.md", *ROOT.glob("docs/**/*.md")])

#: What was said before, and what is said instead.
REPLACED = {
    r"forbids? to ask": "--no-input was given",
    r"\bneeded: ": "X is required",
    r"it can be given by": "provide it with",
    r"a mistake (in|of) pyvault": "internal error",
    r"tells the options": "shows the options",
    r"the same again": "repeat passphrase",
    r"nothing was typed": "the passphrase can't be empty",
    r"\b(stand|stands|standing) in (plain|clear) text": "are stored in plain text",
    r"(nobody|a person) can be asked( here)?\b": "not interactive; interactive",
    r"values have to come from options": "pass values as options",
    r"begins as it should": "permissions and header are OK",
    r"is open to others": "is readable by other users",
    r"no key slot fits": "none of the supplied keys opens the vault",
    r"is locked out by": "rekey protects later versions",
    r"to be asked less": "to reduce prompts",
    r"that stand on|stands on one": "that use it as source",
    r", says (AWS_|an earlier|\{)": "from AWS_REGION; chosen earlier",
    r"carry on a rotation": "resume an interrupted rotation",
    r"give a rotation up": "abandon a rotation",
    r"backends of others": "third-party backends",
    r"goes in a circle": "loop",
    r"has to mend that": "reinstall it or report it to its author",
    r"\bmend (it|the|them)\b": "fix",
    r"costs less to guess": "uses a weak KDF setting",
    r"secret is not at hand": "secret was not provided",
}
VAGUE = re.compile(r"(Gives?|Says?)\b")


@cache
def parsed() -> dict[Path, ast.Module]:
    return {path: ast.parse(path.read_text()) for root in ROOTS for path in sorted((ROOT / root).rglob("*.py"))}


def docstrings(tree: ast.Module) -> dict[ast.AST, str]:
    """Map the node of each docstring to its text."""
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    owners = [node for node in ast.walk(tree) if isinstance(node, kinds)]
    found = {owner: ast.get_docstring(owner) for owner in owners}
    return {owner: text for owner, text in found.items() if text is not None}


def texts() -> list[tuple[str, str]]:
    """List the texts that the program can show, and the documents, each with its place.

    Docstrings are for readers of the code, but for those of commands, which are their help.
    """
    shown = [(str(path.relative_to(ROOT)), path.read_text()) for path in DOCUMENTS]
    for path, tree in parsed().items():
        is_command = "pyvault_cli/commands" in path.as_posix()
        silent = set[int]() if is_command else {id(owner.body[0].value) for owner in docstrings(tree)}  # type: ignore[attr-defined]
        shown += [(f"{path.relative_to(ROOT)}:{line}", text) for line, text in strings(tree, silent)]
    return shown


def strings(tree: ast.Module, silent: set[int]) -> Iterator[tuple[int, str]]:
    """Yield the string literals of a module; an f-string is one, with ``{`` where a value goes."""
    parts: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts |= {id(value) for value in node.values}
            yield node.lineno, "".join(_literal(value) for value in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in parts | silent:
            yield node.lineno, node.value


def _literal(part: ast.expr) -> str:
    return part.value if isinstance(part, ast.Constant) and isinstance(part.value, str) else "{"


def test_what_a_person_reads_is_plain_english() -> None:
    found = [
        f"{place}: {found[0]!r}; better: {better}"
        for place, text in texts()
        for old, better in REPLACED.items()
        if (found := re.search(old, text, re.IGNORECASE))
    ]
    assert not found, "\n".join(found)


def test_a_docstring_says_what_is_returned_or_done() -> None:
    vague = [
        f"{path.relative_to(ROOT)}: {text.splitlines()[0]}"
        for path, tree in parsed().items()
        for text in docstrings(tree).values()
        if VAGUE.match(text)
    ]
    assert not vague, "\n".join(vague)


def test_the_parts_of_an_f_string_are_read_together() -> None:
    tree = ast.parse('raise ValueError(f"needed: {what}, but {why}")')
    assert [text for _, text in strings(tree, set())] == ["needed: {, but {"]
