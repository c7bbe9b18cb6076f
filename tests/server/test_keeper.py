"""A program beside its server: signals, ends, deaths, and fetches in processes of their own."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest

from pyvault.errors import AwsError, CredentialsError, MfaError
from pyvault.model import Credentials
from pyvault.secret import Secret
from pyvault.server.processes.forked_fetch import fetch_in_child, run_child

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="pidfd")

SCRIPT = Path(__file__).with_name("exec_with_server.py")
TOKEN = "token-of-the-test"


class Beside:
    """A program that runs beside a server, and the processes of the server."""

    def __init__(self, log: Path, *program: str, lifetime: float = 3600) -> None:
        self.log = log
        self.process = subprocess.Popen(
            [sys.executable, str(SCRIPT), str(lifetime), str(log), *program],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def url(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def processes(self) -> tuple[int, int]:
        """Give the process ids of the keeper and the server."""
        until = time.monotonic() + 10
        while True:
            found = {pid: ppid for pid, ppid in helpers(self.log) if pid != self.process.pid}
            pairs = [(ppid, pid) for pid, ppid in found.items() if ppid in found]
            if len(pairs) == 1 or time.monotonic() > until:
                return pairs[0]
            time.sleep(0.01)

    def told(self) -> str:
        assert self.process.stderr is not None
        return self.process.stderr.readline()


def helpers(log: Path) -> list[tuple[int, int]]:
    """List the processes that came from a run with this log, with their parents."""
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdigit() and os.fsencode(log) in (entry / "cmdline").read_bytes().split(b"\0"):
                found.append((int(entry.name), int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])))
    return found


def status(url: str) -> int:
    connection = http.client.HTTPConnection(url.removeprefix("http://").rstrip("/"), timeout=10)
    try:
        connection.request("GET", "/", headers={"Authorization": TOKEN})
        return connection.getresponse().status
    finally:
        connection.close()


def wait_until_gone(log: Path) -> None:
    deadline = time.monotonic() + 10
    while helpers(log) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert helpers(log) == []


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "fetches"
    yield path
    for pid, _ in helpers(path):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


@pytest.fixture
def cat(log: Path) -> Iterator[Beside]:
    """A program that says where the server is, and ends with its input."""
    beside = Beside(log, "sh", "-c", "echo $URL; exec cat")
    with beside.process:
        yield beside
        assert beside.process.stdin is not None
        beside.process.stdin.close()
    wait_until_gone(log)


def test_the_exit_code_is_the_programs_and_nothing_stays(log: Path) -> None:
    beside = Beside(log, "sh", "-c", "exit 7")
    out, err = beside.process.communicate(timeout=20)
    assert (beside.process.returncode, out, err) == (7, "", "")
    wait_until_gone(log)


def test_a_program_that_is_not_there_leaves_nothing(log: Path) -> None:
    beside = Beside(log, "/no/such/program")
    beside.process.communicate(timeout=20)
    wait_until_gone(log)


def test_the_program_has_no_child_that_it_did_not_start(cat: Beside) -> None:
    cat.url()
    keeper, server = cat.processes()
    assert dict(helpers(cat.log))[server] == keeper
    assert dict(helpers(cat.log))[keeper] != cat.process.pid


COUNTER = """
import os, signal, sys, time
counts = {signal.SIGINT: 0, signal.SIGTERM: 0, signal.SIGHUP: 0, signal.SIGUSR1: 0, signal.SIGQUIT: 0}
def count(number, frame): counts[number] += 1
for number in counts: signal.signal(number, count)
print(os.environ["URL"], flush=True)
sys.stdin.readline()
time.sleep(0.2)
print([counts[number] for number in sorted(counts)], flush=True)
"""


def test_each_signal_arrives_once(log: Path) -> None:
    beside = Beside(log, sys.executable, "-c", COUNTER)
    beside.url()
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGUSR1, signal.SIGTERM):
        beside.process.send_signal(number)
    out, _ = beside.process.communicate("\n", timeout=20)
    assert out.strip() == "[1, 1, 1, 1, 1]"


GROUP = """
import os, time
from pyvault.process.group import list_processes
from pyvault.server.processes.detach import detach_process
met = 0
for _ in range(40):
    detach_process(lambda program: time.sleep(0.2) or 0)
    met += sum(each.group == os.getpgrp() for each in list_processes().values()) > 1
print(met)
"""


def test_what_ends_the_programs_group_never_meets_who_stays_behind() -> None:
    """Ctrl-C, Ctrl-Z and a terminal that closes are the program's alone from its very beginning."""
    told = subprocess.run(
        [sys.executable, "-c", GROUP], capture_output=True, text=True, check=True, start_new_session=True
    )
    assert told.stdout.split() == ["0"]


def test_ctrl_c_at_a_terminal_arrives_once_and_the_server_lives(log: Path) -> None:
    words = [str(SCRIPT), "3600", str(log), sys.executable, "-c", COUNTER]
    child = pexpect.spawn(sys.executable, words, timeout=20, encoding="utf-8")
    url = child.readline().strip()
    child.sendintr()
    child.expect_exact("^C")
    assert status(url) == 200
    child.sendline()
    child.expect_exact("[0, 1, 0, 0, 0]")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    wait_until_gone(log)


ASKER = """
import http.client, os, time
time.sleep(1.2)  # until the first credentials have expired
place = os.environ["URL"].removeprefix("http://").rstrip("/")
connection = http.client.HTTPConnection(place, timeout=30)
connection.request("GET", "/", headers={"Authorization": os.environ["TOKEN"]})
print("status", connection.getresponse().status, flush=True)
print("read", input(), flush=True)  # the terminal is the program's again
"""


@pytest.mark.parametrize(("typed", "answer"), [("123456", "200"), ("000000", "503"), ("\x03", "503")])
def test_a_later_question_borrows_the_terminal_and_gives_it_back(
    log: Path, monkeypatch: pytest.MonkeyPatch, typed: str, answer: str
) -> None:
    monkeypatch.setenv("ASK", "1")
    child = pexpect.spawn(
        sys.executable, [str(SCRIPT), "1", str(log), sys.executable, "-c", ASKER], timeout=20, encoding="utf-8"
    )
    child.expect_exact("MFA code: ")
    if typed == "\x03":
        child.send(typed)  # ends the question, not the program
    else:
        child.sendline(typed)
    child.expect_exact(f"status {answer}")
    child.sendline("hello")
    child.expect_exact("read hello")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    wait_until_gone(log)


def test_a_program_ended_by_a_signal_takes_the_server_with_it(log: Path) -> None:
    beside = Beside(log, "sh", "-c", "echo $URL; kill -KILL $$")
    beside.process.communicate(timeout=20)
    assert beside.process.returncode == -signal.SIGKILL
    wait_until_gone(log)


def test_a_server_that_is_killed_is_missed_and_replaced(cat: Beside) -> None:
    url = cat.url()
    assert status(url) == 200
    os.kill(cat.processes()[1], signal.SIGKILL)
    assert status(url) == 200  # the socket never closed
    assert cat.told() == "pyvault: error: the credential server was killed by SIGKILL and is being restarted\n"


def test_a_server_that_always_dies_is_given_up_with_a_word(cat: Beside) -> None:
    cat.url()
    for _ in range(5):
        os.kill(cat.processes()[1], signal.SIGKILL)
        assert cat.told().endswith("is being restarted\n")
    os.kill(cat.processes()[1], signal.SIGKILL)
    assert cat.told().endswith("will not be restarted\n")


def test_without_its_keeper_the_server_says_so_and_ends(cat: Beside) -> None:
    url = cat.url()
    keeper, _server = cat.processes()
    assert status(url) == 200  # it runs
    os.kill(keeper, signal.SIGKILL)
    assert (
        cat.told()
        == "pyvault: error: the process that renews credentials was killed; the credential server is stopping\n"
    )


def test_credentials_are_renewed_in_processes_that_end(log: Path) -> None:
    beside = Beside(log, "sh", "-c", "echo $URL; exec cat", lifetime=2)
    url = beside.url()
    until = time.monotonic() + 30
    while len(log.read_text().split()) < 4 and time.monotonic() < until:
        assert status(url) == 200
        time.sleep(0.05)
    keeper, server = beside.processes()
    fetchers = [int(pid) for pid in log.read_text().split()]
    assert len(set(fetchers)) == len(fetchers) >= 4
    assert not {keeper, server, beside.process.pid} & set(fetchers)
    beside.process.communicate(timeout=20)
    wait_until_gone(log)


class TestSupervised:
    """The way of macOS and Windows, which works here too."""

    @pytest.fixture(autouse=True)
    def supervised(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SUPERVISED", "1")

    def test_the_exit_code_is_the_programs(self, log: Path) -> None:
        beside = Beside(log, "sh", "-c", "exit 7")
        out, err = beside.process.communicate(timeout=20)
        assert (beside.process.returncode, out, err) == (7, "", "")

    def test_a_program_ended_by_a_signal_is_128_and_its_number(self, log: Path) -> None:
        beside = Beside(log, "sh", "-c", "kill -KILL $$")
        beside.process.communicate(timeout=20)
        assert beside.process.returncode == 128 + signal.SIGKILL

    def test_the_server_serves_renews_and_ends(self, log: Path) -> None:
        beside = Beside(log, "sh", "-c", "echo $URL; exec cat", lifetime=2)
        url = beside.url()
        until = time.monotonic() + 30
        while len(log.read_text().split()) < 3 and time.monotonic() < until:
            assert status(url) == 200
            time.sleep(0.05)
        beside.process.communicate(timeout=20)
        assert beside.process.returncode == 0

    def test_each_signal_arrives_once(self, log: Path) -> None:
        beside = Beside(log, sys.executable, "-c", COUNTER)
        assert status(beside.url()) == 200
        for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGUSR1, signal.SIGTERM):
            beside.process.send_signal(number)
        out, _ = beside.process.communicate("\n", timeout=20)
        assert out.strip() == "[1, 1, 1, 1, 1]"

    def test_ctrl_c_at_a_terminal_arrives_once(self, log: Path) -> None:
        words = [str(SCRIPT), "3600", str(log), sys.executable, "-c", COUNTER]
        child = pexpect.spawn(sys.executable, words, timeout=20, encoding="utf-8")
        url = child.readline().strip()
        assert status(url) == 200
        child.sendintr()
        child.expect_exact("^C")
        assert status(url) == 200
        child.sendline()
        child.expect_exact("[0, 1, 0, 0, 0]")
        child.expect(pexpect.EOF)
        child.close()
        assert child.exitstatus == 0


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")  # the runner's threads, not ours
class TestFetchInChild:
    def test_it_gives_what_was_fetched(self) -> None:
        credentials = Credentials(
            access_key_id="ASIAX",
            secret_access_key=Secret("s"),
            session_token=Secret("t" * 5000),
            account_id="1",
            role_arn="r",
        )
        assert fetch_in_child(lambda: credentials) == credentials

    @pytest.mark.parametrize(
        "error",
        [MfaError("no code", hint="ask"), AwsError("refused", code="AccessDenied"), CredentialsError("none")],
    )
    def test_it_raises_what_the_fetch_raised(self, error: Exception) -> None:
        def fail() -> Credentials:
            raise error

        with pytest.raises(type(error)) as caught:
            fetch_in_child(fail)
        assert (str(caught.value), vars(caught.value)) == (str(error), vars(error))

    def test_a_foreign_error_keeps_its_text_to_itself(self) -> None:
        def fail() -> Credentials:
            raise ValueError("planted-secret")

        with pytest.raises(CredentialsError, match="ValueError") as caught:
            fetch_in_child(fail)
        assert "planted-secret" not in str(caught.value)

    def test_a_child_that_dies_is_an_error(self) -> None:
        def die() -> Credentials:
            os.kill(os.getpid(), signal.SIGKILL)
            raise AssertionError

        with pytest.raises(CredentialsError, match="without a result"):
            fetch_in_child(die)

    def test_a_signal_in_the_first_moment_of_a_child_is_not_lost(self) -> None:
        """The handler of its parent would swallow it, and whoever waits for the end would wait for nothing."""

        def before() -> None:
            os.kill(os.getpid(), signal.SIGTERM)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)

        def work() -> int:
            time.sleep(30)
            return 0

        handler = signal.signal(signal.SIGTERM, lambda _number, _frame: None)
        try:
            _, status = os.waitpid(run_child(work, before=before), 0)
        finally:
            signal.signal(signal.SIGTERM, handler)
        assert os.waitstatus_to_exitcode(status) == -signal.SIGTERM
        assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == set()  # here they come as before
