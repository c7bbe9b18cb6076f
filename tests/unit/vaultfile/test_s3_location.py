"""Which object a URL names, and the options beside it."""

from __future__ import annotations

import pytest

from pyvault.errors import ConfigError, InvalidSettingError
from pyvault.vaultfile.file_options import VaultSettings
from pyvault.vaultfile.s3.location import parse_location
from pyvault.vaultfile.s3.s3_place import S3Place
from pyvault.vaultfile.s3.staleness import is_fresh
from pyvault.vaultfile.state.places import with_verified
from pyvault.vaultfile.state.trust_file import format_states, parse_states
from pyvault.vaultfile.state.vault_state import VaultState

STATE = VaultState(
    vault_id=bytes(16), path="s3://bucket/key", fingerprint=bytes(16), epoch=1, generation=1, txid=bytes(16)
)


@pytest.mark.parametrize(
    ("url", "endpoint", "identity"),
    [
        ("s3://bucket/key", None, "s3://bucket/key"),
        ("S3://bucket/key", None, "s3://bucket/key"),
        ("s3://bucket/a/b c.pyv", "", "s3://bucket/a/b c.pyv"),
        ("s3://bucket/key", "https://Minio.Example:443/", "s3://bucket/key at https://minio.example"),
        ("s3://bucket/key", "https://minio.example", "s3://bucket/key at https://minio.example"),
        ("s3://bucket/key", "http://127.0.0.1:9000", "s3://bucket/key at http://127.0.0.1:9000"),
        ("s3://bucket/key", "http://[::1]:9000", "s3://bucket/key at http://[::1]:9000"),
    ],
)
def test_one_text_for_one_object(url: str, endpoint: str | None, identity: str) -> None:
    assert parse_location(url, endpoint).identity == identity


@pytest.mark.parametrize(
    "url",
    [
        "s3:",
        "s3:/bucket/key",
        "s3://",
        "s3://bucket",
        "s3://bucket/",
        "s3://bucket/key/",
        "s3://Bucket/key",
        "s3://b/key",
        "s3://bucket/ke\ny",
        "s3://bucket/" + "k" * 1025,
        "s3://mfzwi23gnjvgw.mrap/key",
        "s3://arn:aws:s3::123456789012:accesspoint/mfzwi23gnjvgw.mrap/key",
    ],
)
def test_what_names_no_object(url: str) -> None:
    with pytest.raises(InvalidSettingError):
        VaultSettings.parse({"path": url})


@pytest.mark.parametrize(
    ("url", "endpoint"),
    [
        ("s3://AKIAEXAMPLE:our-secret@bucket/key", None),
        ("s3://our-secret@bucket/key", None),
        ("s3://AKIAEXAMPLE:our-secret/with/slashes@bucket/key", None),
        ("s3://bucket/key", "https://me:our-secret@host"),
        ("s3://bucket/key", "https://me:our-secret/with/slashes@host"),
        ("s3://bucket/key", "https://host/?X-Amz-Signature=our-secret"),
        ("s3://bucket/key", "https://host/#our-secret"),
        ("s3://bucket/key", "me:our-secret@host"),
    ],
)
def test_a_secret_in_a_url_is_not_shown(url: str, endpoint: str | None) -> None:
    with pytest.raises(InvalidSettingError) as refused:
        parse_location(url, endpoint)
    assert "our-secret" not in refused.value.message + str(refused.value.hint)


@pytest.mark.parametrize(
    "options",
    [
        {"endpoint_url": "ftp://host"},
        {"endpoint_url": "https://user@host"},
        {"endpoint_url": "https://host:port"},
        {"endpoint_url": "https://"},
        {"endpoint_url": "http://minio.example"},  # readable on the network
        {"expected_bucket_owner": "me"},
        {"max_stale": "-1"},
        {"read_timeout": "never"},
    ],
)
def test_options_that_can_t_be(options: dict[str, str]) -> None:
    with pytest.raises(ConfigError):
        VaultSettings.parse({"path": "s3://bucket/key", **options})


def test_options_as_they_are_by_default() -> None:
    place = VaultSettings.parse({"path": "s3://bucket/key"}).place
    assert isinstance(place, S3Place)
    settings = place.settings
    assert (settings.connect_timeout, settings.read_timeout, settings.max_stale) == (2, 10, 3600)
    assert str(place) == "s3://bucket/key"


@pytest.mark.parametrize(
    ("verified", "moment", "fresh"),
    [
        (None, 1000, False),
        (1000, 1000, True),
        (1000, 1060, True),
        (1000, 1061, False),
        (1000, 999, False),  # a clock before the note proves nothing
        (1000, 1000 - 86400, False),
    ],
)
def test_how_old_a_copy_may_be(verified: int | None, moment: float, fresh: bool) -> None:
    assert is_fresh(verified, moment, 60) == fresh


@pytest.mark.parametrize(
    ("before", "moment", "after"),
    [(None, 1000, 1000), (1000, 1010, 1000), (1000, 1060, 1060), (2000, 1000, 1000)],
)
def test_a_note_is_written_now_and_then(before: int | None, moment: int, after: int) -> None:
    from pyvault.record import replace

    known = {bytes(16): replace(STATE, verified={} if before is None else {"s3://bucket/key": before})}
    assert with_verified(known, bytes(16), "s3://bucket/key", moment, 60)[bytes(16)].verified == {
        "s3://bucket/key": after
    }
    assert with_verified({}, bytes(16), "s3://bucket/key", moment, 60) == {}


def test_the_trust_file_keeps_the_notes() -> None:
    from pyvault.record import replace

    known = {bytes(16): replace(STATE, verified={"s3://bucket/key": 1764000000})}
    assert parse_states(format_states(known)) == known
