"""``put`` never destroys: what is no pair is refused, and what is stored stays."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import pyvault
from pyvault.errors import ConflictError, InvalidNameError, ItemExistsError, PyvaultError, UsageError
from pyvault.names import Kind, item_name
from pyvault.secret import Secret

KEY_ID, KEY = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
OTHER_ID = "AKIAI44QH8DHBEXAMPLE"


@pytest.fixture(params=["memory", "file"])
def vault(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[pyvault.CredentialVault]:
    home = tmp_path / "home"
    if request.param == "file":
        opened = pyvault.create_vault(tmp_path / "v.pyv", keyfile=tmp_path / "k", environ={}, home=home)
    else:
        opened = pyvault.open_vault("memory", options={"name": str(tmp_path)}, environ={}, home=home)
    with opened as vault:
        vault.put("ci", access_key_id=KEY_ID, secret_access_key=Secret(KEY))
        yield vault


@pytest.mark.parametrize(
    ("key_id", "secret", "error", "told"),
    [
        ("", KEY, PyvaultError, "access key id"),
        ("  ", KEY, PyvaultError, "access key id"),
        (KEY_ID, "", PyvaultError, "secret access key"),
        (KEY_ID, " \n", PyvaultError, "secret access key"),
        ("AKIA IOSFODNN7", KEY, PyvaultError, "access key id"),
        (KEY_ID, "a\tb", PyvaultError, "secret access key"),
        (KEY, KEY_ID, UsageError, "swapped"),
        ("ASIAIOSFODNN7EXAMPLE", KEY, UsageError, "temporary"),
    ],
)
def test_what_is_no_pair_leaves_the_stored_one(
    vault: pyvault.CredentialVault, key_id: str, secret: str, error: type[PyvaultError], told: str
) -> None:
    with pytest.raises(error, match=told) as caught:
        vault.put("ci", access_key_id=key_id, secret_access_key=Secret(secret))
    assert "'ci'" in caught.value.message
    assert not secret.strip() or secret not in f"{caught.value.message}{caught.value.hint}"
    pair = vault.get("ci")
    assert (pair.access_key_id, pair.secret_access_key) == (KEY_ID, Secret(KEY))


def test_blanks_of_copy_and_paste_are_taken_away(vault: pyvault.CredentialVault) -> None:
    vault.put("b", access_key_id=f" {OTHER_ID}\n", secret_access_key=Secret(f"\t{KEY} "))
    assert (vault.get("b").access_key_id, vault.get("b").secret_access_key) == (OTHER_ID, Secret(KEY))


def test_an_odd_id_is_another_service_s(vault: pyvault.CredentialVault) -> None:
    vault.put("minio", access_key_id="minioadmin", secret_access_key=Secret("minioadmin"))
    assert vault.get("minio").access_key_id == "minioadmin"


def test_with_verify_an_odd_id_is_refused_before_anything_is_sent(vault: pyvault.CredentialVault) -> None:
    with pytest.raises(UsageError, match="not AWS's") as caught:
        vault.put("ci", access_key_id="minioadmin", secret_access_key=Secret("minioadmin"), verify=True)
    assert "verify=False" in str(caught.value.hint)
    assert vault.get("ci").access_key_id == KEY_ID


def test_a_pair_is_replaced_unless_told_otherwise(vault: pyvault.CredentialVault) -> None:
    with pytest.raises(ItemExistsError, match="'ci'") as caught:
        vault.put("ci", access_key_id=OTHER_ID, secret_access_key=Secret(KEY), overwrite=False)
    assert caught.value.hint == "overwrite=True replaces it"
    assert vault.get("ci").access_key_id == KEY_ID
    vault.put("new", access_key_id=OTHER_ID, secret_access_key=Secret(KEY), overwrite=False)
    vault.put("ci", access_key_id=OTHER_ID, secret_access_key=Secret(KEY))
    assert vault.get("ci").access_key_id == vault.get("new").access_key_id == OTHER_ID


def test_of_many_that_must_not_replace_one_stores(vault: pyvault.CredentialVault) -> None:
    def put(number: int) -> int | None:
        secret = Secret(f"{number:040}")
        try:
            vault.put("new", access_key_id=KEY_ID, secret_access_key=secret, overwrite=False)
        except ItemExistsError:
            return None
        return number

    with ThreadPoolExecutor(8) as pool:
        (won,) = [number for number in pool.map(put, range(8)) if number is not None]
    assert vault.get("new").secret_access_key == Secret(f"{won:040}")


def test_nothing_is_put_under_a_rotation(vault: pyvault.CredentialVault) -> None:
    backend = vault._runtime.store.backend
    backend.put(item_name(Kind.PENDING, "ci"), Secret(b"{}"))
    with pytest.raises(ConflictError, match="rotation") as caught:
        vault.put("ci", access_key_id=OTHER_ID, secret_access_key=Secret(KEY))
    assert caught.value.hint == "vault.rotate('ci') finishes it, vault.rotate('ci', abort=True) abandons it"


def test_a_name_that_is_none(vault: pyvault.CredentialVault) -> None:
    with pytest.raises(InvalidNameError):
        vault.put("a\nb", access_key_id=KEY_ID, secret_access_key=Secret(KEY))


@pytest.mark.parametrize(
    ("method", "arguments", "told"),
    [
        ("put", {"access_key_id": KEY_ID, "secret_access_key": KEY}, "secret_access_key must be a pyvault.Secret"),
        ("put", {"access_key_id": KEY_ID, "secret_access_key": Secret(b"x")}, "Secret of a str, not of bytes"),
        ("put", {"access_key_id": None, "secret_access_key": Secret(KEY)}, "access_key_id must be a str, not NoneType"),
        ("credentials", {"duration": 900}, "duration must be a datetime.timedelta, not int"),
        ("credentials", {"mfa_code": "123456"}, "mfa_code must be a pyvault.Secret, not str"),
        ("boto3_session", {"duration": "1h"}, "duration must be a datetime.timedelta, not str"),
        ("credentials", {"no_session": "no"}, "no_session must be a bool, not str"),
        ("plan", {"region": 1}, "region must be a str, not int"),
        ("rotate", {"trust_endpoints": "https://x"}, "trust_endpoints must be a sequence of str, not str"),
        ("rotate", {"trust_endpoints": [1]}, r"trust_endpoints\[0\] must be a str, not int"),
        ("rotate", {"mfa_code": 123456}, "mfa_code must be a pyvault.Secret, not int"),
        ("put_totp", {"secret": "JBSWY3DPEHPK3PXP"}, "secret must be a pyvault.Secret, not str"),
    ],
)
def test_a_wrong_type_is_told_at_the_door(
    vault: pyvault.CredentialVault, method: str, arguments: dict[str, Any], told: str
) -> None:
    with pytest.raises(TypeError, match=told) as caught:
        getattr(vault, method)("ci", **arguments)
    assert KEY not in str(caught.value)


@pytest.mark.parametrize("method", ["get", "delete", "credentials", "plan", "invalidate", "totp", "rotate"])
def test_a_profile_is_a_text(vault: pyvault.CredentialVault, method: str) -> None:
    with pytest.raises(TypeError, match="profile must be a str, not bytes"):
        getattr(vault, method)(b"ci")


@pytest.mark.parametrize("value", [None, 1, bytearray(b"x")])
def test_a_secret_is_a_text_or_bytes(value: Any) -> None:
    with pytest.raises(TypeError, match=f"not {type(value).__name__}"):
        Secret(value)
