"""Commands from the config: what they get, what they may say, what errors tell."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path

import pytest

from pyvault.errors import ProcessError, ProfileLoopError
from pyvault.process.command import MAX_OUTPUT, ConfiguredCommand, run, run_text, shell_argv
from pyvault.process.group import VARIABLE, Mark, list_by_ps, running_beside_us

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the commands are those of a POSIX shell")


def command(text: str, *, limit: float = 20, profile: str = "prod") -> ConfiguredCommand:
    return ConfiguredCommand(text=text, setting="credential_process", profile=profile, limit=timedelta(seconds=limit))


ENVIRON = {"PATH": os.environ["PATH"]}


def test_the_whole_text_is_one_argument_of_the_shell() -> None:
    assert shell_argv("a 'b' $C", {}) == ["/bin/sh", "-c", "a 'b' $C"]


def test_output_is_given_as_it_is() -> None:
    assert run(command("printf 'x\\n\\n'"), ENVIRON).reveal() == b"x\n\n"


PATCHED = """
from gevent import monkey
monkey.patch_all()
import test_process
print(test_process.run(test_process.command("sleep 0.2; echo late"), test_process.ENVIRON).reveal())
"""


def test_output_that_comes_late_is_read_in_a_program_of_gevent_s() -> None:
    """There the ends of a pipe that Python has do not block."""
    if find_spec("gevent") is None:
        if os.environ.get("PYVAULT_REQUIRE_PEERS") == "1":
            pytest.fail("needs gevent")
        pytest.skip("needs gevent")
    done = subprocess.run(
        [sys.executable, "-c", PATCHED], capture_output=True, text=True, check=False, cwd=Path(__file__).parent
    )
    assert (done.stdout, done.stderr) == ("b'late\\n'\n", "")


def test_text_is_trimmed() -> None:
    assert run_text(command("printf ' a b \\n'"), ENVIRON).reveal() == "a b"


def test_output_in_another_encoding_is_refused_without_showing_it() -> None:
    with pytest.raises(ProcessError, match="not UTF-8") as caught:
        run_text(command(r"printf 'SECRET\377'"), ENVIRON)
    assert "SECRET" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_secrets_of_the_vault_stay_here_and_paths_go_along() -> None:
    environ = ENVIRON | {
        "PYVAULT_PASSPHRASE": "s3cret",
        "PYVAULT_NEW_PASSPHRASE": "s3cret",
        "AWS_VAULT_FILE_PASSPHRASE": "s3cret",
        "PYVAULT_KEYFILE": "/k",
        "PYVAULT_PASSPHRASE_FILE": "/p",
        "OTHER": "kept",
    }
    seen = run_text(command("env"), environ).reveal().splitlines()
    assert not [line for line in seen if "s3cret" in line]
    assert {"PYVAULT_KEYFILE=/k", "PYVAULT_PASSPHRASE_FILE=/p", "OTHER=kept"} <= set(seen)


def test_neither_command_nor_output_is_in_the_error() -> None:
    with pytest.raises(
        ProcessError, match="the credential_process of profile 'prod' failed with exit code 3"
    ) as caught:
        run(command("echo OUTPUT; exit 3 # --password HUSH"), ENVIRON)
    assert "OUTPUT" not in str(caught.value)
    assert "HUSH" not in str(caught.value)


def test_a_signal_is_named() -> None:
    with pytest.raises(ProcessError, match="failed with signal 9"):
        run(command("kill -9 $$"), ENVIRON)


def test_endless_output_is_cut_off() -> None:
    with pytest.raises(ProcessError, match=f"more than {MAX_OUTPUT} bytes"):
        run(command("yes"), ENVIRON)


def test_output_of_the_largest_size_passes() -> None:
    assert len(run(command(f"head -c {MAX_OUTPUT} /dev/zero"), ENVIRON)) == MAX_OUTPUT


def test_a_command_that_does_not_end_is_ended() -> None:
    with pytest.raises(ProcessError, match="did not finish in") as caught:
        run(command("exec sleep 60", limit=0.3), ENVIRON)
    assert caught.value.hint is None


def test_a_grandchild_that_keeps_the_pipe_does_not_hold_us() -> None:
    with pytest.raises(ProcessError, match="did not finish in") as caught:
        run(command("sleep 3 & exit 0", limit=0.3), ENVIRON)
    assert "keeps its output open" in (caught.value.hint or "")


LINUX = pytest.mark.skipif(sys.platform != "linux", reason="found by /proc")


def still_there(pids: Path) -> list[int]:
    """Return which of the processes noted in a file run on; what was killed may need a moment."""
    alive = [int(pid) for pid in pids.read_text().split()]
    assert alive
    until = time.monotonic() + 10
    while alive and time.monotonic() < until:
        alive = [pid for pid in alive if Path(f"/proc/{pid}/environ").exists() and _state(pid) != "Z"]
        time.sleep(0.01)
    return alive


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "Z"


@LINUX
@pytest.mark.parametrize(
    "text",
    [
        "sleep 60 & echo $! >>PIDS; wait",
        "sleep 60 & echo $! >>PIDS; exit 0",  # its parent ends at once
        "(sh -c 'sleep 60 & echo $! >>PIDS; wait' & ) ; sleep 60",
        "timeout 60 sleep 50 & echo $! >>PIDS; wait",  # in a group of its own
        "sleep 60 >/dev/null 2>&1 & echo $! >>PIDS; yes",  # cut off for what it says
    ],
)
def test_all_that_a_command_has_started_ends_at_its_limit(tmp_path: Path, text: str) -> None:
    with pytest.raises(ProcessError):
        run(command(text.replace("PIDS", str(tmp_path / "pids")), limit=1), ENVIRON)
    assert still_there(tmp_path / "pids") == []


@LINUX
def test_so_does_what_has_emptied_its_environment(tmp_path: Path) -> None:
    with pytest.raises(ProcessError):
        run(command(f"env -i sleep 60 & echo $! >>{tmp_path}/pids; wait", limit=1), ENVIRON)
    assert still_there(tmp_path / "pids") == []


@LINUX
def test_where_no_environment_can_be_read_ps_finds_them(tmp_path: Path) -> None:
    """As macOS and the BSDs have it."""
    pids, mark = tmp_path / "pids", Mark()
    daemon = tmp_path / "daemon"
    job = f"set -m; (sleep 60 & echo $! >>{pids}; wait) & echo $! >>{pids}; setsid sh -c 'echo $$ >{daemon}; exec sleep 60' & wait"

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen(["/bin/bash", "-c", job])

    def end(program: int) -> None:
        mark.end_all(program, processes=lambda: dict(list_by_ps()), marks=False)

    with running_beside_us(start, end_others=end):
        while [len(path.read_text().split()) if path.exists() else 0 for path in (pids, daemon)] != [2, 1]:
            time.sleep(0.01)
    assert still_there(pids) == []
    os.kill(int(daemon.read_text()), signal.SIGKILL)  # it is there


@LINUX
def test_neither_a_daemon_nor_what_another_command_started_ends_with_it(tmp_path: Path) -> None:
    with subprocess.Popen(["sleep", "60"], env=ENVIRON | {VARIABLE: "other"}) as neighbour:
        daemon = f"setsid sleep 50 >/dev/null 2>&1 & sleep 0.2; echo $! >>{tmp_path}/pids; sleep 60"
        try:
            with pytest.raises(ProcessError):
                run(command(daemon, limit=1), ENVIRON)
            assert neighbour.poll() is None
            pid = int((tmp_path / "pids").read_text())
            os.kill(pid, 0)
            os.kill(pid, signal.SIGKILL)
        finally:
            neighbour.kill()


def test_what_a_command_that_ended_left_in_the_background_stays(tmp_path: Path) -> None:
    assert run(command(f"sleep 60 >/dev/null 2>&1 & echo $! >{tmp_path}/pids; echo x"), ENVIRON).reveal() == b"x\n"
    os.kill(int((tmp_path / "pids").read_text()), signal.SIGKILL)


def test_a_child_that_closes_its_output_and_stays_is_ended() -> None:
    with pytest.raises(ProcessError, match="did not finish in"):
        run(command("exec >&-; exec sleep 60", limit=0.3), ENVIRON)


def test_stdin_of_the_user_is_not_consumed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # No controlling terminal in a new session, so the child's stdin is empty.
    script = "import datetime, os; os.setsid()\n"
    script += "from pyvault.process.command import *\n"
    script += "c = ConfiguredCommand(text='cat', setting='s', profile='p', limit=datetime.timedelta(seconds=9))\n"
    script += "assert run(c, dict(os.environ)).reveal() == b''\n"
    script += "assert os.read(0, 9) == b'mine'"
    subprocess.run([sys.executable, "-c", script], input=b"mine", check=True, timeout=30)


def test_a_command_that_comes_back_to_its_own_profile_is_refused() -> None:
    inner = run_text(command('printf %s "$PYVAULT_PROCESS_CHAIN"', profile="a"), ENVIRON).reveal()
    environ = ENVIRON | {"PYVAULT_PROCESS_CHAIN": inner}
    assert run_text(command('printf %s "$PYVAULT_PROCESS_CHAIN"', profile="b"), environ).reveal() == '["a", "b"]'
    with pytest.raises(ProfileLoopError, match="a -> b -> a"):
        run(command("true", profile="a"), ENVIRON | {"PYVAULT_PROCESS_CHAIN": '["a", "b"]'})


@pytest.mark.parametrize("value", ["", "{}", "not json", "3", '"a"'])
def test_a_guard_that_we_did_not_write_guards_nothing(value: str) -> None:
    assert run_text(command("echo x", profile="a"), ENVIRON | {"PYVAULT_PROCESS_CHAIN": value}).reveal() == "x"


def test_what_cannot_be_started_says_so() -> None:
    with pytest.raises(ProcessError, match="can't be started: ValueError"):
        run(command("a\0b"), ENVIRON)


KILLED = """
import datetime, os
from pyvault.errors import ProcessError
from pyvault.process.command import ConfiguredCommand, run
command = ConfiguredCommand(
    text="stty -echo </dev/tty; exec yes", setting="s", profile="p", limit=datetime.timedelta(seconds=60)
)
try:
    run(command, dict(os.environ))
except ProcessError:
    print("killed")
"""


def test_a_command_that_is_killed_with_the_echo_off_leaves_the_terminal_as_it_was() -> None:
    import termios

    master, terminal = os.openpty()
    try:
        launcher = Path(__file__).parents[2] / "on_terminal.py"
        words = [sys.executable, str(launcher), os.ttyname(terminal), sys.executable, "-c", KILLED]
        ended = subprocess.run(words, capture_output=True, text=True, check=True, timeout=60)
        assert ended.stdout == "killed\n"
        assert termios.tcgetattr(terminal)[3] & termios.ECHO
    finally:
        os.close(terminal)
        os.close(master)
