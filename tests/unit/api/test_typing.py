"""Annotations that tools read: each public function's, without heavy imports where nobody asks."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Iterator

import boto3
import botocore.credentials
import pytest

import pyvault
from pyvault import backend, secret, testing
from pyvault.record import Record

BACKEND = {name: item for name, item in vars(backend).items() if inspect.isclass(item)}
NAMES = {
    **{name: getattr(pyvault, name) for name in pyvault.__all__ if name != "__version__"},
    **{name: getattr(testing, name) for name in testing.__all__},
    **{name: item for name, item in BACKEND.items() if item.__module__ == backend.__name__},
    "Secret": secret.Secret,
}


def functions() -> Iterator[tuple[str, Callable[..., object]]]:
    for name, item in NAMES.items():
        if name == "BackendContract":  # pytest calls its methods
            continue
        if not inspect.isclass(item):
            yield name, item
            continue
        for kind in item.__mro__:
            if not kind.__module__.startswith("pyvault"):
                continue
            for method, found in vars(kind).items():
                function = found.__func__ if isinstance(found, classmethod | staticmethod) else found
                if inspect.isfunction(function) and (not method.startswith("_") or method in {"__enter__", "__exit__"}):
                    yield f"{name}.{method}", function


FUNCTIONS = dict(functions())


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_hints_of_a_public_function_resolve(name: str) -> None:
    hints = typing.get_type_hints(FUNCTIONS[name])
    assert set(hints) <= {*inspect.signature(FUNCTIONS[name]).parameters, "return"}


@pytest.mark.parametrize("name", [name for name, item in NAMES.items() if inspect.isclass(item)])
def test_the_hints_of_a_public_class_resolve(name: str) -> None:
    hints = typing.get_type_hints(NAMES[name])
    if issubclass(NAMES[name], Record):
        assert hints.keys() >= set(NAMES[name].field_names())


def test_they_are_the_types_of_boto3_itself() -> None:
    assert typing.get_type_hints(pyvault.CredentialVault.boto3_session)["return"] is boto3.Session
    assert typing.get_type_hints(pyvault.Credentials.as_botocore)["return"] is botocore.credentials.Credentials
