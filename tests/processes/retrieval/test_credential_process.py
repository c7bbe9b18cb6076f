"""The JSON of a credential_process: what is accepted, what is refused, and that errors show nothing of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases import Case, cases_of
from pyvault.errors import ProcessError, UnusableAnswerError
from pyvault.model import Credentials
from pyvault.planning.steps import ProcessStep
from pyvault.retrieval.from_process import parse_answer
from pyvault.retrieval.origin import Origin
from pyvault.retrieval.toolbox import Toolbox
from pyvault.secret import Secret

NOW = datetime(2030, 1, 1, tzinfo=UTC)
FULL = {
    "Version": 1,
    "AccessKeyId": "ASIAEXAMPLEEXAMPLE00",
    "SecretAccessKey": "planted-secret",
    "SessionToken": "planted-token",
    "Expiration": "2030-01-01T01:00:00Z",
}


def retrieve(step: ProcessStep) -> Credentials:
    return Origin(step, cast("Toolbox", SimpleNamespace(environ={}, clock=lambda: NOW)), shares=False).credentials()


def parse(answer: object) -> Credentials:
    return parse_answer(Secret(json.dumps(answer).encode()), profile="p")


def test_a_session() -> None:
    credentials = parse(FULL)
    assert credentials.access_key_id == "ASIAEXAMPLEEXAMPLE00"
    assert credentials.secret_access_key == Secret("planted-secret")
    assert credentials.session_token == Secret("planted-token")
    assert credentials.expires == datetime(2030, 1, 1, 1, tzinfo=UTC)


def test_deviation_6_static_keys_are_accepted() -> None:
    credentials = parse({key: FULL[key] for key in ("Version", "AccessKeyId", "SecretAccessKey")})
    assert credentials.session_token is None
    assert credentials.expires is None


@pytest.mark.parametrize("version", [None, 2, "1", True, 1.5])
def test_deviation_6_the_version_must_be_1(version: object) -> None:
    with pytest.raises(UnusableAnswerError, match=r"Version (must be 1|is missing)"):
        parse(FULL | {"Version": version})


@pytest.mark.parametrize("value", ["\ud800", "12\u0000", "1 2"])
def test_an_account_id_that_no_variable_can_hold_is_refused(value: str) -> None:
    with pytest.raises(UnusableAnswerError, match="AccountId"):
        parse(FULL | {"AccountId": value})


@pytest.mark.parametrize("key", ["AccessKeyId", "SecretAccessKey"])
@pytest.mark.parametrize("value", [None, "", 7, ["planted-secret"]])
def test_the_two_keys_must_be_texts(key: str, value: object) -> None:
    with pytest.raises(UnusableAnswerError, match=key) as caught:
        parse(FULL | {key: value})
    assert "planted" not in str(caught.value)


@pytest.mark.parametrize("text", ["2030-01-01T01:00:00UTC", "Tue, 01 Jan 2030 01:00:00 GMT"])
def test_an_expiration_as_old_tools_write_it(text: str) -> None:
    assert parse(FULL | {"Expiration": text}).expires == datetime(2030, 1, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("value", ["soon", "2030-01-01T01:00:00", 1893456000])
def test_an_expiration_that_is_no_time_is_an_error(value: object) -> None:
    with pytest.raises(UnusableAnswerError, match="Expiration must be"):
        parse(FULL | {"Expiration": value})


@given(st.binary(max_size=200))
def test_anything_else_is_an_error_without_the_text(noise: bytes) -> None:
    with pytest.raises(UnusableAnswerError) as caught:
        parse_answer(Secret(noise), profile="p")
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None or caught.value.__suppress_context__


def test_expired_credentials_are_refused() -> None:
    text = f"printf %s '{json.dumps(FULL | {'Expiration': '2029-12-31T23:59:59Z'})}'"
    step = ProcessStep(profile="p", command=text, why="")
    with pytest.raises(UnusableAnswerError, match="expired"):
        retrieve(step)


@cases_of("credential_process")
def test_cases_of_credential_process(case: Case) -> None:
    text = f"printf %s '{case.options['stdout']}'; exit {case.options['exit_code']}"
    step = ProcessStep(profile="p", command=text, why="")
    assert case.expect["error"]
    with pytest.raises((UnusableAnswerError, ProcessError)) as caught:
        retrieve(step)
    assert "Junk" not in str(caught.value)
