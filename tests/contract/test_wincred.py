"""The wincred driver passes the contract over a stand-in for Credential Manager.

The real driver code, a documented interface below it. The same cases run over
wine's Credential Manager in ``tests/peers/windows``.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from fakes.windows_machine import WINDOWS, be_elsewhere, be_windows
from pyvault.errors import (
    AccessDeniedError,
    BackendError,
    BackendUnavailableError,
    ItemCorruptError,
    ItemNotFoundError,
    ItemTooLargeError,
)
from pyvault.names import credential_name
from pyvault.secret import Secret
from pyvault.testing import BackendContract, Capabilities, Subject
from pyvault_backends.wincred import WincredBackend

PROD = credential_name("prod")


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A new Credential Manager for each case."""
    be_windows(tmp_path, monkeypatch)
    return tmp_path


class TestWincred(BackendContract):
    @pytest.fixture
    def subject(self) -> Subject:
        return Subject(backend="wincred")

    @pytest.fixture
    def capabilities(self, writes: int) -> Capabilities:
        # Credential Manager is a part of the system; what it answers when it fails is tested below.
        return Capabilities(
            breakable=False, max_size=850, writes=writes
        )  # base64 in an envelope in UTF-16, of 2 560 bytes


def opened() -> WincredBackend:
    return WincredBackend.open({}, lambda question: pytest.fail(f"asked for {question.key}"))


def kept(machine: Path) -> dict[str, dict[str, object]]:
    return dict(json.loads((machine / "credentials.json").read_text()))


def test_it_stays_on_this_machine(machine: Path) -> None:
    opened().put(PROD, Secret(b"x"))
    (credential,) = kept(machine).values()
    assert credential["Persist"] == 2


def test_a_blob_of_another_encoding_is_corrupt_not_garbage(machine: Path) -> None:
    opened().put(PROD, Secret(b"x"))
    file = machine / "credentials.json"
    for blob in ("eyJweXZhdWx0IjoxfQ==", "2DDYMA==", "QQ==", ""):  # UTF-8 JSON, lone surrogates, odd length, nothing
        credentials = kept(machine)
        credentials["pyvault:credential/prod"]["CredentialBlob"] = blob
        file.write_text(json.dumps(credentials))
        with pytest.raises(ItemCorruptError, match="credential/prod"):
            opened().get(PROD)
    assert opened().names() == [PROD]


def test_2560_bytes_are_our_own_limit_and_leave_the_old_value(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from win32ctypes.pywin32 import win32cred  # type: ignore[import-not-found]  # the stand-in

    monkeypatch.setattr(win32cred, "MAX_BLOB", 10**9)  # as wine does
    opened().put(PROD, Secret(b"old"))
    with pytest.raises(ItemTooLargeError) as caught:
        opened().put(PROD, Secret(b"x" * 1000))
    assert "unlock_store" in (caught.value.hint or "")
    assert opened().get(PROD) == Secret(b"old")


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (5, AccessDeniedError),
        (1168, ItemNotFoundError),
        (1312, BackendUnavailableError),
        (1783, ItemTooLargeError),
        (87, BackendError),
    ],
)
def test_each_error_of_windows_has_its_own_of_ours(machine: Path, code: int, expected: type[BackendError]) -> None:
    (machine / "error").write_text(str(code))
    for attempt in (lambda: opened().get(PROD), lambda: opened().delete(PROD)):
        with pytest.raises(expected) as caught:
            attempt()
        assert type(caught.value) is expected
    with pytest.raises(BackendError) as caught:
        opened().put(PROD, Secret(b"x"))
    assert type(caught.value) is (BackendError if code == 1168 else expected), "a write can't miss anything"


def test_elsewhere_it_is_not_available(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if entry != str(WINDOWS)])
    be_elsewhere(monkeypatch)
    assert WincredBackend.probe({}).reason == "it is part of Windows"
    with pytest.raises(BackendUnavailableError):
        opened()
