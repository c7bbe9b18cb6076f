"""The docstrings of the public interface: complete, and their examples run."""

from __future__ import annotations

import ast
import doctest
import importlib
import inspect
import re
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FunctionType

import pytest

import pyvault
from pyvault import backend, errors, testing
from pyvault.record import Record
from pyvault_cli.commandline.exit_codes import exit_code

SECTIONS = ("Args", "Attributes", "Returns", "Raises", "Example", "Options")
FIXTURES = {"subject", "capabilities", "make_backend", "backend"}  # pytest asks for their arguments

ERRORS = {name: item for name, item in vars(errors).items() if inspect.isclass(item) and issubclass(item, Exception)}
BACKEND = {
    name: item for name, item in vars(backend).items() if inspect.isclass(item) and item.__module__ == backend.__name__
}
NAMES = {
    **{name: getattr(pyvault, name) for name in pyvault.__all__ if name != "__version__"},
    **{name: getattr(testing, name) for name in testing.__all__},
    **BACKEND,
}


def functions() -> Iterator[tuple[str, Callable[..., object]]]:
    """The public functions, and the public methods that each class brings itself."""
    for name, item in NAMES.items():
        if not inspect.isclass(item):
            yield name, item
            continue
        if name in {"Credentials", "StoredCredentials"}:  # records: their fields are the interface
            continue
        for method_name, found in vars(item).items():
            method = found.__func__ if isinstance(found, classmethod | staticmethod) else found
            if isinstance(method, FunctionType) and not method_name.startswith("_"):
                yield f"{name}.{method_name}", method


FUNCTIONS = dict(functions())


def sections(documented: object) -> dict[str, str]:
    """A docstring of Google style: the summary under "", and its sections."""
    parts = re.split(rf"^({'|'.join(SECTIONS)})::?$", inspect.getdoc(documented) or "", flags=re.MULTILINE)
    return {"": parts[0], **dict(zip(parts[1::2], parts[2::2], strict=True))}


def entries(section: str) -> set[str]:
    """What a section names; several may share a line."""
    return {name for line in re.findall(r"^    ([\w*, ]+):", section, re.MULTILINE) for name in line.split(", ")}


def raised(function: Callable[..., object]) -> set[str]:
    """The errors that a function itself raises."""
    return {
        ast.unparse(node.exc.func)
        for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(function))))
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)
    } - {"NotImplementedError"}


@pytest.mark.parametrize("name", NAMES)
def test_a_public_name_has_a_summary_and_an_example(name: str) -> None:
    found = sections(NAMES[name])
    assert found[""].strip()
    assert found.get("Example", "").strip()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_public_function_tells_arguments_result_and_errors(name: str) -> None:
    function = FUNCTIONS[name]
    found, signature = sections(function), inspect.signature(function)
    assert found[""].strip()
    if name == "vault" or (name.rpartition(".")[2] in FIXTURES and name.startswith("BackendContract")):
        return
    parameters = {each for each in signature.parameters if each not in {"self", "cls"}}
    assert entries(found.get("Args", "")) == parameters
    assert ("Returns" in found) == (signature.return_annotation not in {"None", None})
    assert raised(function) <= entries(found.get("Raises", ""))


@pytest.mark.parametrize("name", [name for name, item in NAMES.items() if inspect.isclass(item)])
def test_a_public_record_tells_its_fields(name: str) -> None:
    kind = NAMES[name]
    if issubclass(kind, Record):
        assert entries(sections(kind)["Attributes"]) == set(kind.field_names())


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_named_errors_are_errors_of_ours(name: str) -> None:
    assert entries(sections(FUNCTIONS[name]).get("Raises", "")) <= {*ERRORS, "TypeError"}  # that of an argument's type


@pytest.mark.parametrize("name", ERRORS)
def test_an_error_tells_what_it_means_and_its_exit_code(name: str) -> None:
    kind = ERRORS[name]
    told = re.search(r"\S.*\. Exit code (\d+)\.$", sections(kind)[""].strip().splitlines()[0])
    assert told, "what it means, and 'Exit code N.'"
    assert int(told[1]) == exit_code(kind("x", code="X") if issubclass(kind, errors.AwsError) else kind("x"))


@pytest.mark.parametrize(
    "home",
    [
        "api.opening",
        "api.installation",
        "api.records",
        "api.stored_pairs",
        "api.credential_vault",
        "backend",
        "errors",
        "model",
        "plugin_api",
        "secret",
        "testing.subject",
    ],
)
def test_the_examples_run(home: str, private_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a HOME of their own; a store "team" in memory has the published example of a key pair."""
    for variable in ("PYVAULT_BACKEND", "AWS_PROFILE", "AWS_REGION"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("HOME", str(private_home))
    module = importlib.import_module(f"pyvault.{home}")
    key = pyvault.Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    with pyvault.open_vault("memory", options={"name": "team"}) as vault:
        vault.put("ci", access_key_id="AKIAIOSFODNN7EXAMPLE", secret_access_key=key)
    known = {**vars(module), **{name: getattr(pyvault, name) for name in pyvault.__all__}}
    examples = [found for found in doctest.DocTestFinder().find(module, extraglobs=known) if found.examples]
    runner = doctest.DocTestRunner()
    for example in examples:
        assert runner.run(example).failed == 0, example.name
    assert examples
