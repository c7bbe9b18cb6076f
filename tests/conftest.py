"""What all tests share: a private home, markers for real peers, repeatable properties."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from command_line import NOTHING_KEPT
from fake_aws.client import FakeAws
from login_keys import refusal

settings.register_profile("pyvault", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("pyvault")

# Under nohup, in the background of a script and on some CI runners, hang-ups and Ctrl-C
# are ignored, and children inherit that; the tests of signals are about a person's shell.
if sys.platform != "win32":
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)

keyring_refusal = cache(refusal)

#: Variables of the developer that must not reach a test.
FOREIGN = ("AWS_", "PYVAULT_", "XDG_", "DBUS_", "GNOME_", "PASSWORD_STORE_", "KEYRING_", "GNUPGHOME")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="run the long form of the slow groups too")
    parser.addoption("--rewrite", action="store_true", help="write the pages of tests/transcripts as they come out")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--long"):
        return
    for item in items:
        if item.get_closest_marker("slow"):
            item.add_marker(pytest.mark.skip(reason="the long form: pytest --long"))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip, or under PYVAULT_REQUIRE_PEERS=1 fail, what needs a program that is not here."""
    if item.get_closest_marker("kernel_keyring") and (refused := keyring_refusal()):
        pytest.skip(refused)
    for marker in item.iter_markers("peer"):
        missing = [program for program in marker.args if shutil.which(program) is None]
        if not missing:
            continue
        message = f"needs {', '.join(missing)}"
        if os.environ.get("PYVAULT_REQUIRE_PEERS") == "1":
            pytest.fail(message, pytrace=False)
        pytest.skip(message)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Iterator[None]:
    """Fail a test after which an exception is still being handled: it would be the context of every later one."""
    before = sys.exception()
    yield
    if (left := sys.exception()) is not before:
        pytest.fail(f"leaves {type(left).__name__} behind as an exception being handled", pytrace=False)


@pytest.fixture
def tell(request: pytest.FixtureRequest) -> Iterator[list[str]]:
    """Lines for the end of the run: which real peers a test has met."""
    lines: list[str] = []
    yield lines
    request.node.user_properties.extend(("told", line) for line in lines)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests told, also those of other workers."""
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, value in getattr(report, "user_properties", ()):
                if name == "told" and report.when == "teardown":
                    terminalreporter.write_line(value)


@pytest.fixture(autouse=True)
def private_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give every test a HOME of its own and none of the developer's settings."""
    for name in list(os.environ):
        if name.startswith(FOREIGN) and name != "PYVAULT_REQUIRE_PEERS":
            monkeypatch.delenv(name)
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(home / "run"))
    (home / "run").mkdir(mode=0o700)
    for name, value in NOTHING_KEPT.items():
        monkeypatch.setenv(name, value)
    return home


@pytest.fixture(scope="session")
def fake_aws_process() -> Iterator[FakeAws]:
    """Run one strict local AWS for the tests of this process; ask for `fake_aws`, not for this."""
    with FakeAws() as running:
        yield running


@pytest.fixture
def fake_aws(fake_aws_process: FakeAws) -> FakeAws:
    """Give a strict local AWS with a fresh demo world: new ids and secrets, clock, log, no faults."""
    fake_aws_process.reset()
    return fake_aws_process
