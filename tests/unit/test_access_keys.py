"""Pairs that are not what they should be are told apart, and never shown."""

from __future__ import annotations

import pytest

from pyvault.access_keys import IS_TEMPORARY, ODD, SWAPPED, KeyFault, check_pair, find_fault, shown
from pyvault.errors import UsageError
from pyvault.model import masked
from pyvault.secret import Secret

KEY_ID = "AKIAIOSFODNN7EXAMPLE"
PLANTED = "pLaNtEd/K7MDENG+bPxRfiCYEXAMPLEKEY000000"
assert len(PLANTED) == 40

PAIRS: list[tuple[str, str, KeyFault | None]] = [
    (KEY_ID, PLANTED, None),
    (KEY_ID, "short", None),
    (PLANTED, KEY_ID, SWAPPED),
    (PLANTED, PLANTED, SWAPPED),
    (KEY_ID, KEY_ID, SWAPPED),
    ("minioadmin", KEY_ID, SWAPPED),
    (KEY_ID, "ASIAIOSFODNN7EXAMPLE", SWAPPED),
    ("ASIAIOSFODNN7EXAMPLE", PLANTED, IS_TEMPORARY),
    ("minioadmin", "minioadmin", ODD),
    ("AIDAIOSFODNN7EXAMPLE", PLANTED, ODD),  # a user's id
    ("LSIAQAAAAAAVNCBMPNSG", PLANTED, ODD),
    (KEY_ID.lower(), PLANTED, ODD),
    (KEY_ID[:-1], PLANTED, ODD),
    (f"{KEY_ID}0", PLANTED, ODD),
    (PLANTED[:39], PLANTED, ODD),
    ("", PLANTED, ODD),
]


@pytest.mark.parametrize(("key_id", "secret", "fault"), PAIRS)
@pytest.mark.parametrize("any_id", [False, True])
def test_pairs(key_id: str, secret: str, fault: KeyFault | None, any_id: bool) -> None:
    assert find_fault(key_id, Secret(secret)) is fault
    if fault is None or (fault is ODD and any_id):
        check_pair(key_id, Secret(secret), source="stdin", any_id=any_id)
        return
    with pytest.raises(UsageError) as caught:
        check_pair(key_id, Secret(secret), source="stdin", any_id=any_id)
    told = f"{caught.value.message} {caught.value.hint}"
    assert "the key of stdin" in told
    assert not any(value and value in told for value in (key_id, secret))


def test_the_words_that_people_look_for() -> None:
    assert SWAPPED.text.endswith("swapped?")
    assert "temporary" in IS_TEMPORARY.text
    with pytest.raises(UsageError) as caught:
        check_pair("minioadmin", Secret("minioadmin"), source="stdin", any_id=False)
    assert caught.value.hint == ("for another service, set its endpoint_url in the profile; verify=False stores any id")


@pytest.mark.parametrize(
    ("key_id", "text"),
    [(KEY_ID, KEY_ID), (PLANTED, "..."), ("minioadmin", "..."), ("LSIAQAAAAAAVNCBMPNSG", "...PNSG")],
)
def test_an_id_is_shown_in_full_only_if_it_is_one(key_id: str, text: str) -> None:
    assert shown(key_id) == text
    assert masked(PLANTED) == "...", "a secret in the place of an id shows no part of itself"
