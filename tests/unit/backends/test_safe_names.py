"""Names for stores that know less than ours: reversible, and apart even without case."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyvault.errors import InvalidNameError
from pyvault.names import ItemName, Kind, credential_name, item_name
from pyvault_backends._safe_names import decode_name, encode_name

NAMES = st.text(min_size=1, max_size=300)


def _name(text: str) -> ItemName | None:
    try:
        return item_name(Kind.CREDENTIAL, text)
    except InvalidNameError:
        return None


@given(NAMES)
def test_every_name_comes_back_and_is_a_safe_path(text: str) -> None:
    name = _name(text)
    if name is None:
        return
    encoded = encode_name(name)
    assert decode_name(encoded) == name
    assert encoded.isascii()
    for part in encoded.split("/"):
        assert 0 < len(part) <= 121
        assert part[0] not in ".-"
        assert not set(part) & set('\\:*?"<>| ')


@given(NAMES, NAMES)
def test_two_names_differ_even_where_case_does_not_count(one: str, other: str) -> None:
    first, second = _name(one), _name(other)
    if first is None or second is None or first == second:
        return
    assert encode_name(first).lower() != encode_name(second).lower()


def test_cases_that_only_case_tells_apart() -> None:
    encoded = {encode_name(credential_name(text)).lower() for text in ("prod", "Prod", "PROD", "pROD")}
    assert len(encoded) == 4


@pytest.mark.parametrize(
    "text",
    [
        "",
        "prod",
        "nonsense/prod",
        "credential/",
        "credential/Prod",
        "credential/a b",
        "credential/prod~00000000",
        "credential/%zz~12345678",
        "credential/prod+new-1",
        "credential/a/b",
        "credential/%ff~00000000",
    ],
)
def test_what_we_did_not_write_is_not_a_name(text: str) -> None:
    assert decode_name(text) is None


def test_plain_names_stay_readable() -> None:
    assert encode_name(credential_name("prod-eu.1")) == "credential/prod-eu.1"
    assert encode_name(credential_name("a/b")).startswith("credential/a%2Fb~")
