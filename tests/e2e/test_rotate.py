"""``pyvault rotate`` at the command line, killed and carried on."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from fake_aws.client import FakeAws
from person import Person


@pytest.fixture
def person(fake_aws: FakeAws, tmp_path: Path) -> Person:
    someone = Person(fake_aws, tmp_path)
    someone.environ["AWS_MAX_ATTEMPTS"] = "1"
    someone.add("demo", "demo")
    return someone


def assert_settled(person: Person, user: str = "demo") -> None:
    """One key at AWS, it is the stored one, it works, and no journal is left."""
    keys = person.aws.world()["users"][user]["keys"]
    listed = json.loads(person.run("pyvault", "list", "--json").stdout)["profiles"]
    stored = next(entry for entry in listed if entry["profile"] == "demo")
    assert [key["access_key_id"] for key in keys] == [stored["access_key_id"]]
    entries = json.loads(person.run("pyvault", "vault", "entries", "--json").stdout)
    assert [entry["kind"] for entry in entries] == ["credential"]
    assert person.who("demo", "--no-session").endswith(f"user/{user}")


def test_it_replaces_the_key_and_says_so(person: Person) -> None:
    person.who("demo")
    ended = person.run("pyvault", "--no-input", "rotate", "demo")
    assert ended.returncode == 0, ended.stderr
    assert "deleted the old key" in ended.stderr
    assert ended.stdout == ""
    assert_settled(person)
    assert person.who("demo").endswith("user/demo")  # not a session of the dead key


def test_a_chain_of_any_length_leads_to_its_keys(person: Person) -> None:
    person.config(
        f"[profile a]\nsource_profile = b\nrole_arn = {person.aws.role_arn('reader')}\n"
        f"[profile b]\nsource_profile = demo\nrole_arn = {person.aws.role_arn('r1')}\n"
    )
    ended = person.run("pyvault", "--no-input", "rotate", "a")
    assert ended.returncode == 0, ended.stderr
    assert_settled(person)


def test_mfa_is_asked_for_once(fake_aws: FakeAws, tmp_path: Path) -> None:
    person = Person(fake_aws, tmp_path)
    person.add("demo", "mfa-user")
    asked = tmp_path / "asked"
    person.config(
        f"[profile demo]\nmfa_serial = {fake_aws.mfa_serial('mfa-user')}\n"
        f"mfa_process = echo x >> '{asked}'; printf %s {fake_aws.totp('mfa-user')}\n"
    )
    ended = person.run("pyvault", "--no-input", "rotate", "demo")
    assert ended.returncode == 0, ended.stderr
    assert asked.read_text() == "x\n"
    assert len(fake_aws.world()["users"]["mfa-user"]["keys"]) == 1


def test_dry_run_changes_nothing(person: Person) -> None:
    ended = person.run("pyvault", "--no-input", "rotate", "--dry-run", "demo")
    assert ended.returncode == 0, ended.stderr
    assert "would ask AWS for a new key, prove it, store it, set the old one inactive and delete it" in ended.stderr
    assert person.aws.calls("CreateAccessKey") == []
    assert_settled(person)


def test_keep_old_leaves_it_inactive(person: Person) -> None:
    assert person.run("pyvault", "--no-input", "rotate", "--keep-old", "demo").returncode == 0
    assert sorted(key["status"] for key in person.aws.world()["users"]["demo"]["keys"]) == ["Active", "Inactive"]
    ended = person.run("pyvault", "--no-input", "rotate", "--delete-inactive", "demo")
    assert ended.returncode == 0, ended.stderr
    assert_settled(person)


@pytest.mark.parametrize("then", ["--resume", "--abort"])
def test_a_lost_answer_is_made_good(person: Person, then: str) -> None:
    person.aws.fault("iam.CreateAccessKey", "drop-after", times=1)
    ended = person.run("pyvault", "--no-input", "rotate", "demo")
    assert ended.returncode == 6
    assert "rotate --resume demo" in ended.stderr
    assert len(person.aws.world()["users"]["demo"]["keys"]) == 2
    ended = person.run("pyvault", "--no-input", "rotate", then, "demo")
    assert ended.returncode == 0, ended.stderr
    assert_settled(person)


def test_resume_needs_something_to_resume(person: Person) -> None:
    for then in ("--resume", "--abort"):
        ended = person.run("pyvault", "--no-input", "rotate", then, "demo")
        assert ended.returncode == 3
        assert "no rotation of 'demo' is under way" in ended.stderr


def test_a_rotation_that_another_process_carries_out_is_left_to_it(person: Person) -> None:
    person.aws.fault("iam.CreateAccessKey", "drop-before", times=1)
    assert person.run("pyvault", "--no-input", "rotate", "demo").returncode == 6
    person.aws.fault("iam.CreateAccessKey", "hang", times=1)
    begun = len(person.aws.calls("CreateAccessKey"))
    running = subprocess.Popen(["pyvault", "--no-input", "rotate", "demo"], env=person.environ)
    person.aws.wait_for_call("CreateAccessKey", count=begun + 1)
    ended = person.run("pyvault", "--no-input", "rotate", "demo")
    assert ended.returncode == 1
    assert f"the rotation of 'demo' is locked by process {running.pid} " in ended.stderr
    assert "--abort" not in ended.stderr
    person.aws.clear_faults()
    assert running.wait(60) == 6
    assert person.run("pyvault", "--no-input", "rotate", "--resume", "demo").returncode == 0
    assert_settled(person)


def test_a_store_that_breaks_meanwhile_does_not_hide_what_went_wrong_first(person: Person) -> None:
    person.aws.fault("iam.CreateAccessKey", "hang", times=1)
    running = subprocess.Popen(
        ["pyvault", "--no-input", "rotate", "demo"], env=person.environ, stderr=subprocess.PIPE, text=True
    )
    person.aws.wait_for_call("CreateAccessKey")
    (vault,) = Path.home().rglob("vault.pyv")
    content = vault.read_bytes()
    vault.write_bytes(b"spoilt")
    person.aws.clear_faults()
    shown = running.communicate(timeout=60)[1]
    assert running.returncode == 6, shown
    assert (
        "nothing is lost: 'pyvault rotate --resume demo' resumes it, 'pyvault rotate --abort demo' abandons it" in shown
    )
    vault.write_bytes(content)
    assert person.run("pyvault", "--no-input", "rotate", "--abort", "demo").returncode == 0
    assert_settled(person)


@pytest.mark.parametrize("seed", [1, 2, 3, pytest.param(range(4, 104), marks=pytest.mark.slow, id="many")])
def test_killed_anywhere_it_can_be_finished(person: Person, seed: int | range) -> None:
    for number in seed if isinstance(seed, range) else [seed]:
        dice = random.Random(number)
        # The calls are slowed down, so that a kill falls between them as often as before the first.
        fault = person.aws.fault("iam.*", "delay", times=100, delay_ms=150)
        running = subprocess.Popen(["pyvault", "--no-input", "rotate", "demo"], env=person.environ)
        time.sleep(0.6 + dice.random() * 1.6)
        running.send_signal(signal.SIGKILL)
        running.wait()
        person.aws.clear_faults(fault)
        entries = person.run("pyvault", "vault", "entries", "--json").stdout
        if "pending" in entries:
            ended = person.run("pyvault", "--no-input", "rotate", dice.choice(["--resume", "--abort"]), "demo")
            assert ended.returncode == 0, ended.stderr
        assert_settled(person)


CALLS = ["ListAccessKeys", "CreateAccessKey", "UpdateAccessKey", "DeleteAccessKey"]
THEN = [
    *[pytest.param(call, "--resume", id=f"{call}-resume") for call in CALLS],
    *[pytest.param(call, "--abort", id=f"{call}-abort", marks=pytest.mark.slow) for call in CALLS],
]


@pytest.mark.parametrize(("call", "then"), THEN)
def test_killed_while_a_call_is_under_way_it_can_be_finished(person: Person, call: str, then: str) -> None:
    person.aws.fault(f"iam.{call}", "hang-after", times=1)  # AWS carries it out, and we die before the answer
    running = subprocess.Popen(["pyvault", "--no-input", "rotate", "demo"], env=person.environ)
    person.aws.wait_for_call(call)
    assert running.poll() is None
    running.kill()
    assert running.wait() == -signal.SIGKILL
    person.aws.clear_faults()
    ended = person.run("pyvault", "--no-input", "rotate", then, "demo")
    if call == "ListAccessKeys":  # it comes before the journal: nothing was begun
        assert ended.returncode == 3, ended.stderr
    else:
        assert ended.returncode == 0, ended.stderr
    assert_settled(person)


def test_a_rotation_that_has_not_ended_is_not_overrun(person: Person) -> None:
    person.aws.fault("iam.CreateAccessKey", "drop-before", times=1)
    assert person.run("pyvault", "--no-input", "rotate", "demo").returncode == 6
    pair = person.aws.key("demo")
    keys = {"AWS_ACCESS_KEY_ID": pair.access_key_id, "AWS_SECRET_ACCESS_KEY": pair.secret_access_key}
    ended = person.run("pyvault", "add", "demo", "--env", "--force", "--no-verify", **keys)
    assert ended.returncode == 1
    assert "a rotation of 'demo' has not ended" in ended.stderr
    ended = person.run("pyvault", "remove", "-f", "demo")
    assert "may still exist at AWS" in ended.stderr
    assert person.run("pyvault", "vault", "entries", "--json").stdout.strip() == "[]"


def test_list_shows_the_age_of_keys(person: Person) -> None:
    ended = person.run("pyvault", "list", "--keys")
    assert ended.returncode == 0, ended.stderr
    heading, row = ended.stdout.splitlines()
    assert heading.split() == ["Profile", "Access", "key", "Stored", "Age"]
    assert row.split()[0] == "demo"
    assert row.split()[1] == person.aws.key("demo").access_key_id
    assert row.endswith("0 days")
    listed = json.loads(person.run("pyvault", "list", "--json").stdout)
    assert next(entry for entry in listed["profiles"] if entry["profile"] == "demo")["created"] is not None


def killed_in(person: Person, call: str) -> None:
    """Let a rotation die while AWS has carried out this call and not answered yet."""
    fault = person.aws.fault(f"iam.{call}", "hang-after", times=1)
    running = subprocess.Popen(["pyvault", "--no-input", "rotate", "demo"], env=person.environ)
    person.aws.wait_for_call(call)
    running.kill()
    running.wait()
    person.aws.clear_faults(fault)


def test_a_rotation_that_has_not_ended_is_seen_in_the_list(person: Person) -> None:
    killed_in(person, "UpdateAccessKey")
    for words in (["list"], ["list", "--keys"]):
        shown = person.run("pyvault", *words).stderr
        assert "a rotation of 'demo' has not ended" in shown
        assert "'pyvault rotate --resume demo' finishes it" in shown
    assert person.run("pyvault", "list", "--credentials").stderr == ""


def test_giving_up_what_is_in_place_already_says_that_it_was_finished(person: Person) -> None:
    killed_in(person, "UpdateAccessKey")
    shown = person.run("pyvault", "--no-input", "rotate", "--abort", "demo").stderr
    assert "finished; 'demo' has the key" in shown
    assert "abandoned" not in shown
    assert_settled(person)


def test_removing_a_profile_names_the_key_that_its_rotation_has_made(person: Person) -> None:
    killed_in(person, "UpdateAccessKey")
    listed = json.loads(person.run("pyvault", "list", "--json").stdout)["profiles"]
    removed = person.run("pyvault", "remove", "-f", "demo").stderr
    assert f"the key {listed[0]['access_key_id']}, which it made, may still exist at AWS" in removed


def test_two_keys_are_told_with_the_commands_that_make_room(fake_aws: FakeAws, tmp_path: Path) -> None:
    person = Person(fake_aws, tmp_path)
    person.add("two", "two-keys")
    ended = person.run("pyvault", "--no-input", "rotate", "two")
    other = fake_aws.key("two-keys", 1).access_key_id
    assert ended.returncode == 1
    assert f"aws iam update-access-key --status Inactive --access-key-id {other}" in ended.stderr
    assert "'pyvault rotate --delete-inactive two'" in ended.stderr


EVIL = "http://evil.invalid:8080"
ENDPOINTS = [
    pytest.param(f"endpoint_url = {EVIL}\n", {}, "IAM", id="profile"),
    pytest.param(f"services = s\n[services s]\nsts =\n  endpoint_url = {EVIL}\n", {}, "STS", id="services"),
    pytest.param("", {"AWS_ENDPOINT_URL": EVIL}, "IAM", id="variable"),
    pytest.param("", {"AWS_ENDPOINT_URL_STS": EVIL}, "STS", id="variable-of-sts"),
    pytest.param("", {"AWS_ENDPOINT_URL_IAM": EVIL}, "IAM", id="variable-of-iam"),
]


@pytest.mark.parametrize(("lines", "environ", "service"), ENDPOINTS)
def test_an_endpoint_that_nobody_vouches_for_gets_no_call(
    person: Person, lines: str, environ: dict[str, str], service: str
) -> None:
    if lines:
        del person.environ["AWS_ENDPOINT_URL"]
    person.config(f"[profile demo]\n{lines}")
    for more in ([], ["--dry-run"], ["--trust-endpoint", "https://evil.invalid:8080"]):
        ended = person.run("pyvault", "--no-input", "rotate", "demo", *more, **environ)
        assert ended.returncode == 5, ended.stderr
        assert f"the {service} endpoint '{EVIL}' is neither one of 'aws' nor on this machine" in ended.stderr
        assert f"hint: --trust-endpoint {EVIL}" in ended.stderr
    assert person.aws.calls("ListAccessKeys") == person.aws.calls("GetCallerIdentity") == []


def test_an_endpoint_is_trusted_for_the_call_that_names_it(person: Person) -> None:
    abroad = person.aws.url.replace("127.0.0.1", "127.1")  # the same host, in a way that we don't take for loopback
    person.environ["AWS_ENDPOINT_URL"] = abroad
    assert person.run("pyvault", "--no-input", "rotate", "demo").returncode == 5
    trusted = ["--trust-endpoint", "https://other.invalid", "--trust-endpoint", f"{abroad}/any/path"]
    ended = person.run("pyvault", "--no-input", "rotate", *trusted, "demo")
    assert ended.returncode == 0, ended.stderr
    person.environ["AWS_ENDPOINT_URL"] = person.aws.url
    assert_settled(person)
    assert person.run("pyvault", "rotate", "--trust-endpoint", "evil.invalid", "demo").returncode == 2


def test_add_asks_no_endpoint_that_nobody_vouches_for(person: Person) -> None:
    pair = person.aws.key("demo")
    keys = {"AWS_ACCESS_KEY_ID": pair.access_key_id, "AWS_SECRET_ACCESS_KEY": pair.secret_access_key}
    words = ["pyvault", "--no-input", "add", "other", "--env", "--no-add-config"]
    abroad = person.aws.url.replace("127.0.0.1", "127.1")
    refused = person.run(*words, AWS_ENDPOINT_URL=abroad, **keys)
    assert refused.returncode == 5
    assert f"--trust-endpoint {abroad} trusts it in this call; --no-verify stores the key" in refused.stderr
    assert person.aws.calls("GetCallerIdentity") == []
    assert person.run(*words, "--no-verify", AWS_ENDPOINT_URL=abroad, **keys).returncode == 0
    trusted = person.run(*words, "--force", "--trust-endpoint", abroad, AWS_ENDPOINT_URL=abroad, **keys)
    assert trusted.returncode == 0, trusted.stderr
    assert len(person.aws.calls("GetCallerIdentity")) == 1


def test_what_is_rotated_is_named_and_not_taken_from_the_environment(person: Person) -> None:
    for more, code in (([], 2), (["--no-input"], 4)):
        ended = person.run("setsid", "--wait", "pyvault", *more, "rotate", AWS_PROFILE="demo")
        assert ended.returncode == code, ended.stderr
        assert "no profile is given" in ended.stderr
        assert "AWS_PROFILE" not in ended.stderr
    assert person.aws.calls("ListAccessKeys") == []
