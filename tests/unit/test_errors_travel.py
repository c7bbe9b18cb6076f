"""Errors go from process to process, and are copied, with everything that they say."""

from __future__ import annotations

import copy
import importlib
import inspect
import pickle
import pkgutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pyvault.errors import AwsError, PyvaultError
from pyvault.secret import Secret

PACKAGES = ("pyvault", "pyvault_backends", "pyvault_cli")
#: What can't be imported here: of another system, of a library that is not installed, or hooks of PyInstaller.
FOREIGN = ("wincred", "windows_console", "keychain", ".hook-", "pyvault.testing.template", "__main__")


def import_everything() -> None:
    for package in PACKAGES:
        root = importlib.import_module(package)
        for info in pkgutil.walk_packages(root.__path__, f"{package}."):
            if not any(part in info.name for part in FOREIGN):
                importlib.import_module(info.name)


def tree(kind: type[PyvaultError]) -> Iterator[type[PyvaultError]]:
    yield kind
    for below in kind.__subclasses__():
        yield from tree(below)


def ours() -> list[type[PyvaultError]]:
    import_everything()
    return sorted({kind for kind in tree(PyvaultError) if kind.__module__.startswith(PACKAGES)}, key=str)


def made(kind: type[PyvaultError]) -> PyvaultError:
    """Make one with a value for each argument that the class needs."""
    needed = {
        name: f"the {name}"
        for name, parameter in inspect.signature(kind).parameters.items()
        if parameter.kind in {parameter.KEYWORD_ONLY, parameter.POSITIONAL_OR_KEYWORD}
        and (parameter.default is parameter.empty or name == "hint")
    }
    error = kind(**needed)
    error.add_note("seen in a job")
    return error


def pickled(protocol: int) -> Callable[[PyvaultError], Any]:
    return lambda error: pickle.loads(pickle.dumps(error, protocol))  # noqa: S301 - our own


WAYS: dict[str, Callable[[PyvaultError], Any]] = {
    **{f"pickle {protocol}": pickled(protocol) for protocol in range(pickle.HIGHEST_PROTOCOL + 1)},
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_every_error_of_the_tree_arrives_as_it_was(way: Callable[[PyvaultError], Any]) -> None:
    kinds = ours()
    assert len(kinds) >= 49
    for kind in kinds:
        error = made(kind)
        arrived = way(error)
        assert type(arrived) is kind
        assert arrived is not error
        assert (str(arrived), arrived.args, vars(arrived)) == (str(error), error.args, vars(error)), kind
        assert arrived.hint == error.hint


def test_one_without_a_hint_and_one_with_a_code() -> None:
    refused = AwsError("AWS refused", code="AccessDenied")
    arrived = pickle.loads(pickle.dumps(refused))  # noqa: S301 - our own
    assert (arrived.message, arrived.code, arrived.hint) == ("AWS refused", "AccessDenied", None)


def test_a_secret_refuses_still() -> None:
    for way in WAYS.values():
        with pytest.raises(TypeError, match="can't be pickled or copied"):
            way(Secret("PLANTED"))  # type: ignore[arg-type]  # it is what the ways are for
        error = PyvaultError("x")
        error.extra = Secret("PLANTED")  # type: ignore[attr-defined]  # what nobody should do
        if way is not copy.copy:
            with pytest.raises(TypeError, match="can't be pickled or copied"):
                way(error)
