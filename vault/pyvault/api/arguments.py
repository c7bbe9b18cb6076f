"""What is wrong with the arguments of a program is told at the door, by type, and never shows a value."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from pyvault.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping

#: The types of the arguments that several methods have; None is left to the signature's default.
_TYPES: Mapping[str, type] = {
    "profile": str,
    "access_key_id": str,
    "region": str,
    "serial": str,
    "duration": timedelta,
    "no_session": bool,
    "refresh": bool,
    "overwrite": bool,
    "verify": bool,
    "abort": bool,
    "keep_old": bool,
    "delete_inactive": bool,
    "must_exist": bool,
    "backend": str,
}
_SECRETS = frozenset({"secret_access_key", "mfa_code", "secret", "passphrase"})
_OPTIONAL = frozenset({"region", "serial", "duration", "mfa_code", "backend", "passphrase"})


def check_types(**arguments: object) -> None:
    """Refuse arguments of a wrong type.

    Raises:
        TypeError: names the argument and the type that it must have.
    """
    for name, value in arguments.items():
        if value is None and name in _OPTIONAL:
            continue
        if name in _SECRETS:
            _check_secret(name, value)
        elif not isinstance(value, _TYPES[name]):
            raise _wrong(name, value, _TYPES[name])


def check_texts(name: str, texts: Mapping[str, str] | None) -> None:
    """Refuse a mapping with anything but texts in it.

    Raises:
        TypeError: names the entry.
    """
    for key, value in dict(texts or {}).items():
        for what, part in ((f"a key of {name}", key), (f"{name}[{key!r}]", value)):
            if not isinstance(part, str):
                raise _wrong(what, part, str)


def _check_secret(name: str, value: object) -> None:
    if not isinstance(value, Secret):
        raise TypeError(f"{name} must be a pyvault.Secret, not {type(value).__name__}: pyvault.Secret(...) makes one")
    if not isinstance(value.reveal(), str):
        raise TypeError(f"{name} must be a pyvault.Secret of a str, not of {type(value.reveal()).__name__}")


def _wrong(name: str, value: object, kind: type) -> TypeError:
    wanted = "datetime.timedelta" if kind is timedelta else kind.__name__
    return TypeError(f"{name} must be a {wanted}, not {type(value).__name__}")
