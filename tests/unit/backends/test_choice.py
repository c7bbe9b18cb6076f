"""Who decides about the backend, in which order, and what is remembered."""

from __future__ import annotations

from typing import Any

import pytest

from pyvault.backend import Availability
from pyvault.errors import BackendUnavailableError
from pyvault.storage.backend_choice import Choice, Origin, choose

NOTHING: dict[str, Any] = {
    "flag": None,
    "environ": {},
    "configured": None,
    "recorded": lambda: None,
    "platform": "linux",
}


def _choose(**said: Any) -> Choice:  # the parameters of choose, all of them optional here
    arguments: dict[str, Any] = NOTHING | said
    return choose(**arguments)


def _never(name: str) -> Availability:
    pytest.fail(f"looked at {name} although the choice was made")


def _all_work(name: str) -> Availability:
    return Availability(available=True)


def test_what_is_said_later_in_the_line_decides() -> None:
    said: dict[str, Any] = NOTHING | {
        "flag": "a",
        "environ": {"PYVAULT_BACKEND": "b", "AWS_VAULT_BACKEND": "pass"},
        "configured": "d",
        "recorded": lambda: "e",
    }
    order: list[tuple[str, Origin]] = []
    for silenced in ("flag", "environ", "configured", "recorded"):
        choice = _choose(**said, look=_never)
        order.append((choice.name, choice.origin))
        if silenced == "environ":
            said["environ"] = {"AWS_VAULT_BACKEND": "pass"}
            choice = _choose(**said, look=_never)
            order.append((choice.name, choice.origin))
        said[silenced] = NOTHING[silenced]
    assert order == [
        ("a", Origin.FLAG),
        ("b", Origin.ENVIRONMENT),
        ("pass", Origin.AWS_VAULT),
        ("d", Origin.CONFIG),
        ("e", Origin.RECORDED),
    ]


@pytest.mark.parametrize(
    ("platform", "expected"),
    [("darwin", "keychain"), ("win32", "wincred"), ("linux", "secret-service"), ("freebsd14", "file")],
)
def test_each_platform_has_its_own_store(platform: str, expected: str) -> None:
    choice = _choose(platform=platform, look=_all_work)
    assert (choice.name, choice.origin) == (expected, Origin.AUTOMATIC)


def test_the_file_is_taken_with_the_reason_why_nothing_else_was() -> None:
    def look(name: str) -> Availability:
        return Availability(available=False, reason="no session bus", hint="log in to a desktop")

    choice = _choose(look=look)
    assert choice.name == "file"
    assert [(seen.name, seen.reason, seen.hint) for seen in choice.considered] == [
        ("secret-service", "no session bus", "log in to a desktop")
    ]


def test_aws_vaults_kwallet_is_our_keyring_with_that_class() -> None:
    choice = _choose(environ={"AWS_VAULT_BACKEND": "kwallet"}, look=_never)
    assert choice.name == "keyring"
    assert "kwallet" in choice.options["class"]


def test_a_store_of_aws_vault_that_we_lack_is_an_error_not_another_store() -> None:
    with pytest.raises(BackendUnavailableError, match="keyctl"):
        _choose(environ={"AWS_VAULT_BACKEND": "keyctl"}, look=_never)
