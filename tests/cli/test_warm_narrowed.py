"""Answers that are kept for the next command: with and without a policy they are never each other's."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from fake_aws.client import FakeAws
from warm_home import SETTLED, WarmHome

pytestmark = pytest.mark.kernel_keyring

POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}


@pytest.fixture
def home(tmp_path: Path, fake_aws: FakeAws) -> WarmHome:
    made = WarmHome(tmp_path, fake_aws)
    (tmp_path / "policy.json").write_text(json.dumps(POLICY))
    return made


def test_each_way_of_narrowing_has_an_answer_of_its_own(home: WarmHome) -> None:
    words = ("export", "reader", "--format", "json")
    file = str(home.home / "policy.json")
    ways: list[tuple[str, ...]] = [(), ("--read-only",), ("--policy-file", file), ("--tag", "a=b"), ("--source-identity", "me")]  # fmt: skip
    outputs = [home.run(*words, *way).out for way in ways]
    assert len(set(outputs)) == len(ways)
    time.sleep(SETTLED)  # each of them has changed the file of the sessions
    assert [home.run(*words, *way).out for way in ways] == outputs
    for way, output in zip(ways, outputs, strict=True):
        answer = home.known(*words, *way)
        assert answer is not None, way
        assert answer.output.decode() == output
    assert home.known("export", "reader", "--format", "json", "--tag", "a=c") is None


def test_a_changed_policy_is_another_question(home: WarmHome) -> None:
    words = ("export", "reader", "--policy-file", str(home.home / "policy.json"))
    before = home.warm_up(*words).out
    assert home.known(*words) is not None
    (home.home / "policy.json").write_text(json.dumps(POLICY).replace("GetObject", "PutObject"))  # as long as before
    assert home.known(*words) is None
    assert home.run(*words).out != before
    (home.home / "policy.json").unlink()
    assert home.known(*words) is None
    assert home.run(*words).code == 5


def test_a_policy_that_is_named_from_here_is_that_of_here(home: WarmHome, monkeypatch: pytest.MonkeyPatch) -> None:
    other = home.home / "other"
    other.mkdir()
    (other / "policy.json").write_text(json.dumps(POLICY | {"Id": "another"}))
    words = ("exec", "--policy-file", "policy.json", "reader", "--", "printenv", "AWS_ACCESS_KEY_ID")
    here, there = (home.warm_up(*words, cwd=place).out for place in (home.home, other))
    assert here != there
    assert [home.run(*words, cwd=place).out for place in (home.home, other)] == [here, there]
