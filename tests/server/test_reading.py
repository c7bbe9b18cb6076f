"""The reader of requests: what it remembers of the last read changes nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyvault.server.http.parser import MAX_REQUEST_BYTES, RequestReader
from pyvault.server.http.request import Request

HOSTS = frozenset({b"127.0.0.1:1"})
ASK = b"GET / HTTP/1.1\r\nHost: 127.0.0.1:1\r\nAuthorization: one\r\n\r\n"
OTHER = ASK.replace(b"one", b"two")
LAST = ASK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")

CHUNKS = st.sampled_from([
    ASK, OTHER, LAST, ASK + OTHER, ASK + b"\r\n", b"\r\n", ASK + ASK[:20], ASK[:20], ASK[20:], ASK[:-2], b"\r\n" + ASK,
    ASK.replace(b"1.1", b"1.0"), b"GET / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", b"HEAD / HTTP/1.1\r\n\r\n", b"\x00",
])  # fmt: skip


def make_reader() -> RequestReader:
    return RequestReader(HOSTS, report=lambda exc: pytest.fail(repr(exc)))


def read(reader: RequestReader, chunks: list[bytes]) -> tuple[list[Request], int | None]:
    """Feed until a refusal, as a connection does."""
    requests: list[Request] = []
    for chunk in chunks:
        requests += reader.feed(chunk)
        if reader.refusal is not None:
            return requests, reader.refusal.status
    return requests, None


@given(chunks=st.lists(CHUNKS, min_size=1, max_size=12))
def test_a_remembered_read_is_what_parsing_it_again_would_give(chunks: list[bytes]) -> None:
    bytewise = [bytes([byte]) for chunk in chunks for byte in chunk]  # a byte is never a whole request
    assert read(make_reader(), chunks) == read(make_reader(), bytewise)


def test_the_same_bytes_are_the_same_request_only_between_requests() -> None:
    reader = make_reader()
    assert [len(reader.feed(ASK)) for _ in range(3)] == [1, 1, 1]
    assert reader.feed(ASK[:20]) == []
    assert not reader.is_between
    assert reader.feed(ASK) == []  # a header of the request under way, and a malformed one
    assert reader.refusal is not None


def test_another_token_is_read_anew() -> None:
    reader = make_reader()
    tokens = [reader.feed(chunk)[0].headers[b"authorization"] for chunk in (ASK, ASK, OTHER, ASK)]
    assert tokens == [b"one", b"one", b"two", b"one"]


def test_many_small_requests_in_one_read_are_bounded_by_the_read() -> None:
    reader = make_reader()
    many = ASK * (MAX_REQUEST_BYTES // len(ASK) + 1)
    assert reader.feed(many) == []
    assert reader.refusal is not None
    assert reader.refusal.status == 431


def test_a_request_does_not_show_its_token() -> None:
    (request,) = make_reader().feed(ASK)
    assert repr(request) == "Request(b'GET')"
