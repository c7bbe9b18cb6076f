"""Secrets typed at a prompt in each shell: never shown, never left to the shell, whatever ends or stops the prompt."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from typist import HALF, KEY_ID, SECRET, SHELLS, Typist, furnish

WORDS = "export -n base"
READ = "pyvault export -n base --format json > read.json"
ORDERLY = {"echo", "icanon", "isig"}
#: After SIGKILL, where the shell does not put the terminal in order by itself.
LEFT = (ORDERLY, {"-echo", "-icanon", "isig"})


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("typist")
    furnish(place)
    return place


@pytest.fixture(params=SHELLS)
def typist(request: pytest.FixtureRequest, home: Path) -> Iterator[Typist]:
    (home / "read.json").unlink(missing_ok=True)
    somebody = Typist(request.param, home)
    yield somebody
    somebody.leave()


#: Once; in the long form twenty times.
rounds = pytest.mark.parametrize("times", [1, pytest.param(20, marks=pytest.mark.slow)])


def ask_and_wait(typist: Typist, line: str, pattern: str = "passphrase for .*: ") -> None:
    typist.enter(line)
    typist.wait_for(pattern)


def answer(typist: Typist) -> None:
    typist.type(f"{SECRET}\r")
    typist.wait_until_over(WORDS)
    assert_in_order(typist)
    assert KEY_ID in (typist.home / "read.json").read_text()
    (typist.home / "read.json").unlink()


def assert_in_order(typist: Typist) -> None:
    typist.settle()
    assert typist.modes() == ORDERLY
    assert typist.echoed() == 0


@rounds
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


@rounds
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


@rounds
def test_a_prompt_that_is_killed_leaves_nothing_of_the_secret(typist: Typist, times: int) -> None:
    for _ in range(times):
        ask_and_wait(typist, READ)
        typist.type(HALF)
        typist.send_signal(signal.SIGKILL, WORDS)
        typist.settle()
        left = typist.modes()
        assert left in LEFT
        typist.enter("stty sane")
        assert_in_order(typist)


@rounds
def test_two_prompts_of_a_pipeline_ask_one_after_the_other(typist: Typist, times: int) -> None:
    for _ in range(times):
        ask_and_wait(typist, f"sh -c '{READ} | pyvault export -n base --format json > other.json'")
        typist.type(f"{SECRET}\r")
        typist.wait_for("passphrase for .*: ")
        answer(typist)
        assert KEY_ID in (typist.home / "other.json").read_text()


@rounds
def test_after_a_wrong_passphrase_what_is_typed_early_stays_hidden(typist: Typist, times: int) -> None:
    for _ in range(times):
        ask_and_wait(typist, READ)
        typist.type(f"another one\r{HALF}")
        typist.wait_for("wrong passphrase, try again; .*: ")
        typist.type("\x15")  # Ctrl-U: the rest of it may have come after the question
        answer(typist)
        assert "another" not in typist.shown


@rounds
def test_in_the_background_there_is_no_question_to_answer(typist: Typist, times: int) -> None:
    """What is typed at the shell is the shell's; so nothing asks for it there."""
    for _ in range(times):
        before = len(typist.shown)
        typist.enter(f"{READ} &")
        typist.wait_for("a question waits for the terminal")
        typist.settle()
        assert "passphrase" not in typist.shown[before:]
        ask_and_wait(typist, "fg")
        answer(typist)


@pytest.mark.parametrize("limit", ["timeout 2", "timeout --foreground 3"])
@rounds
def test_a_time_limit_leaves_the_terminal_to_the_script(typist: Typist, times: int, limit: str) -> None:
    line = 'read name; echo "<$name>"'
    (typist.home / "script").write_text(f"{limit} {READ}\necho rc=$?\n{line}\n")
    shown = "passphrase for .*: " if "foreground" in limit else "a question waits for the terminal"
    for _ in range(times):
        ask_and_wait(typist, "sh script", shown)
        if "foreground" in limit:
            typist.type(HALF)
        typist.wait_for(r"rc=124\r?\n")
        typist.type("bob\r")
        typist.wait_for(r"bob\r?\n<bob>")
        assert_in_order(typist)


@rounds
def test_questions_of_parallel_programs_come_one_after_the_other(typist: Typist, times: int) -> None:
    for _ in range(times):
        ask_and_wait(typist, f"echo read other third | xargs -n 1 -P 3 sh -c '{READ.replace('read.json', '$0.json')}'")
        typist.type(f"{SECRET}\r")
        for _ in range(2):
            typist.wait_for("passphrase for .*: ")
            typist.type(f"{SECRET}\r")
        typist.wait_until_over(WORDS)
        assert_in_order(typist)
        for name in ("read", "other", "third"):
            assert KEY_ID in (typist.home / f"{name}.json").read_text()
            (typist.home / f"{name}.json").unlink()


#: How each shell gets the functions, and says whose keys it has.
INIT = {
    "fish": "pyvault shell-init fish | source",
    "bash": 'eval "$(pyvault shell-init bash)"',
    "zsh": 'eval "$(pyvault shell-init zsh)"',
    "dash": 'eval "$(pyvault shell-init sh)"',
    "busybox": 'eval "$(pyvault shell-init sh)"',
}


@rounds
def test_the_functions_of_a_shell_ask_and_leave_nothing(typist: Typist, times: int) -> None:
    typist.enter(INIT[typist.shell])
    for _ in range(times):
        ask_and_wait(typist, "pv-assume -n base")
        typist.type(f"{SECRET}\r")
        typist.wait_until_over("export --assign")
        assert_in_order(typist)
        assert typist.ask("echo $AWS_VAULT.$AWS_ACCESS_KEY_ID.", rf"base\.{KEY_ID}\.\r?\n")
        ask_and_wait(typist, "pv-assume -n base")
        typist.type(f"{HALF}\x03")
        typist.wait_until_over("export --assign")
        assert_in_order(typist)
        typist.enter("pv-unset")
        assert typist.ask("echo 'gone'\"$AWS_VAULT\".", r"gone\.\r?\n")


CHILD = """
import json, os, sys, termios, tty, urllib.error, urllib.request

before = termios.tcgetattr(0)
getattr(tty, "set" + sys.argv[1])(0)
own = termios.tcgetattr(0)
asked = urllib.request.Request(
    os.environ["AWS_CONTAINER_CREDENTIALS_FULL_URI"],
    headers={"Authorization": os.environ["AWS_CONTAINER_AUTHORIZATION_TOKEN"]},
)
try:
    urllib.request.urlopen(asked, timeout=60)
except urllib.error.HTTPError as exc:
    told = json.load(exc)["message"]
modes = termios.tcgetattr(0) == own
print("asked", flush=True)
key = os.read(0, 1).decode()
termios.tcsetattr(0, termios.TCSADRAIN, before)
print("told", told)
print("modes", "kept" if modes else "lost", "key", key)
"""


@pytest.mark.parametrize("mode", ["raw", "cbreak"])
@rounds
def test_over_a_program_with_the_terminal_in_raw_mode_a_question_gets_its_whole_answer(
    typist: Typist, times: int, mode: str
) -> None:
    """As k9s, vim and REPLs have it; AWS can't be reached, so what is told is that the code was a good one."""
    (typist.home / "child.py").write_text(CHILD)
    for _ in range(times):
        ask_and_wait(typist, f"pyvault --prompt terminal exec -s --lazy mfa -- python3 child.py {mode}")
        typist.type(f"{SECRET}\r")
        typist.wait_for("MFA code for .*: ")
        typist.type("918273\r")
        typist.wait_for("asked")
        typist.type("q")
        typist.wait_for("told .*sts:GetSessionToken got no answer.*modes kept key q")
        typist.wait_until_over("exec -s")
        assert_in_order(typist)
