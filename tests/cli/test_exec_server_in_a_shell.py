"""``exec -s`` as a person sees it: in an interactive shell, at a terminal, with its keys, jobs and pipes."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fake_aws.client import FakeAws
from interactive_bash import Shell
from standing import ask

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the keeper needs pidfd")

EXEC = "pyvault exec -s demo --"
#: Says where the server is, and waits to be told to end.
SHOW = "sh -c 'echo up $AWS_CONTAINER_CREDENTIALS_FULL_URI $AWS_CONTAINER_AUTHORIZATION_TOKEN; read word; echo got $word; exit 6'"


@pytest.fixture
def shell(tmp_path: Path, variables: dict[str, str | None]) -> Iterator[Shell]:
    shell = Shell(tmp_path, variables)
    yield shell
    shell.hang_up()
    shell.wait_until_alone()


@pytest.mark.parametrize(
    ("line", "codes", "shown"),
    [
        ("{x} sh -c 'exit 255'", [255], ""),
        ("{x} sh -c 'kill -9 $$'", [137], "Killed"),
        ("{x} sh -c 'kill -SEGV $$'", [139], "Segmentation fault"),
        ("timeout 2 {x} sleep 30", [124], ""),
        ("{x} no-such-program", [127], "pyvault: error: the command 'no-such-program' was not found"),
        ("{x} ./plain", [126], "pyvault: error: the command './plain' is not executable"),
        ("{x} /tmp", [126], "pyvault: error: the command '/tmp' is not executable"),
        ("{x} ./odd", [126], "pyvault: error: the command './odd' can't be run: No such file or directory"),
        ("{x} yes | head -1", [141, 0], "y"),
        ("{x} echo a | cat", [0, 0], "a"),
        ("{x} sh -c 'echo a; echo b >&2' 2>&1 | sort", [0, 0], "a\nb"),
        ("printf 'one\\ntwo\\n' | {x} cat", [0, 0], "one\ntwo"),
        ("{x} sh -c 'sleep 0.3; exit 9' & wait $!", [9], ""),
        ("{x} {x} true", [5], "pyvault: error: running in an existing pyvault or aws-vault subshell"),
    ],
)
def test_a_command_ends_as_it_would_alone(shell: Shell, line: str, codes: list[int], shown: str) -> None:
    (shell.home / "plain").write_text("text")
    (shell.home / "odd").write_text("#!/no/such/interpreter\n")
    (shell.home / "odd").chmod(0o755)
    told, ended = shell.run(line.replace("{x}", EXEC))
    assert ended == codes
    assert shown in told
    shell.wait_until_alone()


@pytest.mark.parametrize(("key", "code"), [("\x03", 130), ("\x1c", 131)], ids=["Ctrl-C", "Ctrl-backslash"])
def test_a_key_that_ends_the_command_ends_all(shell: Shell, key: str, code: int) -> None:
    shell.start(f"{EXEC} {SHOW}")
    shell.wait_for(r"\nup (\S+)")
    shell.press(key)
    shell.shown()
    assert shell.codes() == [code]
    shell.wait_until_alone()


def test_ctrl_z_stops_the_command_and_not_its_server(shell: Shell) -> None:
    shell.start(f"{EXEC} {SHOW}")
    uri, token = shell.wait_for(r"\nup (\S+) (\S+)\r")
    shell.press("\x1a")
    assert "Stopped" in shell.shown()
    assert ask(uri, token)[0] == 200  # it serves what else the command has started
    shell.start("fg")
    shell.wait_for(r"exec -s")
    shell.press("hello\r")
    assert "got hello" in shell.shown()
    assert shell.codes() == [6]
    shell.wait_until_alone()


def test_a_stopped_command_goes_on_in_the_background(shell: Shell) -> None:
    shell.start(f"{EXEC} sh -c 'echo up; sleep 1; exit 5'")
    shell.wait_for(r"\nup\r")
    shell.press("\x1a")
    assert "Stopped" in shell.shown()
    shell.run("bg")
    shell.start("wait %1")
    assert "Exit 5" in shell.shown()
    assert shell.codes() == [5]


def test_a_terminal_that_goes_away_takes_all_with_it(shell: Shell) -> None:
    shell.start(f"{EXEC} {SHOW}")
    shell.wait_for(r"\nup (\S+)")
    shell.hang_up()
    shell.wait_until_alone()


def test_a_shell_inside_has_its_own_jobs(shell: Shell) -> None:
    shell.start("SHELL=/bin/bash pyvault exec -s demo")
    shell.wait_for("Starting subshell /bin/bash")
    shell.start("set -m; sleep 0.2 & fg; exit 3")
    shell.wait_for(r"\nsleep 0.2\r")
    shell.shown()
    assert shell.codes() == [3]


def test_ctrl_c_while_aws_keeps_silent_starts_nothing(shell: Shell, fake_aws: FakeAws) -> None:
    fake_aws.fault("sts.GetSessionToken", "hang")
    shell.start(f"{EXEC} touch ran")
    fake_aws.wait_for_call("GetSessionToken")
    shell.press("\x03")
    shell.shown()
    assert shell.codes() == [130]
    assert not (shell.home / "ran").exists()
    fake_aws.clear_faults()
    shell.wait_until_alone()


def test_what_a_command_leaves_in_the_background_loses_the_server(shell: Shell) -> None:
    """A server ends with the command that it was started for; a standing one is for the rest."""
    told, codes = shell.run(
        f"{EXEC} sh -c 'setsid sleep 20 >/dev/null 2>&1 & echo at $AWS_CONTAINER_CREDENTIALS_FULL_URI $!'"
    )
    _, uri, daemon = told.split()
    assert codes == [0]
    until = time.monotonic() + 20
    while [each for each in shell.others() if "pyvault" in each] and time.monotonic() < until:
        time.sleep(0.02)
    assert shell.others() == ["sleep 20 "]
    with pytest.raises((ConnectionRefusedError, ConnectionResetError)):  # reset: it was closing just then
        ask(uri, None, "/healthz")
    os.kill(int(daemon), signal.SIGKILL)


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_server_works_where_standard_streams_are_closed(shell: Shell, closed: str) -> None:
    """What it opens must not get their numbers, which are replaced later."""
    asking = (
        'curl -s -o answer -H "Authorization: $AWS_CONTAINER_AUTHORIZATION_TOKEN" "$AWS_CONTAINER_CREDENTIALS_FULL_URI"'
    )
    seen = 'import os; print([os.path.exists(f"/proc/self/fd/{n}") for n in range(3)], file=open("seen", "w"))'
    _, codes = shell.run(f"{EXEC} sh -c '{asking}' {closed}")
    assert codes == [0]
    assert "AccessKeyId" in (shell.home / "answer").read_text()
    _, codes = shell.run(f"{EXEC} {sys.executable} -c '{seen}' {closed}")
    assert codes == [0]
    open_ones = (shell.home / "seen").read_text()
    assert open_ones.count("False") >= 1  # the command is as we were: nothing of ours stands in for them
