"""What somebody meets in the first minutes: where keys are, what is missing, and what was meant."""

from __future__ import annotations

import json
from pathlib import Path

import pexpect
import pytest

from command_line import PYVAULT, Environ, Pyvault, clean_environ
from fake_aws.client import FakeAws
from typist import CONTROL

LINES = b"AKIAIOSFODNN7EXAMPLE\nwJalrXUtnFEMI/K7MDENG\n"
ADD = ("--stdin", "--no-verify")


def config_of(home: Path, text: str = "") -> Path:
    path = home / ".aws" / "config"
    path.parent.mkdir(exist_ok=True)
    if text:
        path.write_text(text)
    return path


def test_missing_keys_are_told_with_the_store_and_the_vault_that_was_not_opened(
    pyvault: Pyvault, keyed: Environ, tmp_path: Path
) -> None:
    assert pyvault("add", "ci", *ADD, env=keyed, stdin=LINES).code == 0
    ended = pyvault("--backend", "memory", "exec", "ci", "--", "true", env=keyed)
    vault = tmp_path / ".local/share/pyvault/vault.pyv"
    assert (ended.code, ended.err.splitlines()) == (
        3,
        [
            "pyvault: error: profile 'ci': credentials missing; looked in the backend 'memory'",
            f"pyvault: hint: the vault '{vault}' was not opened; --backend file looks into it",
        ],
    )
    told = json.loads(pyvault("--backend", "memory", "explain", "ci", "--json", env=keyed).out)
    assert "looked in the backend 'memory'" in json.dumps(told)
    assert pyvault("--backend", "file", "exec", "ci", "-n", "--", "true", env=keyed).code == 0


def test_who_has_nothing_yet_is_told_how_to_begin(pyvault: Pyvault, tmp_path: Path) -> None:
    steps = "there are no profiles yet; 'pyvault setup' begins, 'pyvault add' stores a key"
    for words in (("exec", "work", "--", "true"), ("explain", "work")):
        ended = pyvault(*words)
        assert (ended.code, f"hint: {steps}" in ended.err) == (3, True), ended.err
    assert pyvault("list").err == ""
    shown = pexpect.spawn(str(PYVAULT), ["list"], env=clean_environ(tmp_path), encoding="utf-8", timeout=60).read()
    assert steps in " ".join(CONTROL.sub("", shown).split())
    assert "--keyfile FILE' makes a vault that a file opens" in pyvault("add", "x", *ADD, stdin=LINES).err
    ended = pyvault("exec", "work", "--", "true", env={"PYVAULT_FILE": str(tmp_path / "ci" / "vault.pyv")})
    assert f"looked in the backend 'file', and there is no vault '{tmp_path}/ci/vault.pyv'" in ended.err


def test_the_memory_backend_leaves_no_session_behind(pyvault: Pyvault, fake_aws: FakeAws, tmp_path: Path) -> None:
    config_of(
        tmp_path,
        f"[profile role]\nrole_arn = {fake_aws.role_arn('reader')}\n"
        "credential_source = Environment\nregion = eu-west-1\n",
    )
    pair = fake_aws.demo_key()
    keys = {"AWS_ACCESS_KEY_ID": pair.access_key_id, "AWS_SECRET_ACCESS_KEY": pair.secret_access_key}
    for _ in range(2):
        ended = pyvault("--backend", "memory", "exec", "role", "--", "true", env={**fake_aws.environ(), **keys})
        assert (ended.code, ended.err) == (0, "")
    assert [path.name for path in tmp_path.rglob("*") if "sessions" in path.name or path.suffix == ".pyv"] == []


def test_another_store_that_shows_its_names_is_named(pyvault: Pyvault, tmp_path: Path) -> None:
    tools, store = tmp_path / "bin", tmp_path / ".password-store"
    tools.mkdir()
    for name in ("pass", "gpg"):  # nothing may be decrypted, or asked for
        tool = tools / name
        tool.write_text(f"#!/bin/sh\necho {name} >> {tmp_path}/called\nexit 1\n")
        tool.chmod(0o755)
    (store / "pyvault" / "credential").mkdir(parents=True)
    (store / ".gpg-id").write_text("me\n")
    (store / "pyvault" / "credential" / "ci.gpg").write_bytes(b"sealed")
    config_of(tmp_path, "[profile ci]\n[profile role]\nsource_profile = ci\nrole_arn = arn:aws:iam::1:role/r\n")
    for profile in ("ci", "role"):
        ended = pyvault("export", profile, env={"PATH": f"{tools}:/usr/bin:/bin"})
        assert ended.code == 3, ended.err
        assert "the backend 'pass' has keys of 'ci': use --backend pass" in ended.err
    assert not (tmp_path / "called").exists()


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["exec", "prdo", "--", "true"], "prod"),
        (["export", "prdo"], "prod"),
        (["explain", "prdo"], "prod"),
        (["exec", "broken", "--", "true"], "prod"),  # by way of its source
        (["remove", "stord"], "stored"),
        (["sso", "login", "crop"], "corp"),
        (["rotate", "prdo"], "prod"),
    ],
)
def test_a_profile_that_there_is_none_of_comes_with_the_nearest(
    pyvault: Pyvault, keyed: Environ, tmp_path: Path, words: list[str], meant: str
) -> None:
    assert pyvault("add", "stored", *ADD, env=keyed, stdin=LINES).code == 0
    config_of(
        tmp_path,
        "[profile prod]\n[profile broken]\nsource_profile = prdo\nrole_arn = arn:aws:iam::1:role/r\n"
        "[sso-session corp]\nsso_start_url = https://x.awsapps.com/start\nsso_region = eu-west-1\n",
    )
    ended = pyvault(*words, env=keyed)
    assert (ended.code, f"hint: did you mean '{meant}'? " in ended.err) == (3, True), ended.err


class TestTheSettingsOfAdd:
    def test_the_region_is_written_and_where_there_is_none_the_hint_says_how_to_set_one(
        self, pyvault: Pyvault, keyed: Environ, tmp_path: Path
    ) -> None:
        ended = pyvault("add", "one", *ADD, "--region", "eu-west-1", env=keyed, stdin=LINES)
        assert (ended.code, "has no region" in ended.err) == (0, False), ended.err
        assert config_of(tmp_path).read_text() == "[profile one]\nregion = eu-west-1\n"
        ended = pyvault("add", "two", *ADD, env=keyed, stdin=LINES)
        place = config_of(tmp_path)
        assert (
            f"'two' has no region, which most programs need: add 'region = ...' to its section of '{place}'"
            in ended.err
        )
        assert "no region" not in pyvault("add", "three", *ADD, env={**keyed, "AWS_REGION": "x-y-1"}, stdin=LINES).err

    @pytest.mark.parametrize(
        ("words", "told"),
        [
            (["--region", "eu-west-1", "--no-add-config"], "Can't use --region with --no-add-config"),
            (["--region", "nowhere\nrole_arn=x"], "a line break can't be written"),
            (["--mfa-serial", "arn:aws:iam::1:user/me"], "is the ARN of a user, not of an MFA device"),
            (["--mfa-serial", "arn:aws:iam::1:u2f/me"], "is a security key (u2f)"),
        ],
    )
    def test_what_can_not_be_is_refused_before_anything_is_stored(
        self, pyvault: Pyvault, keyed: Environ, tmp_path: Path, words: list[str], told: str
    ) -> None:
        ended = pyvault("add", "one", *ADD, *words, env=keyed, stdin=LINES)
        assert (ended.code in {2, 5}, told in ended.err) == (True, True), ended.err
        assert pyvault("list", "--credentials", env=keyed).out == ""
        assert not config_of(tmp_path).exists()

    def test_a_section_that_says_another_region_stays(self, pyvault: Pyvault, keyed: Environ, tmp_path: Path) -> None:
        config_of(tmp_path, "[profile one]\nregion = eu-west-1\n")
        ended = pyvault("add", "one", *ADD, "--region", "eu-west-2", env=keyed, stdin=LINES)
        assert (ended.code, "put 'region = eu-west-2' into" in ended.err) == (5, True), ended.err
        assert pyvault("add", "one", *ADD, "--region", "eu-west-1", env=keyed, stdin=LINES).code == 0

    def test_a_device_that_is_inherited_is_told_of(self, pyvault: Pyvault, keyed: Environ, tmp_path: Path) -> None:
        config_of(tmp_path, "[default]\nmfa_serial = arn:aws:iam::1:mfa/me\n")
        told = "'one' inherits the MFA device of [default]"
        assert told in pyvault("add", "one", *ADD, env=keyed, stdin=LINES).err
        own = ("--mfa-serial", "arn:aws:iam::1:mfa/other")
        assert "inherits" not in pyvault("add", "two", *ADD, *own, env=keyed, stdin=LINES).err


def test_an_empty_key_file_is_told_as_what_it_mostly_is(pyvault: Pyvault, keyed: Environ, tmp_path: Path) -> None:
    assert pyvault("add", "ci", *ADD, env=keyed, stdin=LINES).code == 0
    empty = tmp_path / "empty.key"
    empty.touch(mode=0o600)
    for variables in ({"PYVAULT_KEYFILE": str(empty)}, {"PYVAULT_KEYFILE": None, "PYVAULT_KEY": "\n"}):
        ended = pyvault("list", env={**keyed, **variables})
        assert (ended.code, "is empty (is the secret set?)" in ended.err) == (5, True), ended.err


def test_an_unknown_setting_comes_with_the_nearest(pyvault: Pyvault, tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    for text, meant in (("[backnd]\n", "backend"), ("[exec]\nhide_config = true\n", "exec.hide_shared_config")):
        config.write_text(text)
        ended = pyvault("--config", str(config), "list")
        assert (ended.code, f"did you mean '{meant}'? " in ended.err) == (5, True), ended.err


def test_keys_in_plain_text_are_told_with_their_file(pyvault: Pyvault, keyed: Environ, tmp_path: Path) -> None:
    credentials = config_of(tmp_path).with_name("credentials")
    credentials.write_text("[old]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = wJalrXUtnFEMI\n")
    ended = pyvault("export", "old", env=keyed)
    assert (ended.code, f"only in plain text, in '{credentials}'" in ended.err) == (3, True), ended.err
    assert "hint: 'pyvault import credentials-file' stores" in ended.err


@pytest.mark.parametrize(
    ("words", "heading"),
    [
        (["list"], "Profile "),
        (["explain", "ci"], "settings"),
        (["--help"], "Commands:"),
        (["exec", "--help"], "Options:"),
        (["vault", "slot", "add", "-h"], "Options:"),
    ],
)
def test_headings_stand_out_where_the_terminal_can_show_it(
    pyvault: Pyvault, keyed: dict[str, str], tmp_path: Path, words: list[str], heading: str
) -> None:
    assert pyvault("add", "ci", *ADD, env=keyed, stdin=LINES).code == 0
    plain = pyvault(*words, env=keyed).out
    assert "\x1b" not in plain
    for changes, painted in (({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)):
        environ = {**clean_environ(tmp_path), **keyed, **changes}
        shown = pexpect.spawn(str(PYVAULT), words, env=environ, encoding="utf-8", timeout=60).read()
        assert (f"\x1b[1m{heading}" in shown) is painted, shown
        assert ("\x1b[" in shown) is painted
        text = [line.rstrip() for line in CONTROL.sub("", shown).splitlines()]
        assert all(len(line) <= 80 for line in text), text
        assert " ".join(" ".join(text).split()) == " ".join(plain.split())


@pytest.mark.parametrize("words", [["--help"], ["add", "--help"], ["exec", "--help"], ["help", "sso", "populate"]])
def test_help_is_readable_on_a_narrow_screen(tmp_path: Path, words: list[str]) -> None:
    child = pexpect.spawn(
        str(PYVAULT), words, env=clean_environ(tmp_path), encoding="utf-8", timeout=60, dimensions=(24, 40)
    )
    shown = child.read()
    assert "\x1b[36m  --" in shown, "options have a colour"
    lines = [line.rstrip() for line in CONTROL.sub("", shown).splitlines()]
    too_long = [line for line in lines if len(line) > 40]
    assert all(line.strip().replace(" / ", "/").count(" ") == 0 for line in too_long), too_long


def test_messages_are_broken_between_words_at_a_terminal_only(pyvault: Pyvault, tmp_path: Path) -> None:
    told = pyvault("exec", "nobody", "--", "true").err
    assert len(told.splitlines()) == 2
    child = pexpect.spawn(
        str(PYVAULT),
        ["exec", "nobody", "--", "true"],
        env=clean_environ(tmp_path),
        encoding="utf-8",
        dimensions=(24, 40),
    )
    lines = CONTROL.sub("", child.read()).splitlines()
    assert len(lines) > 4
    assert all(len(line) <= 40 for line in lines), lines
    assert " ".join(lines) == " ".join(told.splitlines())
