"""Write a new plug-in distribution of one driver that passes the contract as it is."""

from __future__ import annotations

import re
from contextlib import suppress
from importlib.resources import files
from typing import TYPE_CHECKING

from pyvault.errors import InvalidNameError, UsageError, WriteFailedError

if TYPE_CHECKING:
    from pathlib import Path

NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
LONGEST_NAME = 40  # characters; it is part of file names and of a distribution's name
TEMPLATE_CLASS = "NewBackend"


def write_plugin(name: str, directory: Path) -> list[Path]:
    """Write ``pyproject.toml``, the driver, its contract test and a README.

    Args:
        name: what the backend shall be called: lower case, digits, hyphens.
        directory: is made; an existing one must be empty.

    Raises:
        InvalidNameError: a name that is taken by a built-in backend, or no name.
        UsageError: the directory holds something already, or is none.
        WriteFailedError: the system wrote no directory or not all files; what was written is gone again.
    """
    from pyvault.storage.built_in import BUILT_IN

    if not NAME.fullmatch(name) or len(name) > LONGEST_NAME:
        raise InvalidNameError(f"{name!r} can't name a backend", hint="lower case letters, digits and hyphens")
    if name in BUILT_IN:
        raise InvalidNameError(f"the name {name!r} is built in")
    module = f"pyvault_{name.replace('-', '_')}"
    names = {
        "name": name,
        "distribution": f"pyvault-{name}",
        "module": module,
        "class_name": "".join(part.capitalize() for part in name.split("-")) + "Backend",
    }
    texts = {
        directory / "pyproject.toml": _template("pyproject.toml.txt").format(**names),
        directory / f"{module}.py": _driver(names),
        directory / "test_contract.py": _template("test_contract.py.txt").format(**names),
        directory / "README.md": _template("README.md.txt").format(**names),
    }
    is_new = _make_empty(directory)
    try:
        for path, text in texts.items():
            path.write_text(text, encoding="utf-8")
    except OSError as exc:
        with suppress(OSError):
            for written in texts:
                written.unlink(missing_ok=True)
            if is_new:
                directory.rmdir()
        raise WriteFailedError(f"can't write '{exc.filename or directory}': {exc.strerror}") from None
    return list(texts)


def _make_empty(directory: Path) -> bool:
    """Make the directory; return whether it is new."""
    try:
        directory.mkdir(parents=True)
    except FileExistsError:
        if not directory.is_dir():
            raise UsageError(f"'{directory}' is no directory", hint="name a new directory") from None
    except NotADirectoryError as exc:
        raise UsageError(f"'{exc.filename}' is below a file", hint="name a new directory") from None
    except OSError as exc:
        raise WriteFailedError(f"can't make the directory '{directory}': {exc.strerror}") from None
    else:
        return True
    try:
        holds_something = any(directory.iterdir())
    except OSError as exc:
        raise WriteFailedError(f"can't read the directory '{directory}': {exc.strerror}") from None
    if holds_something:
        raise UsageError(f"'{directory}' is not empty", hint="name a new directory")
    return False


def _template(file: str) -> str:
    return files("pyvault.testing").joinpath("template", file).read_text(encoding="utf-8")


def _driver(names: dict[str, str]) -> str:
    return _template("driver.py").replace(TEMPLATE_CLASS, names["class_name"])
