"""What is wrong with the arguments of a program is told at the door, by type, and never shows a value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from os import PathLike
from typing import TYPE_CHECKING, cast

from pyvault.errors import InvalidSettingError, UsageError
from pyvault.secret import Secret

if TYPE_CHECKING:
    from pyvault.backend import Ask, Question

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
_PATHS = frozenset({"path", "keyfile", "config", "home"})
_OPTIONAL = frozenset(
    {"region", "serial", "duration", "mfa_code", "backend", "passphrase", "keyfile", "config", "home"}
)


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
        elif name in _PATHS:
            if not isinstance(value, str | PathLike):
                raise TypeError(f"{name} must be a str or a pathlib.Path, not {type(value).__name__}")
        elif not isinstance(value, _TYPES[name]):
            raise _wrong(name, value, _TYPES[name])


def check_texts(name: str, texts: object) -> None:
    """Refuse what is no mapping of texts to texts; None is left to the signature's default.

    Raises:
        TypeError: names the entry.
    """
    if texts is None:
        return
    if not isinstance(texts, Mapping):
        raise _wrong(name, texts, Mapping)
    for key, value in cast("Mapping[object, object]", texts).items():
        for what, part in ((f"a key of {name}", key), (f"{name}[{key!r}]", value)):
            if not isinstance(part, str):
                raise _wrong(what, part, str)


def check_list(name: str, texts: object) -> None:
    """Refuse what is no sequence of texts, above all one text, which is a sequence of letters.

    Raises:
        TypeError: names the argument.
    """
    if isinstance(texts, str) or not isinstance(texts, Sequence):
        raise TypeError(f"{name} must be a sequence of str, not {type(texts).__name__}")
    for place, text in enumerate(cast("Sequence[object]", texts)):
        if not isinstance(text, str):
            raise _wrong(f"{name}[{place}]", text, str)


def check_paths(options: Mapping[str, str] | None) -> None:
    """Refuse an empty path among options: it would mean the user's own vault, and comes of a variable that is not set.

    Raises:
        InvalidSettingError: names the option.
    """
    for name in ("path", "keyfile"):
        if options and options.get(name) == "":
            raise InvalidSettingError(f"the option {name!r} is empty", hint="leave it out for the default")


def check_ask(ask: object) -> None:
    """Refuse an ``ask`` that can't be called.

    Raises:
        TypeError: says so.
    """
    if ask is not None and not callable(ask):
        raise TypeError(f"ask must be a function of a pyvault.backend.Question, not {type(ask).__name__}")


def checked_ask(ask: Ask | None) -> Ask | None:
    """Return *ask* with its answers looked at: a text is the first thing that a program returns by mistake.

    What it raises passes as it is.

    Raises:
        TypeError: it can't be called.
    """
    check_ask(ask)
    if ask is None:
        return None
    from pyvault.interruptions import calls_program

    @calls_program
    def answer(question: Question) -> Secret[str]:
        given = ask(question)
        try:
            _check_secret(f"the answer of ask to {question.key!r}", given)
        except TypeError as wrong:  # which a driver between us and the program would be blamed for
            raise UsageError(str(wrong)) from None
        return given

    return answer


def _check_secret(name: str, value: object) -> None:
    if not isinstance(value, Secret):
        raise TypeError(f"{name} must be a pyvault.Secret, not {type(value).__name__}: pyvault.Secret(...) makes one")
    content = cast("Secret[str] | Secret[bytes]", value).reveal()
    if not isinstance(content, str):
        raise TypeError(f"{name} must be a pyvault.Secret of a str, not of {type(content).__name__}")


def _wrong(name: str, value: object, kind: type) -> TypeError:
    wanted = "datetime.timedelta" if kind is timedelta else kind.__name__
    return TypeError(f"{name} must be a {wanted}, not {type(value).__name__}")
