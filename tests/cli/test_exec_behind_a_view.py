"""``exec --hide-shared-config`` at a terminal: the command runs below pyvault, and nobody can tell."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from interactive_bash import Shell

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")

EXEC = "pyvault exec --hide-shared-config demo --"
ASK = "sh -c 'echo up; read word; echo got $word; exit 6'"


@pytest.fixture
def shell(tmp_path: Path, variables: dict[str, str | None]) -> Iterator[Shell]:
    (tmp_path / "run").mkdir(mode=0o700)
    shell = Shell(tmp_path, variables | {"XDG_RUNTIME_DIR": str(tmp_path / "run")})
    yield shell
    shell.hang_up()
    shell.wait_until_alone()
    assert list((tmp_path / "run" / "pyvault").iterdir()) == []


@pytest.mark.parametrize(
    ("line", "codes", "shown"),
    [
        ("{x} sh -c 'exit 255'", [255], ""),
        ("{x} sh -c 'kill -9 $$'", [137], ""),
        ("{x} ./odd", [126], "pyvault: error: the command './odd' can't be run: No such file or directory"),
        ("{x} yes | head -1", [141, 0], "y"),
        ("printf 'one\\ntwo\\n' | {x} cat", [0, 0], "one\ntwo"),
        ("{x} sh -c 'cat <&7' 7<<<seven", [0], "seven"),
        ("timeout 2 {x} sleep 30", [124], ""),
        ("{x} true <&- >&-", [0], ""),
        ("{x} true <&- >&- 2>&-", [0], ""),
        ("pyvault exec -s --hide-shared-config demo -- true <&- >&- 2>&-", [0], ""),
    ],
)
def test_a_command_ends_as_it_would_alone(shell: Shell, line: str, codes: list[int], shown: str) -> None:
    (shell.home / "odd").write_text("#!/no/such/interpreter\n")
    (shell.home / "odd").chmod(0o755)
    told, ended = shell.run(line.replace("{x}", EXEC))
    assert ended == codes
    assert shown in told
    shell.wait_until_alone()


def test_ctrl_c_comes_once(shell: Shell) -> None:
    counting = 'import signal, time; n = []; signal.signal(2, lambda *_: n.append(1)); print("up", flush=True)'
    (shell.home / "count.py").write_text(
        f"{counting}\nwhile not n: time.sleep(0.05)\ntime.sleep(0.5)\nprint(len(n), 'times')\n"
    )
    shell.start(f"{EXEC} {sys.executable} count.py")
    shell.wait_for(r"\nup\r")
    shell.press("\x03")
    assert "1 times" in shell.shown()
    assert shell.codes() == [0]


@pytest.mark.parametrize(("key", "code"), [("\x03", 130), ("\x1c", 131)], ids=["Ctrl-C", "Ctrl-backslash"])
def test_a_key_that_ends_the_command_ends_all(shell: Shell, key: str, code: int) -> None:
    shell.start(f"{EXEC} {ASK}")
    shell.wait_for(r"\nup\r")
    shell.press(key)
    shell.shown()
    assert shell.codes() == [code]


def test_ctrl_z_stops_it_and_fg_goes_on(shell: Shell) -> None:
    shell.start(f"{EXEC} {ASK}")
    shell.wait_for(r"\nup\r")
    shell.press("\x1a")
    assert "Stopped" in shell.shown()
    shell.start("fg")
    shell.wait_for(r"exec --hide")
    shell.press("hello\r")
    assert "got hello" in shell.shown()
    assert shell.codes() == [6]


def test_a_command_that_stops_itself_stops_the_job(shell: Shell) -> None:
    shell.start(f"{EXEC} sh -c 'kill -STOP $$; echo went on; exit 4'")
    assert "Stopped" in shell.shown()
    shell.start("fg")
    assert "went on" in shell.shown()
    assert shell.codes() == [4]


def test_a_terminal_that_goes_away_takes_all_with_it(shell: Shell) -> None:
    shell.start(f"{EXEC} {ASK}")
    shell.wait_for(r"\nup\r")
    shell.hang_up()
    shell.wait_until_alone()


def test_a_shell_inside_has_its_own_jobs(shell: Shell) -> None:
    shell.start("SHELL=/bin/bash pyvault exec --hide-shared-config demo")
    shell.wait_for("Starting subshell /bin/bash")
    shell.start("set -m; sleep 0.2 & fg; exit 3")
    shell.wait_for(r"\nsleep 0.2\r")
    shell.shown()
    assert shell.codes() == [3]
