"""The picker: what is found, what is shown, and how it feels at a real terminal."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pexpect
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyvault.clock import from_epoch
from pyvault.config.config_file import ConfigFile
from pyvault.errors import ProfileNotFoundError
from pyvault.retrieval.recently_used import RecentUse
from pyvault_cli.commandline import suggestions
from pyvault_cli.terminal.picker import Choice, ago, choices, pick, resolve, taken

NOW = from_epoch(1_800_000_000)

CONFIG = """\
[default]
region = eu-west-1
[profile prod-admin]
role_arn = arn:aws:iam::111122223333:role/team/Admin
source_profile = base
[profile dev]
sso_session = corp
sso_account_id = 444455556666
sso_role_name = ReadOnly
[profile ci]
credential_process = x
[profile base]
region = eu-west-1
"""


def config() -> ConfigFile:
    return ConfigFile.parse(CONFIG.encode(), Path("config"))


# ---- finding


def names(typed: str, *candidates: str) -> list[str]:
    return suggestions.find(typed, candidates, str)


def test_pieces_beat_scattered_letters_and_beginnings_beat_middles() -> None:
    assert names("prod", "p-r-o-d", "xprod", "a-prod", "prod-admin") == ["prod-admin", "a-prod", "xprod", "p-r-o-d"]


def test_every_word_has_to_match_in_any_order() -> None:
    assert names("adm pr", "prod-admin", "prod-reader", "admin-dev") == ["prod-admin"]


def test_case_does_not_count_and_nothing_typed_is_everything_in_order() -> None:
    assert names("PROD", "Prod", "x") == ["Prod"]
    assert names("", "b", "a") == ["b", "a"]
    assert names("zzz", "a") == []


@given(st.lists(st.text(max_size=12), max_size=8), st.text(max_size=6))
def test_what_is_found_holds_every_letter_and_the_whole_text_finds_itself(texts: list[str], typed: str) -> None:
    for found in names(typed, *texts):
        assert all(letter in found.casefold() for letter in typed.casefold() if not letter.isspace())
    for text in texts:
        assert text in names(text, *texts)


# ---- what is listed


def test_account_role_and_kind_are_shown() -> None:
    listed = choices(config(), ["base", "only-stored"], lambda _: None)
    about = {choice.profile: choice.about for choice in listed}
    assert about["prod-admin"] == "111122223333 Admin"
    assert about["dev"] == "444455556666 ReadOnly corp"
    assert about["ci"] == "process"
    assert about["base"] == "stored key"
    assert about["only-stored"] == "stored key"


def test_what_was_used_last_comes_first(tmp_path: Path) -> None:
    recent = RecentUse(tmp_path / "recent")
    recent.note("ci", NOW - timedelta(hours=2))
    recent.note("dev", NOW - timedelta(minutes=1))
    recent.note("dev", NOW)
    listed = choices(config(), [], recent.last)
    assert [choice.profile for choice in listed] == ["dev", "ci", "default", "prod-admin", "base"]
    assert [ago(choice.used, NOW) for choice in listed[:3]] == ["just now", "2 h ago", ""]


def test_ages_in_their_largest_unit() -> None:
    spans = {
        30: "just now",
        60: "1 min ago",
        3599: "59 min ago",
        3600: "1 h ago",
        86400 * 3: "3 d ago",
        -50: "just now",
    }
    for seconds, text in spans.items():
        assert ago(NOW - timedelta(seconds=seconds), NOW) == text


def test_recency_survives_any_profile_name_and_a_place_it_can_not_write_to(tmp_path: Path) -> None:
    recent = RecentUse(tmp_path / "recent")
    for name in ("a/../b", "ä" * 300, "\x00"):
        recent.note(name, NOW)
        assert recent.last(name) == NOW
    assert recent.last("other") is None
    (tmp_path / "file").write_text("")
    RecentUse(tmp_path / "file").note("x", NOW)
    assert RecentUse(tmp_path / "file").last("x") is None


def listed(*profiles: str) -> list[Choice]:
    return [Choice(profile=profile, about="", used=None) for profile in profiles]


def test_the_exact_name_wins_over_a_better_looking_match() -> None:
    assert resolve("dev", listed("development", "dev")) == "dev"
    assert resolve("opme", listed("development", "dev")) == "development"
    with pytest.raises(ProfileNotFoundError):
        resolve("zzz", listed("development", "dev"))
    with pytest.raises(ProfileNotFoundError, match="no profile to pick from"):
        pick([], now=NOW)


# ---- at a real terminal

SCRIPT = """
import sys
from datetime import timedelta
from pyvault.clock import from_epoch
from pyvault.errors import PyvaultError
from pyvault_cli.terminal.picker import Choice, pick
now = from_epoch(1_800_000_000)
listed = [
    Choice(profile="prod-admin", about="111122223333 Admin", used=now - timedelta(hours=2)),
    Choice(profile="dev\\x1b[31m", about="444455556666 ReadOnly", used=None),
    Choice(profile="staging", about="777788889999 Admin", used=None),
]
try:
    picked = pick(listed, now=now)
except PyvaultError as error:
    picked = type(error).__name__
with open(sys.argv[1], "w") as out:
    out.write(picked)
print("finished")
"""


@contextmanager
def at_terminal(result: Path) -> Iterator[pexpect.spawn[str]]:
    child = pexpect.spawn(
        sys.executable, ["-c", SCRIPT, str(result)], encoding="utf-8", timeout=30, dimensions=(30, 100)
    )
    try:
        yield child
    finally:
        child.close()


needs_posix_terminal = pytest.mark.skipif(sys.platform == "win32", reason="a POSIX terminal")


@needs_posix_terminal
def test_the_menu_shows_everything_at_once_and_enter_takes_what_was_typed(tmp_path: Path) -> None:
    with at_terminal(tmp_path / "result") as child:
        child.expect_exact("profile:")
        for shown in ("prod-admin", "111122223333 Admin", "2 h ago", "staging"):
            child.expect_exact(shown)
        child.send("stg")
        child.expect_exact("777788889999")
        child.send("\r")
        child.expect_exact("finished")
    assert (tmp_path / "result").read_text() == "staging"


@needs_posix_terminal
def test_what_enter_takes_is_written_and_not_only_painted(tmp_path: Path) -> None:
    with at_terminal(tmp_path / "result") as child:
        child.expect_exact("Enter takes prod-admin")
        child.send("\x03")
        child.expect_exact("finished")
    shown = listed("development", "dev")
    typed = ("", "dev", "opme", "zzz")
    assert [taken(each, shown) for each in typed] == [
        "Enter takes development",
        "Enter takes dev",
        "Enter takes development",
        "no profile matches",
    ]


@needs_posix_terminal
def test_the_arrow_keys_choose(tmp_path: Path) -> None:
    with at_terminal(tmp_path / "result") as child:
        child.expect_exact("staging")
        child.send("\x1b[B")
        child.send("\x1b[B")
        child.send("\x1b[B")
        child.send("\r")
        child.expect_exact("finished")
    assert (tmp_path / "result").read_text() == "staging"


@needs_posix_terminal
def test_a_hostile_name_does_not_reach_the_terminal_raw(tmp_path: Path) -> None:
    with at_terminal(tmp_path / "result") as child:
        child.expect_exact("staging")
        assert "dev\x1b[31m" not in child.before
        child.send("\x03")
        child.expect_exact("finished")
    assert (tmp_path / "result").read_text() == "UserCancelledError"


@needs_posix_terminal
def test_the_picker_asks_although_stdout_is_a_pipe(tmp_path: Path) -> None:
    """As in ``eval "$(pyvault export)"``."""
    command = f'out="$({sys.executable} -c "$SCRIPT" {tmp_path / "result"} </dev/null)"; echo "shell got $out"'
    child = pexpect.spawn(
        "/bin/sh",
        ["-c", command],
        encoding="utf-8",
        timeout=30,
        dimensions=(30, 100),
        env=os.environ | {"SCRIPT": SCRIPT},
    )
    child.expect_exact("profile:")
    child.send("prod\r")
    child.expect_exact("shell got finished")
    child.close()
    assert (tmp_path / "result").read_text() == "prod-admin"


def test_deviation_24_without_a_terminal_it_is_an_error_at_once(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path / "result")],
        start_new_session=True,
        check=True,
        stdin=subprocess.DEVNULL,
    )
    assert (tmp_path / "result").read_text() == "InputRequiredError"
