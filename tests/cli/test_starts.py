"""A start by the zygote is a start: what a test can see of it is what :mod:`subprocess` gives."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import starts
from command_line import Environ, Pyvault, variables

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="elsewhere all starts are real"),
    pytest.mark.skipif(starts.REAL_STARTS, reason="all starts are real"),
]

#: Tells, as a child of exec, what it was started with.
TELL = """
import json, os, signal, sys
fds = {}
for name in os.listdir("/proc/self/fd"):
    try:
        fds[name] = os.readlink(f"/proc/self/fd/{name}").split(":")[0]
    except OSError:
        pass
status = dict(line.split(":\\t") for line in open("/proc/self/status").read().splitlines() if ":\\t" in line)
print(json.dumps({
    "environ": dict(os.environ), "cwd": os.getcwd(), "fds": fds, "parent": os.getppid() == int(sys.argv[1]),
    "leads session": os.getsid(0) == os.getpid(), "leads group": os.getpgid(0) == os.getpid(),
    "signals": [status[name] for name in ("SigBlk", "SigIgn", "SigCgt")], "umask": status["Umask"],
    "limits": open("/proc/self/limits").read(),
}))
"""
BOTH = [subprocess.Popen, starts.Popen]
Start = Callable[..., subprocess.Popen[Any]]


@pytest.fixture
def environ(pyvault: Pyvault, keyed: Environ, tmp_path: Path) -> dict[str, str]:
    """A login with a vault, whose kind of start has been asked for before, so that a zygote is there."""
    keys = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "0123456789" * 4}
    added = pyvault("add", "app", "--env", "--no-verify", "--no-add-config", env={**keyed, **keys})
    assert added.code == 0, added.err
    return variables(tmp_path, {**keyed, "ODD": "\udcff=\n"})


def told(start: Start, environ: dict[str, str], **options: Any) -> dict[str, Any]:
    words = [str(starts.PROGRAM), "exec", "-n", "app", "--", sys.executable, "-ISc", TELL, str(os.getpid())]
    with start(words, env=environ, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, **options) as child:
        shown = json.loads(child.communicate(timeout=60)[0])
    assert child.returncode == 0
    return dict(shown)


@pytest.mark.parametrize(
    "options", [{}, {"start_new_session": True}, {"process_group": 0}, {"umask": 0o027}, {"cwd": "/"}], ids=str
)
def test_it_begins_as_a_real_one(environ: dict[str, str], options: dict[str, Any]) -> None:
    reading, writing = os.pipe()
    try:
        real, quick = (told(start, environ, pass_fds=[writing], **options) for start in BOTH)
    finally:
        os.close(reading)
        os.close(writing)
    assert quick == real
    assert quick["parent"]
    assert str(writing) in quick["fds"]
    assert quick["environ"]["ODD"] == "\udcff=\n"


def test_it_is_forked_and_not_started(environ: dict[str, str]) -> None:
    with starts.Popen([starts.PROGRAM, "exec", "-n", "app", "--", "sleep", "60"], env=environ) as child:
        before = [Path(f"/proc/{child.pid}/cmdline").read_bytes()]
        child.kill()
    assert b"zygote.py" in before[0] or b"sleep" in before[0]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
@pytest.mark.parametrize("start", BOTH, ids=["real", "cheap"])
def test_a_signal_ends_it_and_is_told(environ: dict[str, str], start: Start, number: signal.Signals) -> None:
    words = [str(starts.PROGRAM), "exec", "-n", "app", "--", "sh", "-c", "echo up; exec sleep 60"]
    with start(words, env=environ, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"up\n"
        child.send_signal(number)
        assert child.wait(20) == -number


@pytest.mark.parametrize("start", BOTH, ids=["real", "cheap"])
def test_the_exit_code_and_the_streams_are_its_own(environ: dict[str, str], start: Start) -> None:
    with start([str(starts.PROGRAM), "nope"], env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        out, err = child.communicate()
    assert (child.returncode, out) == (2, b"")
    assert err.startswith(b"pyvault: error: there is no command 'nope'")


@pytest.mark.parametrize("start", BOTH, ids=["real", "cheap"])
def test_a_reader_that_has_gone_ends_it(environ: dict[str, str], start: Start) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with start([str(starts.PROGRAM), "--help"], env=environ, stdout=writing, stderr=subprocess.PIPE) as child:
        os.close(writing)
        assert child.communicate()[1] == b""
    assert child.returncode == 1


@pytest.mark.parametrize("real", [True, False])
def test_the_terminal_controls_it(environ: dict[str, str], monkeypatch: pytest.MonkeyPatch, real: bool) -> None:
    monkeypatch.setattr(starts, "REAL_STARTS", real)
    master, slave = pty.openpty()
    words = [str(starts.PROGRAM), "exec", "-n", "app", "--", "sh", "-c", "echo hello > /dev/tty"]
    with starts.Popen(words, terminal=os.ttyname(slave), env=environ, stdout=subprocess.DEVNULL) as child:
        assert os.read(master, 100) == b"hello\r\n"
    assert child.returncode == 0
    os.close(slave)
    os.close(master)


WORDS = [str(starts.PROGRAM), "--version"]


@pytest.mark.parametrize(
    ("wanted", "environ", "real"),
    [
        ({}, {}, False),
        ({"args": ["pyvault"]}, {"PATH": str(starts.PROGRAM.parent)}, False),
        ({"args": ["pyvault"]}, {"PATH": "/usr/bin"}, True),
        ({"args": ["true"]}, {}, True),
        ({"args": "pyvault", "shell": True}, {}, True),
        ({}, {"COVERAGE_PROCESS_START": "x"}, True),
        ({"preexec_fn": os.getpid}, {}, True),
        ({"uid": 65534}, {}, True),
        ({"close_fds": False}, {}, True),
        ({"cwd": "/no/such"}, {}, True),
    ],
)
def test_what_reaches_the_start_itself_is_a_real_one(
    wanted: dict[str, Any], environ: dict[str, str], real: bool
) -> None:
    assert starts.needs_real_start({"args": WORDS, "close_fds": True} | wanted, environ) is real


def test_an_ignored_signal_is_handed_on_by_a_real_start() -> None:
    wanted = {"args": WORDS, "close_fds": True}
    before = signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    try:
        assert starts.needs_real_start(wanted, {})
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert not starts.needs_real_start(wanted, {})


def test_nothing_of_the_environment_of_its_birth_is_remembered() -> None:
    """A module that reads a variable when it is imported would have it from the zygote, not from the start."""
    script = f"import sys; sys.path.insert(0, {str(Path(starts.__file__).parent)!r})\n" + REMEMBERED
    environ = {"HOME": starts.NOBODYS, "PATH": os.defpath}
    told = subprocess.run(
        [sys.executable, "-c", script, starts.NOBODYS], env=environ, stdout=subprocess.PIPE, check=True
    )
    remembered = set(told.stdout.decode().split())
    assert remembered == {
        "sys.argv", "sys.orig_argv",  # of this test
        "site.USER_BASE", "site.USER_SITE",  # the interpreter's own, which nothing of ours asks
        # botocore's own search for credentials and caches, which no command of ours leaves to it.
        "botocore.credentials._SSO_TOKEN_CACHE_DIR",
        "botocore.loaders.CUSTOMER_DATA_PATH", "botocore.tokens._SSO_TOKEN_CACHE_DIR", "botocore.utils.CACHE_DIR",
    }  # fmt: skip


REMEMBERED = """
import pathlib, sys, zygote
word = sys.argv[1]
zygote.preload()
KINDS = (str, bytes, dict, list, tuple, pathlib.PurePath)
def values(of):
    for name, value in list(vars(of).items()):
        if isinstance(value, type) and value.__module__ == of.__name__:
            yield from vars(value).items()
        elif isinstance(value, KINDS):
            yield name, value
for module in list(sys.modules.values()):
    if module.__name__ not in {"os", "posix", "__main__"}:
        for name, value in values(module):
            if isinstance(value, KINDS) and word in str(value):
                print(f"{module.__name__}.{name}")
"""
