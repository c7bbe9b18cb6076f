"""Which drivers tell what they read; what the others have given is never kept."""

from __future__ import annotations

import pytest

from pyvault.backend import Foreseeable
from pyvault.storage.registry import load_backend
from pyvault_backends.keyring_backend import KeyringAdapter


@pytest.mark.parametrize("name", ["file", "pass", "secret-service", "keyring"])
def test_these_tell(name: str) -> None:
    driver = load_backend(name)
    assert issubclass(driver, Foreseeable)
    names = driver.reads({"class": "kwallet"} if name == "keyring" else {})
    assert isinstance(names, tuple)
    assert all(isinstance(one, str) for one in names)


@pytest.mark.parametrize("name", ["memory", "keychain", "wincred"])
def test_these_do_not(name: str) -> None:
    assert not issubclass(load_backend(name), Foreseeable)


def test_a_keyring_of_others_may_read_anything() -> None:
    assert KeyringAdapter.reads({"class": "acme.vault.Keyring"}) is None
    assert KeyringAdapter.reads({"class": "keyring.backends.kwallet.DBusKeyring"})
