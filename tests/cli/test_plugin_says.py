"""What a person sees of a plug-in's answers: read-only, busy, and the mistakes of its author with his distribution."""

from __future__ import annotations

from pathlib import Path

import pytest

from command_line import Ended, Pyvault
from fakes.distributions import install

TESTS = Path(__file__).parents[1]
ADD = ("add", "x", "--env", "--no-verify", "--no-add-config")
KEYS = {
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
}
MODULE = """
import os
from pyvault.plugin_api import *
from pyvault_sqlite import SqliteBackend

class ReadOnly(SqliteBackend):
    def put(self, name, data):
        raise AccessDeniedError(f"can't write '{name}': this token only reads", hint="ask for one that writes")

class Busy(SqliteBackend):
    left = 2
    def put(self, name, data):
        self.left -= 1
        if self.left >= 0:
            raise BackendBusyError("too many requests", retry_after=0.01)
        super().put(name, data)

class Overrun(SqliteBackend):
    def put(self, name, data):
        raise BackendBusyError("too many requests this hour", retry_after=1800)

class Texts(SqliteBackend):
    def names(self):
        return [str(name) for name in super().names()] or ["credential/PLANTED"]

class Bytes(SqliteBackend):
    def get(self, name):
        return super().get(name).reveal()
"""


class Acme:
    """One class of the module above as the backend ``acme``."""

    def __init__(self, pyvault: Pyvault, home: Path) -> None:
        self.pyvault, self.site = pyvault, home / "site"
        self.environ = {"PYTHONPATH": f"{self.site}:{TESTS / 'plugin_example'}", **KEYS}
        self.options = {
            "PYVAULT_BACKEND_ACME__PATH": str(home / "items.db"),
            "PYVAULT_BACKEND_ACME__NEW": "true",
        }

    def __call__(self, kind: str, *words: str) -> Ended:
        for old in self.site.glob("*.dist-info/*"):
            old.unlink()
        for old in self.site.glob("*.dist-info"):
            old.rmdir()
        install(self.site, "acme-vault", backends={"acme": f"acme_says:{kind}"}, modules={"acme_says": MODULE})
        return self.pyvault("--backend", "acme", *words, env={**self.environ, **self.options})


@pytest.fixture
def acme(pyvault: Pyvault, tmp_path: Path) -> Acme:
    return Acme(pyvault, tmp_path)


def test_a_store_that_is_only_read_says_so_and_is_read(acme: Acme) -> None:
    assert acme("Busy", *ADD).code == 0  # after two refusals
    refused = acme("ReadOnly", "add", "y", *ADD[2:])
    assert (refused.code, refused.out) == (5, "")
    assert "can't write 'credential/y': this token only reads" in refused.err
    assert "hint: ask for one that writes" in refused.err
    assert acme("ReadOnly", "list", "--credentials").out == "x\n"


def test_a_rate_limit_beyond_a_person_s_patience_is_told_at_once(acme: Acme) -> None:
    refused = acme("Overrun", *ADD)
    assert refused.code == 1
    assert "too many requests this hour" in refused.err


def test_answers_of_a_wrong_type_are_the_mistake_of_that_distribution(acme: Acme) -> None:
    listed = acme("Texts", "list", "--credentials")
    assert listed.code == 1
    assert (
        "the backend 'acme' of 'acme-vault' 1.0 returned a list with str instead of a list of item names" in listed.err
    )
    assert "report it to its author" in listed.err
    assert "PLANTED" not in listed.err
    assert acme("Busy", *ADD).code == 0
    got = acme("Bytes", "export", "x", "-n")
    assert got.code == 1
    assert "the backend 'acme' of 'acme-vault' 1.0 returned bytes instead of secret bytes" in got.err
    assert "wJalr" not in got.err + got.out
