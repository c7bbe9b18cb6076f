"""docs/python-reference.md, made from signatures and docstrings: ``pytest tests/docs/test_reference.py --rewrite``."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Iterator, Mapping
from types import FunctionType
from typing import Any

import pyvault
from pyvault import backend, errors, testing
from pyvault.record import Record

HEAD = """\
# Reference of the Python interface

Made from the docstrings; `help()` shows the same. [The guide](python.md) shows how it is used. Public are the names
below, and for plug-ins those of [Writing a backend](writing-a-backend.md); everything else may change from version to
version.
"""
SECTION = re.compile(r"^(Args|Attributes|Returns|Raises|Example|Options)::?$", re.MULTILINE)
ROLE = re.compile(r":\w+:`~?([^`]+)`")


def page() -> str:
    """Return the whole page."""
    names = [name for name in pyvault.__all__ if name != "__version__"]
    functions = [name for name in names if not inspect.isclass(getattr(pyvault, name))]
    classes = [name for name in names if name not in functions]
    parts = [HEAD, "## Functions\n", *(_function(getattr(pyvault, name), "pyvault.") for name in functions)]
    parts += ["## Classes\n", *(_class(getattr(pyvault, name)) for name in classes if name != "PyvaultError")]
    parts += ["## Errors\n", *_errors()]
    parts += ["## For tests\n", _function(testing.vault, "pyvault.testing.")]
    kit = [getattr(testing, name) for name in testing.__all__ if name != "vault"]
    parts += ["## For authors of backends\n", *(_class(each) for each in [*_own_classes(backend), *kit])]
    return "\n".join(parts)


def _own_classes(module: Any) -> list[type]:
    return [item for item in vars(module).values() if inspect.isclass(item) and item.__module__ == module.__name__]


def _function(function: Any, prefix: str, level: str = "###") -> str:
    return f"{level} {prefix}{function.__name__}\n\n{_signature(function)}\n{_prose(function)}"


def _class(kind: type) -> str:
    shown = [f"### {kind.__name__}\n", *([_signature(kind)] if kind is pyvault.Secret else ()), _prose(kind)]
    shown += [_function(method, f"{kind.__name__}.", "####") for method in _methods(kind)]
    return "\n".join(shown)


def _methods(kind: type) -> Iterator[Any]:
    """Yield the public methods with their own docstrings; of our own bases too."""
    found: dict[str, object] = {}
    for each in reversed(kind.__mro__):
        if each.__module__.startswith("pyvault.") and each not in {Record, *Record.__mro__}:
            found |= vars(each)
    for name, item in found.items():
        method = item.__func__ if isinstance(item, classmethod | staticmethod) else item
        if (
            isinstance(method, FunctionType)
            and not name.startswith("_")
            and SECTION.search(inspect.getdoc(method) or "")
        ):
            yield method


def _signature(function: Any) -> str:
    """Return the signature as a block of code, an argument a line where it is long."""
    signature = inspect.signature(function)
    texts: list[str] = []
    for each in signature.parameters.values():
        if each.kind is each.KEYWORD_ONLY and "*" not in texts:
            texts.append("*")
        if each.name not in {"self", "cls"}:
            texts.append(_parameter(each))
    result = signature.return_annotation
    end = f") -> {result}" if isinstance(result, str) and result != "None" else ")"
    line = f"{function.__name__}({', '.join(texts)}{end}"
    if len(line) > 100:
        line = "\n".join([f"{function.__name__}(", *(f"    {text}," for text in texts), end])
    return f"```python\n{line}\n```\n"


def _parameter(each: inspect.Parameter) -> str:
    default = "" if each.default is each.empty else f" = {each.default!r}"
    return f"{each.name}: {each.annotation}{default}".replace("botocore_session.", "botocore.session.")


def _prose(documented: Any) -> str:
    """Return a docstring of Google style as Markdown."""
    texts = SECTION.split(inspect.getdoc(documented) or "")
    shown = [_marked_up(texts[0]).strip()]
    for title, text in zip(texts[1::2], texts[2::2], strict=True):
        body = textwrap.dedent(text.strip("\n"))
        if title == "Example":
            shown.append(f"```python\n{body.rstrip()}\n```")
        elif title == "Returns":
            shown.append(f"**Returns** {_marked_up(body).strip()}")
        else:
            types = getattr(documented, "_types", {}) if title == "Attributes" else {}  # of a record
            shown.append(f"**{title}**\n\n" + "\n".join(_entries(body, types)))
    return "\n\n".join(shown) + "\n"


def _entries(body: str, types: Mapping[str, str]) -> Iterator[str]:
    """Yield the entries of a section, each as one item of a list, with its type where that is not in a signature."""
    for entry in re.split(r"\n(?=\S)", body.strip()):
        names, _, text = " ".join(entry.split()).partition(": ")
        quoted = ", ".join(f"`{name}`" for name in names.split(", "))
        kind = f" (`{types[names]}`)" if names in types else ""
        yield f"* {quoted}{kind}: {_marked_up(text)}"


def _marked_up(text: str) -> str:
    """Return prose of reStructuredText as Markdown: paragraphs are lines, ``literal`` blocks are code."""
    text = ROLE.sub(lambda found: f"`{found[1].rpartition('.')[2] if found[0].count('~') else found[1]}`", text)
    paragraphs: list[str] = []
    for paragraph in text.replace("``", "`").split("\n\n"):
        if paragraph.startswith("    "):
            paragraphs.append(f"```\n{textwrap.dedent(paragraph).rstrip()}\n```")
        else:
            paragraphs.append(re.sub(r"::$", ":", " ".join(paragraph.split())))
    return "\n\n".join(paragraphs)


def _errors() -> Iterator[str]:
    """Yield the tree of the errors, each with what it means, and the docstring of its root."""
    lines = [_prose(errors.PyvaultError)]
    lines += ["Each in `pyvault.errors`; what is further in is a kind of what it is in.\n"]
    yield "\n".join(lines + list(_branches(errors.PyvaultError, 0))) + "\n"


def _branches(kind: type, depth: int) -> Iterator[str]:
    summary = (inspect.getdoc(kind) or "").partition("\n")[0]
    yield f"{'    ' * depth}* `{kind.__name__}`: {_marked_up(summary)}"
    for child in _own_classes(errors):
        if child.__bases__[0] is kind:
            yield from _branches(child, depth + 1)
