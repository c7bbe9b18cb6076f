"""One list of what authors of backends may import: in the module, its docstring, the guide, the scaffold."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import pyvault
from docs.pages import section, tables
from pyvault import plugin_api
from pyvault.record import Record
from pyvault.testing import Capabilities, Subject
from pyvault.testing.scaffold import write_plugin

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "writing-a-backend.md").read_text()
EXAMPLE = ROOT / "tests" / "plugin_example" / "pyvault_sqlite.py"
PUBLIC = set(plugin_api.__all__)
WORD = re.compile(r"`+(\w+)`+")


def of_pyvault(text: str) -> dict[str, set[str]]:
    """What a module imports from pyvault, by the module it comes from."""
    found: dict[str, set[str]] = {}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0].startswith("pyvault"):
            found.setdefault(node.module or "", set()).update(name.name for name in node.names)
        elif isinstance(node, ast.Import):
            assert not [name.name for name in node.names if name.name.startswith("pyvault")]
    return found


def test_the_list_is_what_the_module_has() -> None:
    assert all(hasattr(plugin_api, name) for name in PUBLIC)
    imported = of_pyvault(Path(plugin_api.__file__).read_text())
    assert set().union(*imported.values()) == PUBLIC


def test_the_docstring_has_the_same_list() -> None:
    listed = (plugin_api.__doc__ or "").partition("The protocols:")[2].partition("Example:")[0]
    assert set(WORD.findall(listed)) == PUBLIC


def test_the_guide_has_the_same_list() -> None:
    (table,) = tables(section(GUIDE, "What you may import"))
    listed = [word for row in table[1:] for word in WORD.findall(row[0])]
    assert sorted(listed) == sorted(PUBLIC)


def test_the_front_page_of_the_package_names_it() -> None:
    assert ":mod:`pyvault.plugin_api`" in (pyvault.__doc__ or "")


def test_the_scaffold_and_the_example_import_nothing_else(tmp_path: Path) -> None:
    texts = [path.read_text() for path in write_plugin("acme", tmp_path / "acme") if path.suffix == ".py"]
    found = [of_pyvault(text) for text in (*texts, EXAMPLE.read_text())]
    assert sum("pyvault.plugin_api" in each for each in found) == 2
    for each in found:
        assert each.keys() <= {"pyvault.plugin_api", "pyvault.testing"}
        assert each.get("pyvault.plugin_api", set()) <= PUBLIC


@pytest.mark.parametrize("kind", [Subject, Capabilities])
def test_the_guide_tells_every_field_of_the_kit(kind: type[Record]) -> None:
    table = next(each for each in tables(section(GUIDE, "The contract")) if kind.__name__ in each[0][0])
    assert [row[0].strip("`") for row in table[1:]] == list(kind.field_names())
    if kind is Capabilities:
        assert [row[1].strip("`") for row in table[1:]] == [str(value) for value in vars(Capabilities()).values()]
