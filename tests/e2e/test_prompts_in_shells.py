"""Secrets typed at a prompt in each shell: never shown, never left to the shell, whatever ends or stops the prompt."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from command_line import run_pyvault
from typist import SHELLS, Typist

SECRET = "hunter22hunter22"
HALF = SECRET[:8]
WORDS = "export -n base"
READ = "pyvault export -n base --format json > read.json"
ORDERLY = {"echo", "icanon", "isig"}
#: After SIGKILL, where the shell does not put the terminal in order by itself.
LEFT = (ORDERLY, {"-echo", "-icanon", "isig"})


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("typist")
    (place / ".aws").mkdir()
    (place / ".aws" / "config").write_text("[profile base]\nregion = eu-west-1\n")
    (place / "secret").write_text(SECRET)
    (place / "secret").chmod(0o600)
    given = {"PYVAULT_PASSPHRASE_FILE": str(place / "secret")}
    keys = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "s" * 40}
    for words, more in ((("vault", "init"), {}), (("add", "--no-verify", "--no-add-config", "base", "--env"), keys)):
        ended = run_pyvault(place, *words, env=given | more)
        assert ended.code == 0, ended.err
    (place / "secret").unlink()
    return place


@pytest.fixture(params=SHELLS)
def typist(request: pytest.FixtureRequest, home: Path) -> Iterator[Typist]:
    (home / "read.json").unlink(missing_ok=True)
    somebody = Typist(request.param, home)
    yield somebody
    somebody.leave()


def rounds() -> pytest.MarkDecorator:
    """Once; in the long form twenty times."""
    return pytest.mark.parametrize("times", [1, pytest.param(20, marks=pytest.mark.slow)])


def ask_and_wait(typist: Typist, line: str, pattern: str = "passphrase for .*: ") -> None:
    typist.enter(line)
    typist.wait_for(pattern)


def answer(typist: Typist) -> None:
    typist.type(f"{SECRET}\r")
    typist.wait_until_over(WORDS)
    assert_in_order(typist)
    assert "AKIAIOSFODNN7EXAMPLE" in (typist.home / "read.json").read_text()
    (typist.home / "read.json").unlink()


def assert_in_order(typist: Typist) -> None:
    typist.settle()
    assert typist.modes() == ORDERLY
    assert HALF[:4] not in typist.shown


@rounds()
def test_a_job_that_stops_or_waits_in_the_background_asks_again_in_the_foreground(typist: Typist, times: int) -> None:
    for _ in range(times):
        ask_and_wait(typist, READ)
        typist.type(f"{HALF}\x1a")  # Ctrl-Z
        assert_in_order(typist)
        ask_and_wait(typist, "fg")
        answer(typist)
        ask_and_wait(typist, f"{READ} &", "a question waits for the terminal")
        assert_in_order(typist)
        ask_and_wait(typist, "fg")
        answer(typist)


@rounds()
def test_whatever_ends_a_prompt_leaves_the_terminal_in_order(typist: Typist, times: int) -> None:
    for _ in range(times):
        for end in ("\x03", "\x1c", signal.SIGTERM, signal.SIGHUP):  # Ctrl-C, Ctrl-\\
            ask_and_wait(typist, READ)
            typist.type(HALF)
            if isinstance(end, str):
                typist.type(end)
            else:
                typist.send_signal(end, WORDS)
            typist.wait_until_over(WORDS)
            assert_in_order(typist)


def test_a_prompt_that_is_killed_leaves_nothing_of_the_secret(typist: Typist) -> None:
    ask_and_wait(typist, READ)
    typist.type(HALF)
    typist.send_signal(signal.SIGKILL, WORDS)
    typist.settle()
    left = typist.modes()
    assert left in LEFT
    typist.enter("stty sane")
    assert_in_order(typist)


@rounds()
def test_two_prompts_of_a_pipeline_ask_one_after_the_other(typist: Typist, times: int) -> None:
    for _ in range(times):
        ask_and_wait(typist, f"sh -c '{READ} | pyvault export -n base --format json > other.json'")
        typist.type(f"{SECRET}\r")
        typist.wait_for("passphrase for .*: ")
        answer(typist)
        assert "AKIAIOSFODNN7EXAMPLE" in (typist.home / "other.json").read_text()


def test_after_a_wrong_passphrase_what_is_typed_early_stays_hidden(typist: Typist) -> None:
    ask_and_wait(typist, READ)
    typist.type(f"another one\r{HALF}")
    typist.wait_for("wrong passphrase, try again; .*: ")
    typist.type("\x15")  # Ctrl-U: the rest of it may have come after the question
    answer(typist)
    assert "another" not in typist.shown


PROMPTS = {
    "new passphrase": ("PYVAULT_FILE=$HOME/new.pyv pyvault vault init", "new passphrase.*: "),
    "confirmation": ("PYVAULT_PASSPHRASE_FILE=$HOME/given pyvault remove base", r"\(y\|N\): "),
    "MFA": ("PYVAULT_PASSPHRASE_FILE=$HOME/given pyvault --prompt terminal export mfa", "MFA code for .*: "),
    "MFA in a child": (
        "PYVAULT_PASSPHRASE_FILE=$HOME/given pyvault --prompt terminal exec -s mfa -- true",
        "MFA code .*: ",
    ),
    "picker": ("PYVAULT_PASSPHRASE_FILE=$HOME/given pyvault export", "profile:"),
}


@pytest.mark.parametrize("what", PROMPTS)
def test_every_prompt_is_left_in_order_where_the_shell_mends_nothing(home: Path, what: str) -> None:
    with (home / ".aws" / "config").open("a") as config:
        config.write("[profile mfa]\nsource_profile = base\nmfa_serial = arn:aws:iam::111111111111:mfa/m\n")
    (home / "given").write_text(SECRET)
    (home / "given").chmod(0o600)
    command, shown = PROMPTS[what]
    words = command.partition("pyvault ")[2]
    somebody = Typist("dash", home)
    try:
        for end in ("\x03", signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGTSTP):
            ask_and_wait(somebody, command, shown)
            somebody.type("0123")
            if isinstance(end, str):
                somebody.type(end)
            else:
                somebody.send_signal(end, words)
            if end is signal.SIGTSTP:
                somebody.settle()
                assert somebody.modes() == ORDERLY
                ask_and_wait(somebody, "fg", shown)
                somebody.type("\x03")
            somebody.wait_until_over(words)
            somebody.settle()
            assert somebody.modes() == ORDERLY
    finally:
        somebody.leave()
