"""Tokens as bytes, and their names in the session vault."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.sso_calls import START, MemoryBlobs, session
from pyvault.config.clients import ClientSettings, Endpoints
from pyvault.errors import ItemCorruptError, ItemNotFoundError
from pyvault.names import Kind
from pyvault.secret import Secret
from pyvault.sso.tokens import (
    Registration,
    SsoToken,
    TokenStore,
    decode_registration,
    decode_token,
    encode_registration,
    encode_token,
)

CLIENT = Registration(client_id="id", client_secret=Secret("planted-client"), expires=START + timedelta(days=90))
TOKEN = SsoToken(
    access_token=Secret("planted-access"),
    expires=START + timedelta(hours=1),
    refresh_token=Secret("planted-refresh"),
    client=CLIENT,
)


def test_a_token_survives_the_vault() -> None:
    assert decode_token(encode_token(TOKEN)) == TOKEN
    assert decode_registration(encode_registration(CLIENT)) == CLIENT


def test_nothing_of_a_token_shows() -> None:
    assert "planted" not in repr(TOKEN)


@given(st.binary(max_size=100))
def test_foreign_bytes_are_corrupt(data: bytes) -> None:
    with pytest.raises(ItemCorruptError):
        decode_token(Secret(data))


@pytest.mark.parametrize(
    "record",
    [
        b"[]",
        b'{"v":2}',
        b'{"v":1,"access_token":"planted","expires":"2026-01-01T00:00:00Z"}',
        b'{"v":1,"access_token":1,"expires":"2026-01-01T00:00:00Z","client":{}}',
        b'{"v":1,"access_token":"planted","expires":"planted","client":{"client_id":"x","client_secret":"y","expires":"z"}}',
        b'{"v":1,"access_token":"planted","expires":"2026-01-01T00:00:00","client":{}}',
        b'{"v":1,"access_token":"planted"',
    ],
)
def test_a_record_with_a_wrong_field_is_corrupt_and_not_shown(record: bytes) -> None:
    with pytest.raises(ItemCorruptError) as caught:
        decode_token(Secret(record))
    assert "planted" not in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_deviation_9_an_edited_session_never_finds_the_token_of_another() -> None:
    base = session()
    edited = [
        session(start_url="https://other.awsapps.com/start"),
        session(client=ClientSettings(region="us-east-1")),
        session(client=ClientSettings(region="eu-west-1", endpoints=Endpoints(sso="http://127.0.0.1:1"))),
        session(client=ClientSettings(region="eu-west-1", endpoints=Endpoints(sso_oidc="http://127.0.0.1:1"))),
        session(scopes=("sso:account:access", "codewhisperer:completions")),
    ]
    keys = {each.key() for each in (base, *edited)}
    assert len(keys) == 1 + len(edited)
    assert session("other-name").key() == base.key()
    assert session(start_url="https://corp.awsapps.com/start/").key() == base.key()


def test_a_token_stays_as_long_as_it_can_be_refreshed() -> None:
    blobs = MemoryBlobs()
    store = TokenStore(blobs)
    store.put_token(session(), TOKEN)
    assert list(blobs.expiries.values()) == [CLIENT.expires]
    store.put_token(
        session(),
        SsoToken(access_token=TOKEN.access_token, expires=TOKEN.expires, refresh_token=None, client=CLIENT),
    )
    assert list(blobs.expiries.values()) == [TOKEN.expires]


def test_dropping_twice_is_fine_and_absent_is_an_error_of_its_own() -> None:
    blobs = MemoryBlobs()
    store = TokenStore(blobs)
    store.put_token(session(), TOKEN)
    store.put_registration(session(), "device", CLIENT)
    assert blobs.kinds() == [str(Kind.SSO_CLIENT), str(Kind.SSO_TOKEN)]
    for _ in range(2):
        store.drop_token(session())
        store.drop_registration(session(), "device")
    with pytest.raises(ItemNotFoundError):
        store.token(session())
    with pytest.raises(ItemNotFoundError):
        store.registration(session(), "device")
