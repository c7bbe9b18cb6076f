"""The drivers against programs on PATH that record how they were called."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from pyvault.errors import ConfigError, MfaError, UsageError, UserCancelledError
from pyvault.mfa.codes import MfaRequest
from pyvault.secret import Secret
from pyvault_cli.terminal.mfa_prompts import choice, kdialog, osascript, ykman, zenity

SERIAL = "arn:aws:iam::123456789012:mfa/me"
REQUEST = MfaRequest(serial=SERIAL, profile="prod")
HOSTILE = '-x"; do shell script "touch /tmp/owned" & <b>\x1b]0;x\x07'

STUB = """\
#!{python}
import json, os, sys
with open({log!r}, "w") as log:
    json.dump({{"argv": sys.argv[1:], "environ": dict(os.environ), "stdin": sys.stdin.readline() if {read} else None}}, log)
sys.stdout.buffer.write({output!r})
sys.exit({code})
"""


class Programs:
    """A PATH with nothing on it but stubs."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.log = directory / "log.json"
        self.environ = {"PATH": str(directory), "DISPLAY": ":99", "PYVAULT_PASSPHRASE": "planted", "HOME": "/home/me"}

    def put(self, name: str, output: bytes = b"123456\n", code: int = 0, *, read: bool = False) -> None:
        stub = self.directory / name
        stub.write_text(STUB.format(python=sys.executable, log=str(self.log), output=output, code=code, read=read))
        stub.chmod(0o755)

    def call(self) -> dict[str, object]:
        called: dict[str, object] = json.loads(self.log.read_text())
        return called


@pytest.fixture
def programs(tmp_path: Path) -> Programs:
    return Programs(tmp_path)


DRIVERS: list[tuple[str, choice.Driver, list[str]]] = [
    ("zenity", choice.load("zenity"), ["--entry", "--title=pyvault", f"--text=Enter MFA code for {SERIAL}"]),
    ("kdialog", choice.load("kdialog"), ["--title", "pyvault", "--inputbox", f"Enter MFA code for {SERIAL}"]),
    ("ykman", choice.load("ykman"), ["oath", "accounts", "code", "--single", "--", SERIAL]),
]


@pytest.mark.parametrize(("name", "driver", "argv"), DRIVERS, ids=[name for name, _, _ in DRIVERS])
def test_a_driver_runs_its_program_with_an_argument_list(
    programs: Programs, name: str, driver: choice.Driver, argv: list[str]
) -> None:
    assert not driver.available(programs.environ)
    programs.put(name, b"  123456 \n")
    assert driver.available(programs.environ)
    assert driver.ask(REQUEST, programs.environ) == Secret("123456")
    called = programs.call()
    assert called["argv"] == argv
    assert "PYVAULT_PASSPHRASE" not in str(called["environ"])


def test_osascript_gets_the_text_as_an_argument_and_never_as_script(programs: Programs) -> None:
    programs.put("osascript")
    assert osascript.ask(MfaRequest(serial=HOSTILE, profile="p"), programs.environ) == Secret("123456")
    argv = programs.call()["argv"]
    assert isinstance(argv, list)
    assert argv[:-1] == [word for line in osascript.SCRIPT for word in ("-e", line)]
    assert str(argv[-1]).startswith("Enter MFA code for ")


@pytest.mark.parametrize("driver", [zenity, kdialog], ids=["zenity", "kdialog"])
def test_a_hostile_serial_is_no_mark_up(programs: Programs, driver: choice.Driver) -> None:
    programs.put("zenity")
    programs.put("kdialog")
    driver.ask(MfaRequest(serial=HOSTILE, profile="p"), programs.environ)
    text = str(programs.call()["argv"])
    assert not set("<>&") & set(text)
    assert "\\x1b" not in text


def test_a_serial_that_looks_like_an_option_is_none_for_ykman(programs: Programs) -> None:
    programs.put("ykman")
    ykman.ask(MfaRequest(serial="--help", profile="p"), programs.environ)
    assert programs.call()["argv"] == ["oath", "accounts", "code", "--single", "--", "--help"]


def test_ykman_takes_the_variables_of_aws_vault(programs: Programs) -> None:
    programs.put("ykman")
    environ = programs.environ | {
        "YKMAN_OATH_CREDENTIAL_NAME": "AWS:me",
        "YKMAN_OATH_DEVICE_SERIAL": "4711",
        "AWS_VAULT_YKMAN_VERSION": "3",
    }
    ykman.ask(REQUEST, environ)
    assert programs.call()["argv"] == ["--device", "4711", "oath", "code", "--single", "--", "AWS:me"]


@pytest.mark.parametrize("name", ["zenity", "kdialog", "osascript"])
def test_a_dismissed_window_is_a_cancellation(programs: Programs, name: str) -> None:
    programs.put(name, b"", code=1)
    with pytest.raises(UserCancelledError):
        choice.load(name).ask(REQUEST, programs.environ)


@pytest.mark.parametrize(
    ("output", "code", "message"),
    [
        (b"", 0, "returned no code"),
        (b"\xff", 0, "not UTF-8"),
        (b"secret-output", 3, "exit code 3"),
        (b"x", 1, "exit code 1"),
    ],
)
def test_a_program_that_fails_is_named_and_its_output_is_not(
    programs: Programs, output: bytes, code: int, message: str
) -> None:
    programs.put("ykman", output, code)
    with pytest.raises(MfaError, match=message) as caught:
        ykman.ask(REQUEST, programs.environ)
    assert "secret-output" not in str(caught.value)


def test_a_program_that_a_signal_ended_says_which(programs: Programs) -> None:
    (programs.directory / "ykman").write_text("#!/bin/sh\nkill -9 $$\n")
    (programs.directory / "ykman").chmod(0o755)
    with pytest.raises(MfaError, match="'ykman' failed with signal 9"):
        ykman.ask(REQUEST, programs.environ)


def test_a_program_that_is_gone_or_can_not_run_is_an_mfa_error(programs: Programs) -> None:
    with pytest.raises(MfaError, match="'ykman' on PATH"):
        ykman.ask(REQUEST, programs.environ)
    (programs.directory / "ykman").write_text("#!/nowhere/at/all\n")
    (programs.directory / "ykman").chmod(0o755)
    with pytest.raises(MfaError, match="can't be run"):
        ykman.ask(REQUEST, programs.environ)


def test_windows_need_a_display(programs: Programs) -> None:
    programs.put("zenity")
    programs.put("kdialog")
    assert not zenity.available({"PATH": programs.environ["PATH"]})
    assert not kdialog.available({"PATH": programs.environ["PATH"]})
    assert zenity.available({"PATH": programs.environ["PATH"], "WAYLAND_DISPLAY": "wayland-0"})


# ---- which one


class Here:
    """A driver that is or isn't there."""

    def __init__(self, *, there: bool) -> None:
        self.there = there

    def available(self, environ: Mapping[str, str]) -> bool:
        return self.there

    def ask(self, request: MfaRequest, environ: Mapping[str, str]) -> Secret[str]:
        raise AssertionError


def chosen(*there: str, wanted: str | None = None, beside_server: bool = False, has_terminal: bool = True) -> str:
    return choice.choose(
        wanted,
        environ={},
        beside_server=beside_server,
        has_terminal=has_terminal,
        find=lambda name: Here(there=name in there),
    )


def test_the_terminal_wins_where_there_is_one() -> None:
    assert chosen("zenity", "ykman", "kdialog") == "terminal"


def test_without_a_terminal_the_first_in_alphabetical_order() -> None:
    assert chosen("zenity", "ykman", has_terminal=False) == "ykman"
    assert chosen("zenity", "kdialog", has_terminal=False) == "kdialog"


def test_deviation_19_beside_a_server_the_terminal_is_the_last_choice_and_allowed() -> None:
    assert chosen("zenity", beside_server=True) == "zenity"
    assert chosen(beside_server=True) == "terminal"


def test_nothing_there_means_the_terminal_which_then_says_what_is_missing() -> None:
    assert chosen(has_terminal=False) == "terminal"


def test_a_named_driver_is_taken_or_refused() -> None:
    assert chosen("zenity", wanted="zenity") == "zenity"
    with pytest.raises(ConfigError, match="'zenity' is not available here"):
        chosen(wanted="zenity")
    with pytest.raises(UsageError, match="no prompt called 'pass'"):
        chosen(wanted="pass")


def test_every_name_is_a_module() -> None:
    for name in choice.NAMES:
        assert callable(choice.load(name).available)


# ---- the terminal itself


def test_deviation_24_without_a_terminal_the_ways_are_named(tmp_path: Path) -> None:
    code = (
        "from pyvault.mfa.codes import MfaRequest\n"
        "from pyvault.errors import InputRequiredError\n"
        "from pyvault_cli.terminal.mfa_prompts import terminal\n"
        "assert not terminal.available({})\n"
        "try: terminal.ask(MfaRequest(serial='s', profile='p'), {})\n"
        "except InputRequiredError as error: print(error.hint)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], start_new_session=True, capture_output=True, text=True, check=True
    )
    assert "--mfa-token" in done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="a POSIX terminal")
def test_the_terminal_asks_and_takes_the_answer() -> None:
    import pexpect

    code = (
        "from pyvault.mfa.codes import MfaRequest\n"
        "from pyvault_cli.terminal.mfa_prompts import terminal\n"
        "assert terminal.available({})\n"
        f"print('got', terminal.ask(MfaRequest(serial={SERIAL!r}, profile='p'), {{}}).reveal())\n"
    )
    child: pexpect.spawn[str] = pexpect.spawn(sys.executable, ["-c", code], encoding="utf-8", timeout=20)
    child.expect_exact(f"Enter MFA code for {SERIAL}: ")
    child.sendline("123456")
    child.expect_exact("got 123456")
    child.close()


# ---- the real zenity, with a real display and a real keyboard


@pytest.fixture
def display() -> Iterator[str]:
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "800x600x24", "-nolisten", "tcp"],
        pass_fds=[write],
        stderr=subprocess.DEVNULL,
    )
    os.close(write)
    with os.fdopen(read) as numbers:
        number = numbers.readline().strip()
    try:
        yield f":{number}"
    finally:
        server.terminate()
        server.wait()


TYPE = """
id=$(timeout 20 xdotool search --sync --onlyvisible --name "^pyvault$" | head -1)
timeout 5 xdotool windowfocus "$id"; sleep 0.5
for word in "$@"; do
  case $word in
    key=*) timeout 5 xdotool key "${word#key=}" ;;
    *) timeout 5 xdotool type --delay 20 "$word" ;;
  esac
done
"""


def with_window(display: str, *words: str) -> subprocess.Popen[bytes]:
    """Wait until a window called pyvault is there, then use the keyboard in it."""
    return subprocess.Popen(["sh", "-c", TYPE, "sh", *words], env=os.environ | {"DISPLAY": display})


@pytest.mark.peer("zenity", "Xvfb", "xdotool")
def test_the_real_zenity_gives_what_was_typed(display: str) -> None:
    environ = dict(os.environ) | {"DISPLAY": display, "GTK_USE_PORTAL": "0", "NO_AT_BRIDGE": "1"}
    assert zenity.available(environ)
    with with_window(display, "654321", "key=Return"):
        assert zenity.ask(MfaRequest(serial="<b>me</b> & co", profile="p"), environ) == Secret("654321")


@pytest.mark.peer("zenity", "Xvfb", "xdotool")
def test_the_real_zenity_dismissed_is_a_cancellation(display: str) -> None:
    environ = dict(os.environ) | {"DISPLAY": display, "GTK_USE_PORTAL": "0", "NO_AT_BRIDGE": "1"}
    with with_window(display, "key=Escape"), pytest.raises(UserCancelledError):
        zenity.ask(REQUEST, environ)
