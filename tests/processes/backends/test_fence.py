"""A plug-in that breaks the contract is named with its distribution, whatever it gives or raises."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fakes.distributions import install
from pyvault.backend import Attributed, Backend, Described, Lockable, Question, Transactional, Versioned, Warns
from pyvault.errors import BackendBusyError, BackendError, ItemNotFoundError
from pyvault.model import StoredCredentials
from pyvault.names import credential_name
from pyvault.secret import Secret
from pyvault.storage.fence import OPTIONAL, fence
from pyvault.storage.probing import ProbeReport, probe_in_child
from pyvault.storage.registry import open_backend
from pyvault.storage.typed_store import CredentialStore
from pyvault.vaultfile.format.slots import ParentVault
from pyvault_backends.memory import MemoryBackend

PROD = credential_name("prod")
PAIR = StoredCredentials(access_key_id="AKIAIOSFODNN7EXAMPLE", secret_access_key=Secret("wJalr"))
WHO = "the backend 'acme' of 'acme-vault' 1.0"
HEAD = """
from pyvault.plugin_api import *
from pyvault_backends.memory import MemoryBackend
class Acme(MemoryBackend):
"""

Opened = Callable[[str], Backend]


def nobody(question: Question) -> Secret[str]:
    pytest.fail(f"asked for {question.key}")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    importlib.invalidate_caches()
    yield tmp_path
    sys.modules.pop("acme_fenced", None)


@pytest.fixture
def opened(site: Path) -> Opened:
    """Open a plug-in with this body."""

    def open_with(body: str) -> Backend:
        text = HEAD + "".join(f"    {line}\n" for line in body.splitlines())
        install(site, "acme-vault", backends={"acme": "acme_fenced:Acme"}, modules={"acme_fenced": text})
        return open_backend("acme", {}, nobody)

    return open_with


@pytest.mark.parametrize("value", ["None", "b'PLANTED'", "'PLANTED'", "Secret('PLANTED')", "7", "[]"])
def test_what_is_no_secret_bytes_is_told_and_not_shown(value: str, opened: Opened) -> None:
    store = CredentialStore(opened(f"def get(self, name): return {value}"))
    with pytest.raises(BackendError) as caught:
        store.get("prod")
    assert str(caught.value).startswith(f"{WHO} returned ")
    assert str(caught.value).endswith(" instead of secret bytes for 'credential/prod'")
    assert "PLANTED" not in str(caught.value)
    assert caught.value.hint


@pytest.mark.parametrize(
    "value",
    [
        *("None", "['PLANTED']", "iter(())", "3", "{}", "'PLANTED'"),
        "[ItemName('credential', 'prod')]",  # equal to ours, and not found where kinds are told apart
        "[ItemName(Kind.CREDENTIAL, b'prod')]",
    ],
)
def test_what_is_no_list_of_names_is_told(value: str, opened: Opened) -> None:
    with pytest.raises(BackendError, match=rf"{WHO} returned [\w ]+ instead of a list of item names") as caught:
        CredentialStore(opened(f"def names(self): return {value}")).profiles()
    assert "PLANTED" not in str(caught.value)


@pytest.mark.parametrize(
    ("body", "act"),
    [
        ("def get(self, name): raise {}", lambda store: store.get("prod")),
        ("def put(self, name, data): raise {}", lambda store: store.put("prod", PAIR)),
        ("def delete(self, name): raise {}", lambda store: store.delete("prod")),
        ("def names(self): raise {}", lambda store: store.profiles()),
        ("def close(self): raise {}", lambda store: store.close()),
        ("def transaction(self): raise {}", lambda store: store.transaction().__enter__()),
        (
            "def put_with(self, name, data, attributes): pass\ndef attributes(self, name): raise {}",
            lambda store: store.created("prod"),
        ),
    ],
)
@pytest.mark.parametrize(
    "error", ["KeyError('PLANTED')", "SystemExit('PLANTED')", "type('Panic', (BaseException,), {})('PLANTED')"]
)
def test_whatever_it_raises_names_it(
    body: str, act: Callable[[CredentialStore], object], error: str, opened: Opened
) -> None:
    store = CredentialStore(opened(body.replace("{}", error, 1)))
    with pytest.raises(BackendError, match=f"{WHO} failed to ") as caught:
        act(store)
    assert "PLANTED" not in str(caught.value)
    assert caught.value.__suppress_context__


@pytest.mark.parametrize(
    ("body", "act", "told"),
    [
        ("get_versioned(self, name): return {}", lambda store: store.get_versioned("prod"), "bytes and a version"),
        ("put_if(self, name, data, version): return {}", lambda store: store.replace("prod", PAIR, "1"), "a version"),
        ("create(self, name, data): return {}", lambda store: store.create("prod", PAIR), "a version"),
    ],
)
@pytest.mark.parametrize("value", ["None", "Secret(b'PLANTED')", "(b'PLANTED', '1')", "(Secret(b'PLANTED'), 1)", "7"])
def test_versions_of_another_type_are_told(
    body: str, act: Callable[[CredentialStore], object], told: str, value: str, opened: Opened
) -> None:
    with pytest.raises(BackendError, match=WHO) as caught:
        act(CredentialStore(opened(f"def {body.replace('{}', value)}")))
    assert "instead of " in str(caught.value)
    assert told in str(caught.value) or "a version" in str(caught.value)
    assert "PLANTED" not in str(caught.value)


BUSY = """
left = {times}
def get(self, name):
    self.left -= 1
    if self.left >= 0:
        raise BackendBusyError("30 requests a second are enough", retry_after={pause})
    return super().get(name)
"""


def test_a_store_that_is_busy_is_asked_again(opened: Opened) -> None:
    backend = opened(BUSY.format(times=3, pause=0.01))
    backend.put(PROD, Secret(b"x"))
    assert backend.get(PROD) == Secret(b"x")


def test_a_store_that_stays_busy_is_told_as_it_said_it(opened: Opened) -> None:
    backend = opened(BUSY.format(times=3, pause=3600))
    with pytest.raises(BackendBusyError, match="30 requests a second are enough") as caught:
        backend.get(PROD)
    assert caught.value.retry_after == 3600


@pytest.mark.parametrize("value", ["None", "3", "{'access_key_id': 3}", "{3: 'x'}", "'PLANTED'"])
def test_attributes_that_are_no_texts_are_told(value: str, opened: Opened) -> None:
    body = f"def put_with(self, name, data, attributes): pass\ndef attributes(self, name): return {value}"
    with pytest.raises(BackendError, match=WHO):
        CredentialStore(opened(body)).access_key_id("prod")


@pytest.mark.parametrize("value", ["None", "3", "'PLANTED'", "object()", "cls"])
def test_an_open_that_gives_no_backend_is_told(value: str, opened: Opened) -> None:
    if value == "cls":  # what an author forgets to call has the methods all the same, but it is no instance
        value = "type"
    with pytest.raises(BackendError, match=f"{WHO} opened an object without get"):
        opened(f"@classmethod\ndef open(cls, options, ask): return {value}")


@pytest.mark.parametrize(
    "value", ["None", "True", "Availability(available='PLANTED')", "Availability(available=False, reason=3)"]
)
@pytest.mark.parametrize("method", ["probe", "examine"])
def test_a_probe_that_gives_no_answer_is_told(method: str, value: str, site: Path) -> None:
    text = f"{HEAD}    @classmethod\n    def {method}(cls, options): return {value}\n"
    install(site, "acme-vault", backends={"acme": "acme_fenced:Acme"}, modules={"acme_fenced": text})
    report: ProbeReport = probe_in_child("acme", {}, environ=dict(os.environ))
    assert "instead of an Availability" in (report.failure or "")
    assert "PLANTED" not in (report.failure or "")


class Whole(MemoryBackend):
    """Has every optional protocol."""

    vault_id = b"i" * 16
    key_epoch = 1

    def put_with(self, name: object, data: object, attributes: object) -> None:
        raise NotImplementedError

    def attributes(self, name: object) -> dict[str, str]:
        return {"created": "x"}

    def describe(self) -> dict[str, str]:
        return {"a": "b"}

    def on_warning(self, listener: object) -> None:
        raise NotImplementedError

    def child_key(self, child_id: bytes) -> Secret[bytes]:
        return Secret(child_id)


def test_a_fenced_backend_can_what_it_can_and_no_more() -> None:
    protocols = (Attributed, Described, Lockable, ParentVault, Transactional, Versioned, Warns)
    for driver in (MemoryBackend(), Whole()):
        fenced = fence(driver, WHO)
        assert [isinstance(fenced, one) for one in protocols] == [isinstance(driver, one) for one in protocols]
    assert all(hasattr(Whole, member) for member in OPTIONAL)
    with pytest.raises(ItemNotFoundError):
        fenced.get(PROD)
