"""``pyvault login`` against the sign-in endpoint of the strict local AWS."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from fake_aws.client import FakeAws
from person import Person


@pytest.fixture
def person(fake_aws: FakeAws, tmp_path: Path) -> Person:
    someone = Person(fake_aws, tmp_path)
    someone.environ["PYVAULT_SIGNIN_URL"] = f"{fake_aws.url}/federation"
    someone.add("demo", "demo")
    someone.config(
        f"[profile reader]\nsource_profile = demo\nrole_arn = {fake_aws.role_arn('reader')}\nregion = eu-west-1\n"
        f"[profile chained]\nsource_profile = r1\nrole_arn = {fake_aws.role_arn('r2')}\n"
        f"[profile r1]\nsource_profile = demo\nrole_arn = {fake_aws.role_arn('r1')}\n"
    )
    return someone


def link(person: Person, *words: str) -> str:
    ended = person.run("pyvault", "--no-input", "login", "--print-url", *words)
    assert ended.returncode == 0, ended.stderr
    (line,) = ended.stdout.splitlines()
    return line


def test_a_role_signs_in_and_asks_for_its_duration(person: Person, fake_aws: FakeAws) -> None:
    query = parse_qs(urlsplit(link(person, "reader", "--service", "s3")).query)
    assert query["Action"] == ["login"]
    assert query["Destination"] == ["https://eu-west-1.console.aws.amazon.com/s3/home?region=eu-west-1"]
    assert fake_aws.calls("getSigninToken")[-1]["params"]["SessionDuration"] == "3600"
    assert fake_aws.calls("getSigninToken")[-1]["status"] == 200


def test_a_chained_role_asks_for_no_duration(person: Person, fake_aws: FakeAws) -> None:
    link(person, "chained")
    assert "SessionDuration" not in fake_aws.calls("getSigninToken")[-1]["params"]


def test_a_duration_without_effect_is_said(person: Person) -> None:
    words = ("pyvault", "--no-input", "login", "--print-url", "-d", "12h", "chained")
    ended = person.run(*words)
    assert ended.returncode == 0, ended.stderr
    assert "--duration 12h has no effect here: AWS gives these credentials 1h" in ended.stderr


def test_an_iam_user_gets_a_federated_session_and_advice(person: Person, fake_aws: FakeAws) -> None:
    ended = person.run("pyvault", "--no-input", "login", "--print-url", "demo")
    assert ended.returncode == 0, ended.stderr
    assert "prefer a role with MFA" in ended.stderr
    assert fake_aws.calls("GetFederationToken")[-1]["params"]["Name"] == "demo"


def test_credentials_of_the_environment_sign_in(person: Person, fake_aws: FakeAws) -> None:
    ended = person.run("pyvault", "--no-input", "login", "--print-url", **fake_aws.environ("demo"))
    assert ended.returncode == 0, ended.stderr
    assert "Action=login" in ended.stdout


def test_no_profile_and_nothing_to_pick_from_is_an_error(person: Person) -> None:
    ended = person.run("pyvault", "--no-input", "login", "--print-url")
    assert ended.returncode in {2, 4}
    assert "profile" in ended.stderr


def test_auto_logout_goes_by_way_of_the_logout_endpoint(person: Person, fake_aws: FakeAws) -> None:
    outer = urlsplit(link(person, "reader", "--auto-logout"))
    assert outer.path == "/oauth"
    inner = parse_qs(outer.query)["redirect_uri"][0]
    assert inner.startswith(f"{fake_aws.url}/federation?")


@pytest.mark.parametrize("how", ["flag", "config", "BROWSER"])
def test_the_browser_that_was_asked_for_gets_the_link(person: Person, how: str) -> None:
    stub, seen = person.home / "my browser", person.home / "seen"
    stub.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > "{seen}"\nenv > "{seen}.env"\n')
    stub.chmod(stat.S_IRWXU)
    command = f"'{stub}' --tab url=%s"
    words, environ = ["--browser", command], {"PYVAULT_PASSPHRASE": "planted-passphrase"}
    if how == "config":
        config = person.home / "config.toml"
        config.write_text(f"[login]\nbrowser = {json.dumps(command)}\n")
        words, environ = [], {**environ, "PYVAULT_CONFIG": str(config)}
    elif how == "BROWSER":
        words, environ = [], {**environ, "BROWSER": command}
    ended = person.run("pyvault", "--no-input", "login", "reader", *words, **environ)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout == ""
    tab, address = seen.read_text().splitlines()
    assert tab == "--tab"
    assert address.startswith("url=http://127.0.0.1:")
    assert "planted-passphrase" not in (person.home / "seen.env").read_text()


def test_a_container_of_the_browser_gets_the_whole_link_as_one_value(person: Person) -> None:
    stub, seen = person.home / "browser", person.home / "seen"
    stub.write_text(f'#!/bin/sh\nprintf "%s" "$1" > "{seen}"\n')
    stub.chmod(stat.S_IRWXU)
    config = person.home / "config.toml"
    config.write_text(f"[login]\nbrowser = \"'{stub}' 'ext+container:name=prod&url=%u'\"\n")
    ended = person.run("pyvault", "--no-input", "login", "reader", PYVAULT_CONFIG=str(config))
    assert ended.returncode == 0, ended.stderr
    values = parse_qs(seen.read_text().removeprefix("ext+container:"))
    assert values["name"] == ["prod"]
    assert parse_qs(urlsplit(values["url"][0]).query)["Action"] == ["login"]
    assert set(values) == {"name", "url"}  # an & of the link would have begun another


def test_a_refused_duration_is_left_out_once(person: Person, fake_aws: FakeAws) -> None:
    fake_aws.fault("signin.getSigninToken", "error", times=1, status=400)
    link(person, "reader")
    asked = fake_aws.calls("getSigninToken")
    assert ["SessionDuration" in call["params"] for call in asked] == [True, False]
    assert [call["status"] for call in asked] == [400, 200]


def test_a_refused_token_is_an_error_and_not_asked_for_for_ever(person: Person, fake_aws: FakeAws) -> None:
    fake_aws.fault("signin.getSigninToken", "error", times=9, status=400)
    ended = person.run("pyvault", "--no-input", "login", "--print-url", "reader")
    assert ended.returncode == 6
    assert len(fake_aws.calls("getSigninToken")) == 2


def test_the_duration_that_was_asked_for_is_the_sessions(person: Person, fake_aws: FakeAws) -> None:
    link(person, "reader", "--duration", "2h")
    assert fake_aws.calls("AssumeRole")[-1]["params"]["DurationSeconds"] == "7200"
    assert fake_aws.calls("getSigninToken")[-1]["params"]["SessionDuration"] == "7200"


@pytest.mark.parametrize("flag", ["--print-url", "--stdout", "-s"])
def test_a_printed_link_opens_nothing(person: Person, flag: str) -> None:
    opened = person.home / "opened"
    browser = f"touch '{opened}'"
    ended = person.run("pyvault", "--no-input", "login", "reader", flag, "--browser", browser, BROWSER=browser)
    assert ended.returncode == 0, ended.stderr
    assert "Action=login" in ended.stdout
    assert not opened.exists()


@pytest.mark.parametrize(
    ("region", "console"),
    [
        ("cn-north-1", "console.amazonaws.cn"),
        ("us-gov-east-1", "console.amazonaws-us-gov.com"),
        ("eusc-de-east-1", "console.amazonaws-eusc.eu"),
        ("us-iso-east-1", "console.c2shome.ic.gov"),
        ("us-isob-east-1", "console.sc2shome.sgov.gov"),
    ],
)
def test_a_region_leads_to_the_console_of_its_partition(person: Person, region: str, console: str) -> None:
    query = parse_qs(urlsplit(link(person, "reader", "--region", region, "--path", "ec2/home")).query)
    assert query["Destination"] == [f"https://{region}.{console}/ec2/home?region={region}"]


@pytest.mark.parametrize(
    ("command", "code", "message"),
    [
        ("false", 1, "the browser 'false' ended with status 1"),
        ("nosuchbrowser", 1, "the browser 'nosuchbrowser' can't be started: No such file"),
        ("", 5, "the browser command is empty"),
        ("'firefox", 5, "can't be read: no closing quotation"),
    ],
)
def test_a_browser_that_cant_start_is_named(person: Person, command: str, code: int, message: str) -> None:
    ended = person.run("pyvault", "--no-input", "login", "reader", "--browser", command)
    assert message in ended.stderr
    assert "--print-url" in ended.stderr
    assert ended.returncode == code


def test_a_machine_without_a_browser_is_told_so(person: Person) -> None:
    bare = {"PATH": str(person.home), "BROWSER": "", "DISPLAY": "", "WAYLAND_DISPLAY": ""}
    program = str(shutil.which("pyvault", path=person.environ["PATH"]))
    ended = person.run(program, "--no-input", "login", "reader", **bare)
    assert "no browser could be opened" in ended.stderr
    assert "--print-url" in ended.stderr
    assert ended.returncode == 1


@pytest.mark.parametrize("words", [["--browser", "'firefox"], ["--path", "https://evil.example/x"], ["--path", "ä"]])
def test_what_cant_work_is_refused_before_any_call(person: Person, fake_aws: FakeAws, words: list[str]) -> None:
    ended = person.run("pyvault", "--no-input", "login", "reader", *words)
    assert ended.returncode in {2, 5}
    assert fake_aws.calls("AssumeRole") == []
    assert fake_aws.calls("getSigninToken") == []


@pytest.mark.peer("chromium")
def test_a_real_browser_lands_signed_in(person: Person, fake_aws: FakeAws, tmp_path: Path) -> None:
    address = link(person, "reader")
    words = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]
    words += ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic"]
    words += [f"--user-data-dir={tmp_path / 'chromium'}", "--dump-dom", address]
    page = subprocess.run(words, capture_output=True, text=True, check=True, timeout=120, env=dict(os.environ)).stdout
    assert ":assumed-role/reader/" in page
