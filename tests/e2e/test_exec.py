"""``pyvault exec`` and ``export`` with the real AWS CLI on the other side, against the strict local AWS."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fake_aws.client import FakeAws
from person import WHO, Person
from pyvault.files.lock import LockFile


@pytest.fixture
def person(fake_aws: FakeAws, private_home: Path) -> Person:
    return Person(fake_aws, private_home)


def test_a_user_with_mfa(person: Person) -> None:
    person.add("me", "mfa-user")
    person.config(f"[profile me]\nmfa_serial = {person.aws.mfa_serial('mfa-user')}\n")
    assert person.who("me", "-t", person.aws.totp("mfa-user")).endswith(":user/mfa-user")
    assert person.who("me").endswith(":user/mfa-user")
    assert person.aws.ops().count("sts.GetSessionToken") == 1


def test_without_a_code_and_a_person_it_fails_at_once(person: Person) -> None:
    person.add("me", "mfa-user")
    person.config(f"[profile me]\nmfa_serial = {person.aws.mfa_serial('mfa-user')}\n")
    ended = person.run("pyvault", "--no-input", "exec", "me", "--", "true")
    assert ended.returncode == 4
    assert "--mfa-token" in ended.stderr
    assert person.aws.ops() == []


def test_a_role(person: Person) -> None:
    person.add("base", "demo")
    person.config(f"[profile r]\nsource_profile = base\nrole_arn = {person.aws.role_arn('reader')}\n")
    assert ":assumed-role/reader/" in person.who("r")


def test_the_account_of_a_role_is_the_childs_also_from_the_cache(person: Person) -> None:
    person.add("base", "demo")
    role = person.aws.role_arn("reader")
    person.config(f"[profile r]\nsource_profile = base\nrole_arn = {role}\nsts_region = us-west-2\n")
    for _ in range(2):
        ended = person.run("pyvault", "exec", "r", "--", "printenv", "AWS_ACCOUNT_ID", AWS_ACCOUNT_ID="999999999999")
        assert ended.stdout.strip() == role.split(":")[4]
    exported = json.loads(person.run("pyvault", "export", "r", "--format", "json").stdout)
    assert exported["AccountId"] == role.split(":")[4]
    own = person.run("pyvault", "exec", "base", "--", "printenv", "AWS_ACCOUNT_ID", AWS_ACCOUNT_ID="999999999999")
    assert own.stdout == ""


def test_a_chain_of_three_with_one_code(person: Person) -> None:
    person.add("me", "mfa-user")
    serial = person.aws.mfa_serial("mfa-user")
    person.config(
        f"[profile me]\nmfa_serial = {serial}\n"
        f"[profile one]\nsource_profile = me\nmfa_serial = {serial}\nrole_arn = {person.aws.role_arn('r1')}\n"
        f"[profile two]\nsource_profile = one\nrole_arn = {person.aws.role_arn('r2')}\n"
        f"[profile three]\nsource_profile = two\nmfa_serial = {serial}\nrole_arn = {person.aws.role_arn('r3')}\n"
    )
    assert ":assumed-role/r3/" in person.who("three", "-t", person.aws.totp("mfa-user"))
    assert person.aws.ops() == ["sts.GetSessionToken", *["sts.AssumeRole"] * 3, "sts.GetCallerIdentity"]


def test_external_id_and_tags(person: Person) -> None:
    person.add("base", "demo")
    person.config(
        f"[profile p]\nsource_profile = base\nrole_arn = {person.aws.role_arn('partner')}\n"
        "external_id = partner-42\nsession_tags = team=red\nrole_session_name = job\n"
    )
    assert person.who("p").endswith(":assumed-role/partner/job")
    sent = person.aws.calls("AssumeRole")[0]["params"]
    assert (sent["ExternalId"], sent["Tags.member.1.Value"]) == ("partner-42", "red")


def test_web_identity(person: Person) -> None:
    (person.home / "token").write_text(person.aws.web_identity_token(subject="repo:example/app") + "\n")
    person.config(
        f"[profile ci]\nrole_arn = {person.aws.role_arn('ci')}\nweb_identity_token_file = {person.home}/token\n"
    )
    assert ":assumed-role/ci/" in person.who("ci")


def test_the_aws_cli_asks_pyvault(person: Person) -> None:
    person.add("base", "demo")
    person.config(
        f"[profile r]\nsource_profile = base\nrole_arn = {person.aws.role_arn('reader')}\n"
        "[profile cli]\ncredential_process = pyvault --no-input export --format json r\n"
    )
    ended = person.run(*WHO, "--profile", "cli")
    assert ":assumed-role/reader/" in ended.stdout, ended.stderr


def test_pyvault_asks_pyvault(person: Person) -> None:
    person.add("base", "demo")
    person.config(
        "[profile other]\ncredential_process = pyvault --no-input export --format json base\n"
        f"[profile r]\nsource_profile = other\nrole_arn = {person.aws.role_arn('reader')}\n"
    )
    assert ":assumed-role/reader/" in person.who("r")


def test_deviation_6_a_process_that_asks_for_itself_is_refused(person: Person) -> None:
    person.config(
        "[profile a]\ncredential_process = pyvault --no-input export --format json b\n"
        "[profile b]\ncredential_process = pyvault --no-input export --format json a\n"
    )
    ended = person.run("pyvault", "--no-input", "exec", "a", "--", "true")
    assert ended.returncode != 0
    assert "a -> b -> a" in ended.stderr


def test_export_for_credential_process(person: Person) -> None:
    person.add("base", "demo")
    answer = json.loads(person.run("pyvault", "--no-input", "export", "--format", "json", "base").stdout)
    assert answer["Version"] == 1
    assert answer["SessionToken"]
    assert answer["Expiration"].endswith("Z")


def test_deviation_12_refresh_and_no_cache(person: Person) -> None:
    person.add("base", "demo")
    show = ("--", "printenv", "AWS_ACCESS_KEY_ID")
    first = person.run("pyvault", "exec", "base", *show).stdout
    assert person.run("pyvault", "exec", "base", "--no-cache", *show).stdout != first
    assert person.run("pyvault", "exec", "base", *show).stdout == first
    anew = person.run("pyvault", "exec", "base", "--refresh", *show).stdout
    assert anew != first
    assert person.run("pyvault", "exec", "base", *show).stdout == anew


def test_refusals_name_code_and_advice_and_exit_6(person: Person) -> None:
    person.add("base", "demo")
    person.config(f"[profile p]\nsource_profile = base\nrole_arn = {person.aws.role_arn('admin')}\n")
    ended = person.run("pyvault", "exec", "p", "--", "true")
    assert ended.returncode == 6
    assert "AccessDenied" in ended.stderr
    assert "hint:" in ended.stderr


def test_an_aws_that_is_not_there_exits_6(person: Person) -> None:
    person.add("base", "demo")
    ended = person.run(
        "pyvault", "exec", "base", "--", "true", AWS_ENDPOINT_URL="http://127.0.0.1:1", AWS_MAX_ATTEMPTS="1"
    )
    assert ended.returncode == 6
    assert "got no answer" in ended.stderr


def test_no_secret_is_told_at_debug(person: Person) -> None:
    person.add("base", "demo")
    ended = person.run("pyvault", "--debug", "exec", "base", "--", "true")
    assert ended.returncode == 0
    assert person.aws.key("demo").secret_access_key not in ended.stderr
    assert person.aws.key("demo").access_key_id not in ended.stderr


def test_clear_forgets_what_it_is_told_to(person: Person) -> None:
    person.add("one", "demo")
    person.add("two", "two-keys")
    person.who("one")
    person.who("two")
    assert "Cleared 0 sessions" in person.run("pyvault", "clear", "--expired").stderr
    assert "Cleared 1 session." in person.run("pyvault", "clear", "one").stderr
    left = person.run("pyvault", "list", "--sessions").stdout.splitlines()
    assert len(left) == 1
    assert person.run("pyvault", "clear", "--all", "one").returncode == 2
    assert person.run("pyvault", "clear", "--all").returncode == 0
    assert person.run("pyvault", "list", "--sessions").stdout == ""


def sessions_of(person: Person) -> dict[str, list[str]]:
    """Give the operations of the sessions that list shows for each profile that has any."""
    document = json.loads(person.run("pyvault", "list", "--json").stdout)
    shown = {row["profile"]: [session["operation"] for session in row["sessions"]] for row in document["profiles"]}
    return {profile: operations for profile, operations in shown.items() if operations}


def test_one_key_under_two_names_is_one_session_that_list_and_clear_know_of_both(person: Person) -> None:
    person.add("one", "demo")
    person.add("two", "demo")
    person.add("other", "two-keys")
    person.who("one")
    person.who("two")
    assert person.aws.ops().count("sts.GetSessionToken") == 1
    assert sessions_of(person) == {"one": ["sts.GetSessionToken"], "two": ["sts.GetSessionToken"]}
    assert len(person.run("pyvault", "list", "--sessions").stdout.splitlines()) == 1
    assert "Cleared 0 sessions" in person.run("pyvault", "clear", "other").stderr
    ended = person.run("pyvault", "clear", "two")
    assert "Cleared 1 session." in ended.stderr
    assert "from sessions of 'one'" in ended.stderr
    assert sessions_of(person) == {}
    person.who("two", "-d", "2h")
    # Of whatever length, it feeds the roles of both; and what "clear one" removes, list shows.
    assert sessions_of(person) == {"one": ["sts.GetSessionToken"], "two": ["sts.GetSessionToken"]}
    assert "Cleared 1 session." in person.run("pyvault", "clear", "one").stderr
    assert person.aws.ops().count("sts.GetSessionToken") == 2


def test_profiles_that_ask_for_something_else_with_one_key_have_sessions_of_their_own(person: Person) -> None:
    person.add("one", "demo")
    person.add("two", "demo")
    role = f"role_arn = {person.aws.role_arn('reader')}\n"
    person.config(f"[profile a]\nsource_profile = one\n{role}[profile b]\nsource_profile = two\n{role}")
    person.who("one")
    person.who("a")
    assert sessions_of(person) == {
        "one": ["sts.GetSessionToken"],
        "two": ["sts.GetSessionToken"],
        "a": ["sts.AssumeRole"],
        "b": ["sts.AssumeRole"],
    }
    assert "Cleared 1 session." in person.run("pyvault", "clear", "b").stderr
    assert sessions_of(person).keys() == {"one", "two"}


@pytest.mark.parametrize("words", [["--all"], ["--expired"], ["one"], []])
def test_clear_removes_the_locks_that_nobody_holds(person: Person, words: list[str]) -> None:
    person.add("one", "demo")
    person.who("one")
    locks = person.home / ".local" / "state" / "pyvault" / "locks"
    held, left = locks / f"{'a' * 32}.lock", locks / f"{'b' * 32}.lock"
    left.write_text("1 pyvault\n")
    with LockFile(held, ephemeral=True):
        assert person.run("pyvault", "clear", *words).returncode == 0
        assert (held.exists(), left.exists()) == (True, False)


@pytest.mark.peer("unshare")
def test_explain_needs_no_network_and_asks_nobody(person: Person) -> None:
    left = person.home / "was-run"
    person.add("me", "mfa-user")
    person.config(
        f"[profile me]\nmfa_serial = {person.aws.mfa_serial('mfa-user')}\nmfa_process = touch '{left}'\n"
        f"[profile role]\nsource_profile = me\nrole_arn = {person.aws.role_arn('reader')}\n"
        f"[profile program]\ncredential_process = touch '{left}'\n"
        "[profile machine]\nrole_arn = arn:aws:iam::123456789012:role/x\ncredential_source = Ec2InstanceMetadata\n"
        "[profile portal]\nsso_start_url = https://example.awsapps.com/start\nsso_region = eu-west-1\n"
        "sso_account_id = 123456789012\nsso_role_name = Admin\n"
    )
    for profile in ("me", "role", "program", "machine", "portal"):
        for form in ((), ("--json",)):
            ended = person.run("unshare", "-rn", "pyvault", "--no-input", "explain", profile, *form)
            assert ended.returncode == 0, ended.stderr
            assert profile in ended.stdout
    assert not left.exists()
    assert person.aws.ops() == []
    shown = json.loads(person.run("pyvault", "explain", "role", "--json", "--assume-stored", "me").stdout)
    assert shown["v"] == 1
    assert [step["op"] for step in shown["steps"]] == ["stored", "sts.AssumeRole"]
    assert shown["steps"][1]["cached"] == "unknown"


def test_a_session_with_less_life_than_wanted_is_fetched_anew(person: Person) -> None:
    person.add("me", "demo")
    person.who("me")
    person.who("me")
    assert person.aws.ops().count("sts.GetSessionToken") == 1
    person.environ["AWS_MIN_TTL"] = "2h"  # more than the hour that it was made for
    person.who("me")
    assert person.aws.ops().count("sts.GetSessionToken") == 2
