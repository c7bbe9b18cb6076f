"""Authenticators in the vault, as a source of MFA codes."""

from __future__ import annotations

import pytest

from pyvault.clock import from_epoch
from pyvault.errors import BackendLockedError, InputRequiredError, ItemNotFoundError
from pyvault.mfa.codes import MfaRequest
from pyvault.mfa.stored_totp import StoredTotp, stored_codes
from pyvault.mfa.totp import Totp, totp_name
from pyvault.names import ItemName
from pyvault.secret import Secret
from pyvault_backends.memory import MemoryBackend

MINE = "arn:aws:iam::123456789012:mfa/me"
OTHER = "arn:aws:iam::123456789012:mfa/other"
SEED = Secret(b"12345678901234567890")
MOMENT = from_epoch(59)
CODE = Secret("287082")  # RFC 6238, appendix B, six digits


def refuse(question: object) -> Secret[str]:
    raise AssertionError(question)


@pytest.fixture
def backend() -> MemoryBackend:
    return MemoryBackend.open({}, refuse)


def request(profile: str = "prod", serial: str = MINE) -> MfaRequest:
    return MfaRequest(serial=serial, profile=profile)


def ask(backend: MemoryBackend, what: MfaRequest) -> Secret[str]:
    source = stored_codes(StoredTotp(backend), clock=lambda: MOMENT, otherwise=lambda _: Secret("000000"))
    return source(what)


def test_the_profiles_own_authenticator_is_used(backend: MemoryBackend) -> None:
    StoredTotp(backend).put("prod", Totp(secret=SEED))
    assert ask(backend, request()) == CODE


def test_a_role_that_asks_for_the_same_device_uses_it_too(backend: MemoryBackend) -> None:
    StoredTotp(backend).put("source", Totp(secret=SEED, serial=MINE))
    assert ask(backend, request("role")) == CODE
    assert ask(backend, request("role", OTHER)) == Secret("000000")


def test_an_authenticator_without_serial_serves_its_profile_only(backend: MemoryBackend) -> None:
    StoredTotp(backend).put("source", Totp(secret=SEED))
    assert ask(backend, request("role")) == Secret("000000")


def test_an_authenticator_of_another_device_is_not_used(backend: MemoryBackend) -> None:
    StoredTotp(backend).put("prod", Totp(secret=SEED, serial=OTHER))
    assert ask(backend, request()) == Secret("000000")


def test_without_one_a_person_is_asked_and_without_a_person_it_is_an_error(backend: MemoryBackend) -> None:
    assert ask(backend, request()) == Secret("000000")
    with pytest.raises(InputRequiredError) as caught:
        stored_codes(StoredTotp(backend), clock=lambda: MOMENT, otherwise=None)(request())
    assert caught.value.hint is not None
    assert "mfa_code=" in caught.value.hint


def test_it_can_be_replaced_and_deleted(backend: MemoryBackend) -> None:
    stored = StoredTotp(backend)
    stored.put("prod", Totp(secret=Secret(b"another-secret")))
    stored.put("prod", Totp(secret=SEED))
    assert ask(backend, request()) == CODE
    stored.delete("prod")
    with pytest.raises(ItemNotFoundError):
        stored.delete("prod")


class LockedBackend(MemoryBackend):
    """A store that lists its names but gives nothing out."""

    def get(self, name: ItemName) -> Secret[bytes]:
        raise BackendLockedError("the store is locked")


def test_a_locked_vault_is_not_taken_for_one_without_authenticator() -> None:
    backend = LockedBackend.open({}, refuse)
    backend.put(totp_name("prod"), Secret(b"x"))
    with pytest.raises(BackendLockedError):
        ask(backend, request())
