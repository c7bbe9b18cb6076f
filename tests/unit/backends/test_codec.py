"""Stored credentials <-> bytes: strict, and silent about what it read."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyvault.errors import ItemCorruptError
from pyvault.model import StoredCredentials
from pyvault.secret import Secret
from pyvault.storage.item_codec import MAX_DOCUMENT, decode_credentials, encode_credentials

WHOLE_SECONDS = st.datetimes(min_value=datetime(1971, 1, 1), max_value=datetime(2200, 1, 1)).map(  # noqa: DTZ001 - hypothesis wants naive bounds
    lambda moment: moment.replace(microsecond=0, tzinfo=UTC)
)
VISIBLE = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S"]), min_size=1, max_size=200)


@given(VISIBLE, VISIBLE, st.none() | WHOLE_SECONDS)
def test_what_is_written_is_read(key_id: str, secret: str, created: datetime | None) -> None:
    credentials = StoredCredentials(access_key_id=key_id, secret_access_key=Secret(secret), created=created)
    assert decode_credentials(encode_credentials(credentials), of="it") == credentials


def test_a_record_without_version_and_date_is_version_1() -> None:
    read = decode_credentials(Secret(b'{"AccessKeyId":"AKIAX","SecretAccessKey":"s3cret"}'), of="it")
    assert (read.access_key_id, read.secret_access_key, read.created) == ("AKIAX", Secret("s3cret"), None)


GOOD = {"AccessKeyId": "AKIAX", "SecretAccessKey": "PLANTED"}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PLANTED",
        b'{"AccessKeyId":"AKIAX","SecretAccessKey":"PLANTED"',
        b'{"AccessKeyId":"AKIAX","SecretAccessKey":"PLANTED"} x',
        b'{"AccessKeyId":"AKIAX","SecretAccessKey":"PLANTED","SecretAccessKey":"OTHER"}',
        b'{"AccessKeyId":"AKIAX","SecretAccessKey":"PLANTED\xff"}',
        b'{"AccessKeyId":"AKIAX","SecretAccessKey":"PLANTED","v":NaN}',
        b"\xef\xbb\xbf" + json.dumps(GOOD).encode(),
        b'["PLANTED"]',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        json.dumps({"AccessKeyId": "AKIAX"}).encode(),
        json.dumps(GOOD | {"SecretAccessKey": ""}).encode(),
        json.dumps(GOOD | {"SecretAccessKey": 7}).encode(),
        json.dumps(GOOD | {"SecretAccessKey": "PLANTED\nAWS_PROFILE=x"}).encode(),
        json.dumps(GOOD | {"SecretAccessKey": "\ud800PLANTED"}).encode(),
        json.dumps(GOOD | {"Created": "yesterday"}).encode(),
        json.dumps(GOOD | {"Created": "2020-01-01T00:00:00"}).encode(),
        json.dumps(GOOD | {"Created": 5}).encode(),
        json.dumps(GOOD | {"Token": "PLANTED"}).encode(),
        json.dumps(GOOD | {"v": 2}).encode(),
        json.dumps(GOOD | {"v": 0}).encode(),
        json.dumps(GOOD | {"v": True}).encode(),
        json.dumps(GOOD | {"v": "1"}).encode(),
        b'{"AccessKeyId":"' + b"x" * MAX_DOCUMENT + b'"}',
    ],
    ids=[str(number) for number in range(25)],
)
def test_what_is_not_exactly_a_record_is_corrupt_and_not_repeated(data: bytes) -> None:
    with pytest.raises(ItemCorruptError) as caught:
        decode_credentials(Secret(data), of="the item 'credential/prod'")
    error: BaseException | None = caught.value
    assert "credential/prod" in str(error)
    while error is not None:
        assert "PLANTED" not in str(error)
        error = error.__cause__


@given(st.binary(max_size=300))
def test_any_bytes_are_a_record_or_corrupt(data: bytes) -> None:
    try:
        decode_credentials(Secret(data), of="it")
    except ItemCorruptError:
        return


def test_a_newer_version_says_so() -> None:
    with pytest.raises(ItemCorruptError, match="version 2") as caught:
        decode_credentials(Secret(json.dumps(GOOD | {"v": 2}).encode()), of="it")
    assert caught.value.hint
