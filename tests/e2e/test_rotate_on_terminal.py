"""``pyvault rotate`` as a person sees it: a real terminal, an IAM that takes its time."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest

from command_line import PYVAULT
from fake_aws.client import FakeAws
from person import Person

DELAY = 15  # seconds until IAM knows a new key, by the clock of the local AWS
WAITING = r"waiting for AWS to know its keys, which takes a minute at most"
ESCAPE = "\x1b"


@pytest.fixture
def person(fake_aws: FakeAws, tmp_path: Path) -> Iterator[Person]:
    someone = Person(fake_aws, tmp_path)
    someone.environ |= {"AWS_MAX_ATTEMPTS": "1", "TERM": "xterm"}
    someone.add("demo", "demo")
    fake_aws.enlarge({"settings": {"key_propagation_s": DELAY}})
    yield someone
    fake_aws.enlarge({"settings": {"key_propagation_s": 0}})


def rotate(person: Person, *options: str, **environ: str) -> pexpect.spawn:
    """Start it at a terminal that is wide enough for a line."""
    words = ["--no-input", "rotate", *options, "demo"]
    variables = person.environ | environ
    return pexpect.spawn(
        str(PYVAULT), words, env=variables, encoding="utf-8", timeout=60, dimensions=(24, 200), echo=False
    )


def end_of(child: pexpect.spawn) -> tuple[int | None, str]:
    """Give the exit code and all that was shown since the last look."""
    child.expect(pexpect.EOF)
    child.close()
    return child.exitstatus, str(child.before)


def keys_at_aws(person: Person) -> list[str]:
    return [key["access_key_id"] for key in person.aws.world()["users"]["demo"]["keys"]]


def stored_key(person: Person) -> str:
    listed = json.loads(person.run("pyvault", "list", "--json").stdout)["profiles"]
    return str(next(entry["access_key_id"] for entry in listed if entry["profile"] == "demo"))


def entries(person: Person) -> list[str]:
    return [entry["kind"] for entry in json.loads(person.run("pyvault", "vault", "entries", "--json").stdout)]


def test_a_person_sees_how_long_it_waits(person: Person) -> None:
    child = rotate(person)
    child.expect("made the key ")
    for second in (0, 1, 2, 3):
        child.expect(f"{re.escape(ESCAPE)}\\[K{WAITING}: {second} s ")
    person.aws.advance(DELAY)
    child.expect("stored the key ")
    assert str(child.before).endswith("\r\x1b[K")  # the line was cleared before the next one
    code, shown = end_of(child)
    assert code == 0
    assert "finished; 'demo' has the key " in shown
    assert keys_at_aws(person) == [stored_key(person)]


def test_without_colour_there_is_one_plain_line(person: Person) -> None:
    child = rotate(person, NO_COLOR="1")
    child.expect(f"{WAITING}\r\n")
    before = str(child.before)
    person.aws.advance(DELAY)
    code, shown = end_of(child)
    assert code == 0
    assert ESCAPE not in before + shown
    assert "waiting" not in shown


def test_a_log_gets_the_steps_and_no_progress(person: Person) -> None:
    person.aws.enlarge({"settings": {"key_propagation_s": 3}})
    ended = person.run("pyvault", "--no-input", "rotate", "demo")
    assert ended.returncode == 0, ended.stderr
    assert [line.split(" ", 1)[0] for line in ended.stderr.splitlines()] == [
        "made",
        "stored",
        "set",
        "deleted",
        "finished;",
    ]


@pytest.mark.parametrize("then", ["--resume", "--abort"])
def test_ctrl_c_in_the_wait_loses_nothing(person: Person, then: str) -> None:
    old = stored_key(person)
    child = rotate(person)
    child.expect(f"{WAITING}: 1 s ")
    child.sendintr()
    code, shown = end_of(child)
    assert code == 130
    assert "error:\x1b[0m cancelled" in shown
    assert (
        "nothing is lost: 'pyvault rotate --resume demo' resumes it, 'pyvault rotate --abort demo' abandons it" in shown
    )
    assert entries(person) == ["credential", "pending"]
    assert len(keys_at_aws(person)) == 2

    dry_run = person.run("pyvault", "--no-input", "rotate", "--dry-run", then, "demo").stderr
    assert "was interrupted at 'created'" in dry_run
    assert ("would prove the key" if then == "--resume" else "would delete the new key") in dry_run

    person.aws.advance(DELAY)
    code, shown = end_of(rotate(person, then))
    assert code == 0
    assert entries(person) == ["credential"]
    assert keys_at_aws(person) == [stored_key(person)]
    assert (stored_key(person) == old) is (then == "--abort")
    assert ("abandoned; 'demo' keeps the key" in shown) is (then == "--abort")


def test_a_kept_key_is_named_and_made_room_for(person: Person) -> None:
    person.aws.enlarge({"settings": {"key_propagation_s": 0}})
    dry_run = person.run("pyvault", "--no-input", "rotate", "--dry-run", "--keep-old", "demo").stderr
    assert "set the old one inactive and keep it" in dry_run
    code, shown = end_of(rotate(person, "--keep-old"))
    assert code == 0
    assert "set the old key" in shown
    assert "'pyvault rotate --delete-inactive demo' makes room" in shown

    code, shown = end_of(rotate(person))
    assert code == 1
    assert "has two access keys already; the other is" in shown
    assert "(inactive)" in shown
    assert "--delete-inactive" in shown

    code, shown = end_of(rotate(person, "--delete-inactive"))
    assert code == 0
    assert "deleted the inactive key" in shown
    assert keys_at_aws(person) == [stored_key(person)]


@pytest.mark.parametrize("other", ["--resume", "--keep-old", "--delete-inactive"])
def test_giving_up_goes_with_nothing_else(person: Person, other: str) -> None:
    code, shown = end_of(rotate(person, "--abort", other))
    assert code == 2
    assert f"Can't use --abort with {other}" in shown


@pytest.mark.parametrize("answer", ["n", pytest.param("y", marks=pytest.mark.slow)])
def test_a_key_that_somebody_uses_is_asked_about(person: Person, answer: str) -> None:
    """It appeared while the answer of CreateAccessKey was lost, so it could be ours; but it was used."""
    person.aws.enlarge({"settings": {"key_propagation_s": 0}})
    person.aws.fault("iam.CreateAccessKey", "drop-before", times=1)
    assert person.run("pyvault", "--no-input", "rotate", "demo").returncode == 6
    pair = person.aws.demo_key()
    owner = {"AWS_ACCESS_KEY_ID": pair.access_key_id, "AWS_SECRET_ACCESS_KEY": pair.secret_access_key}
    made = json.loads(person.run("aws", "iam", "create-access-key", **owner).stdout)["AccessKey"]
    other = {"AWS_ACCESS_KEY_ID": made["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": made["SecretAccessKey"]}
    assert person.run("aws", "sts", "get-caller-identity", **other).returncode == 0

    words = ["rotate", "--resume", "demo"]
    child = pexpect.spawn(str(PYVAULT), words, env=person.environ, encoding="utf-8", timeout=60, dimensions=(24, 200))
    child.expect(f"the key ...{made['AccessKeyId'][-4:]} appeared meanwhile and was used; delete it")
    child.expect(re.escape("(y|N): "))
    child.sendline(answer)
    code, shown = end_of(child)
    if answer == "y":
        assert code == 0
        assert keys_at_aws(person) == [stored_key(person)]
    else:
        assert code == 1
        assert "there is no room for a new key" in shown
        assert "'pyvault rotate --abort demo' abandons this rotation" in shown
        assert made["AccessKeyId"] in keys_at_aws(person)
        assert end_of(rotate(person, "--abort"))[0] == 0
        assert sorted(keys_at_aws(person)) == sorted([made["AccessKeyId"], stored_key(person)])
