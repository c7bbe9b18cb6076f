"""What a command or a metadata service can say wrongly, field by field: one error, and nothing of the answer in it."""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable, Iterator

import pytest

from pyvault.errors import UnusableAnswerError
from pyvault.model import Credentials
from pyvault.retrieval.from_process import parse_answer
from pyvault.retrieval.link_local import parse_credentials
from pyvault.secret import Secret

CANARY = "wJalrXUtnFEMICANARY"
WRONG: dict[str, object] = {
    "a number": 5, "a huge number": 10**400, "a float": 1.5, "true": True, "a list": [CANARY], "an object": {"a": CANARY},
    "a newline": CANARY + "\n", "a blank": CANARY + " x", "an escape": CANARY + "\x1b[2J", "no ASCII": CANARY + "é",
}  # fmt: skip
TIMES = ["soon", "0001-01-01T00:00:00+10:00", "9999-12-31T23:59:59-10:00", "2026-01-01", 5, True, [], {}, "NaN"]
DOCUMENTS = [
    b"",
    b"null",
    b"[]",
    b'"x"',
    b"{",
    b"[" * 100_000,
    b'{"a":' * 100_000,
    b'{"a": NaN}',
    b"\xff\xfe",
    b"<html>",
]


def process(document: bytes) -> Credentials:
    return parse_answer(Secret(document), profile="p")


def metadata(document: bytes) -> Credentials:
    return parse_credentials(Secret(document.decode(errors="replace")), source="the service")


SOURCES: dict[str, tuple[Callable[[bytes], Credentials], dict[str, object], set[str]]] = {
    "credential_process": (
        process,
        {
            "Version": 1, "AccessKeyId": "ASIAEXAMPLEEXAMPLE00", "SecretAccessKey": CANARY, "SessionToken": CANARY,
            "Expiration": "2030-01-01T00:00:00Z", "AccountId": "123456789012",
        },
        {"SessionToken", "Expiration", "AccountId"},
    ),
    "metadata": (
        metadata,
        {
            "AccessKeyId": "ASIAEXAMPLEEXAMPLE00", "SecretAccessKey": CANARY, "Token": CANARY, "Expiration": "2030-01-01T00:00:00Z",
        },
        set(),
    ),
}  # fmt: skip


def wrong(good: dict[str, object], optional: set[str]) -> Iterator[tuple[str, bytes]]:
    for key in good:
        if key not in optional:
            yield f"{key} left out", json.dumps({name: value for name, value in good.items() if name != key}).encode()
            yield f"{key} null", json.dumps({**good, key: None}).encode()
        values = {str(value)[:9]: value for value in TIMES} if key == "Expiration" else WRONG
        for label, value in values.items():
            yield f"{key}: {label}", json.dumps({**good, key: value}).encode()
    yield from ((f"document {number}", document) for number, document in enumerate(DOCUMENTS))


@pytest.mark.parametrize("source", SOURCES)
def test_every_wrong_answer_is_one_error_that_says_nothing_of_it(source: str) -> None:
    parse, good, optional = SOURCES[source]
    parse(json.dumps(good).encode())
    taken: list[str] = []
    for label, document in wrong(good, optional):
        try:
            parse(document)
        except UnusableAnswerError as error:
            shown = "".join(traceback.format_exception(error, limit=0)) + str(error.hint)
            assert CANARY not in shown, label
        else:
            taken.append(label)
    assert taken == []
