"""MFA codes: the order of the sources, the form of a code, and that none is claimed twice."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cases import Case, cases_of
from pyvault.aws.calls import MfaProof
from pyvault.errors import (
    AwsError,
    AwsUnreachableError,
    InputRequiredError,
    MfaError,
    NothingSentError,
    ProcessError,
)
from pyvault.files.atomic import PendingFile
from pyvault.mfa.codes import MfaCodes, MfaRequest, checked, run_mfa_process
from pyvault.mfa.used_codes import UsedCodes
from pyvault.secret import Secret

SERIAL = "arn:aws:iam::123456789012:mfa/me"
START = datetime(2030, 1, 1, 0, 0, 10, tzinfo=UTC)


class Time:
    """A clock that waiting moves."""

    def __init__(self) -> None:
        self.now = START
        self.waits: list[timedelta] = []

    def __call__(self) -> datetime:
        return self.now

    def wait(self, left: timedelta) -> None:
        self.waits.append(left)
        self.now += left


def code_of(time: Time) -> Secret[str]:
    """Show a code as a device would: a new one every 30 s."""
    return Secret(f"{int(time.now.timestamp()) // 30 % 1_000_000:06}")


def desk(tmp_path: Path, time: Time, *, given: str | None = None, prompts: bool = True) -> MfaCodes:
    return MfaCodes(
        used_codes=UsedCodes(tmp_path, time),
        wait=time.wait,
        environ={"PATH": "/usr/bin:/bin"},
        given=Secret(given) if given else None,
        prompt=(lambda _: code_of(time)) if prompts else None,
    )


REQUEST = MfaRequest(serial=SERIAL, profile="p")


def test_a_used_code_means_waiting_for_the_next(tmp_path: Path) -> None:
    time = Time()
    first = desk(tmp_path, time).proof(REQUEST)
    second = desk(tmp_path, time).proof(REQUEST)
    assert first.code != second.code
    assert time.waits == [timedelta(seconds=20)]


def test_a_person_is_asked_only_when_there_is_a_new_code(tmp_path: Path) -> None:
    time, asked = Time(), list[datetime]()

    def prompt(request: MfaRequest) -> Secret[str]:
        asked.append(time.now)
        return code_of(time)

    for _ in range(2):
        MfaCodes(used_codes=UsedCodes(tmp_path, time), wait=time.wait, environ={}, prompt=prompt).proof(REQUEST)
    assert asked == [START, START + timedelta(seconds=20)]


def test_a_code_that_was_typed_late_is_not_taken_again_in_the_next_window(tmp_path: Path) -> None:
    time = Time()
    late = code_of(time)
    UsedCodes(tmp_path, time).claim(SERIAL, late)
    time.now += timedelta(seconds=30)
    assert UsedCodes(tmp_path, time).until_next(SERIAL) is None
    assert UsedCodes(tmp_path, time).claim(SERIAL, late) is not None


def test_the_code_of_another_device_is_another_code(tmp_path: Path) -> None:
    time = Time()
    desk(tmp_path, time).proof(REQUEST)
    desk(tmp_path, time).proof(MfaRequest(serial="arn:aws:iam::123456789012:mfa/you", profile="p"))
    assert time.waits == []


def test_a_given_code_is_never_waited_for(tmp_path: Path) -> None:
    time = Time()
    desk(tmp_path, time, given="654321").proof(REQUEST)
    with pytest.raises(MfaError, match="used already") as caught:
        desk(tmp_path, time, given="654321").proof(REQUEST)
    assert time.waits == []
    assert caught.value.hint == "the next one is due in 20 s"
    assert "654321" not in str(caught.value)


def test_a_source_that_repeats_itself_is_given_up(tmp_path: Path) -> None:
    time = Time()
    stuck = MfaCodes(
        used_codes=UsedCodes(tmp_path, lambda: START), wait=time.wait, environ={}, prompt=lambda _: Secret("123456")
    )
    stuck.proof(REQUEST)
    with pytest.raises(MfaError, match="only codes that had been used"):
        stuck.proof(REQUEST)


def test_a_claim_is_forgotten_when_no_verifier_would_take_the_code(tmp_path: Path) -> None:
    time = Time()
    claims = UsedCodes(tmp_path, time)
    assert claims.claim(SERIAL, Secret("123456")) is None
    time.now += timedelta(seconds=60)
    assert claims.claim(SERIAL, Secret("123456")) is not None
    time.now += timedelta(seconds=60)
    assert claims.claim(SERIAL, Secret("123456")) is None


def test_a_clock_that_was_set_back_does_not_block(tmp_path: Path) -> None:
    time = Time()
    UsedCodes(tmp_path, time).claim(SERIAL, Secret("123456"))
    time.now -= timedelta(days=1)
    assert UsedCodes(tmp_path, time).claim(SERIAL, Secret("123456")) is None


def test_one_of_many_gets_the_code(tmp_path: Path) -> None:
    def claim(_: int) -> timedelta | None:
        return UsedCodes(tmp_path, lambda: START).claim(SERIAL, Secret("123456"))

    with ThreadPoolExecutor(16) as pool:
        claims = list(pool.map(claim, range(16)))
    assert claims.count(None) == 1


def test_the_code_itself_is_not_in_the_record(tmp_path: Path) -> None:
    UsedCodes(tmp_path, lambda: START).claim(SERIAL, Secret("123456"))
    assert not [file for file in tmp_path.iterdir() if b"123456" in file.read_bytes()]
    assert {file.stat().st_mode & 0o777 for file in tmp_path.iterdir()} == {0o600}


def test_what_a_killed_writer_left_goes_with_the_next_claim(tmp_path: Path) -> None:
    UsedCodes(tmp_path, lambda: START).claim(SERIAL, Secret("123456"))
    files = sorted(tmp_path.iterdir())
    killed = PendingFile(next(tmp_path.glob("*.json")))
    killed.finish()
    UsedCodes(tmp_path, lambda: START).claim(SERIAL, Secret("654321"))
    assert sorted(tmp_path.iterdir()) == files


@pytest.mark.parametrize("record", ["", "[]", '{"a": "b"}', "{"])
def test_a_spoilt_record_is_an_empty_one(tmp_path: Path, record: str) -> None:
    UsedCodes(tmp_path, lambda: START).claim(SERIAL, Secret("123456"))
    next(tmp_path.glob("*.json")).write_text(record)
    assert UsedCodes(tmp_path, lambda: START).claim(SERIAL, Secret("123456")) is None


@pytest.mark.parametrize(("typed", "code"), [("123456", "123456"), (" 123 456\n", "123456")])
def test_blanks_are_taken_out(typed: str, code: str) -> None:
    assert checked(Secret(typed), SERIAL) == Secret(code)


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "12345a", "１２３４５６", "-12345"])  # noqa: RUF001 - other digits are the point
def test_anything_else_is_no_code(typed: str) -> None:
    with pytest.raises(MfaError, match="is not 6 digits"):
        checked(Secret(typed), SERIAL)


def test_nobody_to_ask(tmp_path: Path) -> None:
    with pytest.raises(InputRequiredError, match=r"an MFA code of 'arn:.*' is required for profile 'p'") as caught:
        desk(tmp_path, Time(), prompts=False).proof(REQUEST)
    assert "mfa_code=" in (caught.value.hint or "")


WRONG = AwsError(
    "AWS refused sts:GetSessionToken: AccessDenied: MultiFactorAuthentication failed with invalid MFA one time pass code.",
    code="AccessDenied",
)


class Aws:
    """AWS, as far as it looks at codes: each answer is an error, or None for a session."""

    def __init__(self, *answers: Exception | None) -> None:
        self.answers = list(answers)
        self.sent: list[str] = []

    def __call__(self, proof: MfaProof) -> str:
        self.sent.append(proof.code.reveal())
        answer = self.answers.pop(0)
        if answer is not None:
            raise answer
        return "session"


def typing(tmp_path: Path, time: Time, *typed: str, told: list[str] | None = None) -> MfaCodes:
    """Return a desk with a person who types this, one after the other."""
    answers = iter(typed)
    return MfaCodes(
        used_codes=UsedCodes(tmp_path, time),
        wait=time.wait,
        tell=[].append if told is None else told.append,
        environ={},
        prompt=lambda _: Secret(next(answers)),
    )


def test_a_mistyped_code_is_asked_for_again_and_the_right_one_is_not_waited_for(tmp_path: Path) -> None:
    time, aws, told = Time(), Aws(WRONG, None), list[str]()
    assert typing(tmp_path, time, "000000", "111111", told=told).prove(REQUEST, aws) == "session"
    assert aws.sent == ["000000", "111111"]
    assert time.waits == []
    assert told == [f"AWS refused the MFA code of '{SERIAL}'; try again"]
    assert not [text for text in told if "000000" in text]


def test_what_is_no_code_is_asked_for_again(tmp_path: Path) -> None:
    time, aws, told = Time(), Aws(None), list[str]()
    typing(tmp_path, time, "12345", "", "111111", told=told).prove(REQUEST, aws)
    assert aws.sent == ["111111"]
    assert told == [f"the MFA code of '{SERIAL}' is not 6 digits"] * 2
    with pytest.raises(MfaError, match="is not 6 digits"):
        typing(tmp_path, time, *[""] * 3).prove(REQUEST, aws)


def test_three_refused_codes_are_enough_and_block_nothing(tmp_path: Path) -> None:
    time, aws = Time(), Aws(WRONG, WRONG, WRONG, None)
    with pytest.raises(AwsError, match="one time pass code"):
        typing(tmp_path, time, "000000", "000001", "000002", "000003").prove(REQUEST, aws)
    typing(tmp_path, time, "000004").prove(REQUEST, aws)
    assert time.waits == []


@pytest.mark.parametrize(
    "problem",
    [
        WRONG,
        NothingSentError("no connection"),
        AwsError("AWS refused: InvalidClientTokenId", code="InvalidClientTokenId"),
        AwsError("AWS refused: MultiFactorAuthentication failed, unable to validate MFA code.", code="AccessDenied"),
    ],
)
def test_a_code_that_was_not_taken_blocks_nothing(tmp_path: Path, problem: Exception) -> None:
    time = Time()
    with pytest.raises(type(problem)):
        desk(tmp_path, time, given="111111").prove(REQUEST, Aws(problem))
    assert UsedCodes(tmp_path, time).until_next(SERIAL) is None
    assert desk(tmp_path, time, given="111111").prove(REQUEST, Aws(None)) == "session"


@pytest.mark.parametrize(
    "problem", [AwsUnreachableError("no answer"), AwsError("AWS refused: AccessDenied", code="AccessDenied")]
)
def test_a_code_that_aws_may_have_taken_is_not_sent_again(tmp_path: Path, problem: Exception) -> None:
    time, aws = Time(), Aws(problem)
    with pytest.raises(type(problem)):
        typing(tmp_path, time, "111111", "222222").prove(REQUEST, aws)
    assert aws.sent == ["111111"]
    assert UsedCodes(tmp_path, time).until_next(SERIAL) is not None


def test_a_kept_device_whose_code_was_used_elsewhere_sends_the_next_one(tmp_path: Path) -> None:
    time, aws = Time(), Aws(WRONG, None)
    assert desk(tmp_path, time).prove(REQUEST, aws) == "session"
    assert len(set(aws.sent)) == 2
    assert time.waits == [timedelta(seconds=20)]


def test_a_kept_device_that_aws_refuses_twice_is_given_up(tmp_path: Path) -> None:
    time, aws = Time(), Aws(WRONG, WRONG, WRONG)
    with pytest.raises(AwsError):
        desk(tmp_path, time).prove(REQUEST, aws)
    stuck = typing(tmp_path, time, *["111111"] * 4)
    with pytest.raises(MfaError, match="refused this MFA code"):
        stuck.prove(REQUEST, Aws(WRONG))


ON_A_TERMINAL = """
import os, sys
os.open(sys.argv[1], os.O_RDWR)  # a session leader's first terminal becomes its controlling one
from pyvault.mfa.codes import run_mfa_process
print(run_mfa_process(sys.argv[2], "p", dict(os.environ)).reveal(), end="")
"""


def run_on_a_terminal(command: str) -> subprocess.CompletedProcess[str]:
    """Run an mfa_process in a session of its own with a controlling terminal."""
    ours, theirs = os.openpty()
    try:
        return subprocess.run(
            [sys.executable, "-c", ON_A_TERMINAL, os.ttyname(theirs), command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            start_new_session=True,
            check=False,
            timeout=60,
        )
    finally:
        os.close(theirs)
        os.close(ours)


@cases_of("mfa_process")
def test_cases_of_mfa_process(case: Case) -> None:
    ended = run_on_a_terminal(case.options["command"])
    assert (ended.returncode != 0) == bool(case.expect.get("error"))
    if "token" in case.expect:
        assert ended.stdout == case.expect["token"]


def test_what_a_process_prints_must_be_a_code(tmp_path: Path) -> None:
    with pytest.raises(MfaError, match="what the mfa_process of profile 'p' printed is not 6 digits"):
        desk(tmp_path, Time()).proof(MfaRequest(serial=SERIAL, profile="p", process="echo hello"))


def test_a_failing_process_is_not_replaced_by_a_prompt(tmp_path: Path) -> None:
    with pytest.raises(ProcessError, match="the mfa_process of profile 'p' failed with exit code 1"):
        desk(tmp_path, Time()).proof(MfaRequest(serial=SERIAL, profile="p", process="exit 1"))


def test_its_words_for_the_person_are_not_taken_for_a_code() -> None:
    assert run_mfa_process("echo 123456; echo touch your key >&2", "p", {}).reveal() == "123456"
