"""The order of the sources of a passphrase, and what happens when there is none."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest

from pyvault.backend import Question
from pyvault.errors import (
    AccessDeniedError,
    InputRequiredError,
    InsecurePermissionsError,
    InvalidSettingError,
    UsageError,
    UserCancelledError,
)
from pyvault.secret import Secret
from pyvault_cli.commandline.arguments import CommandLine
from pyvault_cli.terminal.answers import TerminalAnswers
from pyvault_cli.terminal.prompt import Terminal

OLD = Question(key="passphrase", prompt="passphrase for x")
NEW = Question(key="new-passphrase", prompt="new passphrase for x")


class Typing:
    """A human who types these texts."""

    def __init__(self, *texts: str) -> None:
        self.texts = list(texts)
        self.asked: list[str] = []
        self.seen: list[str] = []

    def line(self, prompt: str) -> str:
        self.seen.append(self._typed(prompt))
        return self.seen[-1]

    def hidden(self, prompt: str) -> Secret[str]:
        return Secret(self._typed(prompt))

    def undisturbed(self) -> AbstractContextManager[None]:
        return nullcontext()

    def _typed(self, prompt: str) -> str:
        self.asked.append(prompt)
        return self.texts.pop(0)


def no_terminal() -> Terminal:
    raise InputRequiredError("there is no terminal to ask at")


def asking(
    *given: tuple[str, str], environ: dict[str, str] | None = None, open_terminal: Callable[[], Terminal] = no_terminal
) -> TerminalAnswers:
    return TerminalAnswers(CommandLine(global_options=given), environ or {}, open_terminal)


def pipe_of(text: str) -> int:
    reading, writing = os.pipe()
    os.write(writing, text.encode())
    os.close(writing)
    return reading


@pytest.fixture
def secret_file(tmp_path: Path) -> Path:
    path = tmp_path / "a passphrase"
    path.write_text("from file\n")
    path.chmod(0o600)
    return path


def test_the_order_of_an_old_passphrase(secret_file: Path) -> None:
    environ = {
        "PYVAULT_PASSPHRASE_FILE": str(secret_file),
        "PYVAULT_PASSPHRASE": "from variable",
        "AWS_VAULT_FILE_PASSPHRASE": "from aws-vault",
    }
    descriptor = str(pipe_of("from descriptor\n"))
    assert asking(("--passphrase-fd", descriptor), environ=environ)(OLD) == Secret("from descriptor")
    assert asking(environ=environ)(OLD) == Secret("from file")
    del environ["PYVAULT_PASSPHRASE_FILE"]
    assert asking(environ=environ)(OLD) == Secret("from variable")
    del environ["PYVAULT_PASSPHRASE"]
    assert asking(environ=environ)(OLD) == Secret("from aws-vault")
    human = Typing("typed")
    assert asking(open_terminal=lambda: human)(OLD) == Secret("typed")
    assert human.asked == ["passphrase for x"]


def test_the_order_of_a_new_passphrase(secret_file: Path) -> None:
    environ = {
        "PYVAULT_NEW_PASSPHRASE": "new",
        "PYVAULT_NEW_PASSPHRASE_FILE": str(secret_file),
        "PYVAULT_PASSPHRASE": "old",
        "PYVAULT_WEAK_PASSPHRASE": "1",
    }
    descriptor = str(pipe_of("new by descriptor"))
    assert asking(("--new-passphrase-fd", descriptor), environ=environ)(NEW) == Secret("new by descriptor")
    assert asking(environ=environ)(NEW) == Secret("new")
    del environ["PYVAULT_NEW_PASSPHRASE"]
    assert asking(environ=environ)(NEW) == Secret("from file")
    del environ["PYVAULT_NEW_PASSPHRASE_FILE"]
    assert asking(environ=environ)(NEW) == Secret("old"), "the first passphrase of a vault may come from any source"


def test_the_old_passphrase_never_becomes_the_new_one_of_the_same_vault() -> None:
    ask = asking(environ={"PYVAULT_PASSPHRASE": "old"})
    ask.renewing = True
    with pytest.raises(InputRequiredError, match="--new-passphrase-fd, PYVAULT_NEW_PASSPHRASE"):
        ask(NEW)


def test_a_new_passphrase_is_typed_twice() -> None:
    human = Typing("the first one", "another one", "the third one", "the third one")
    assert asking(open_terminal=lambda: human)(NEW) == Secret("the third one")
    assert human.asked == [
        "new passphrase for x",
        "repeat passphrase",
        "the two differ, try again; new passphrase for x",
        "repeat passphrase",
    ]
    assert not human.seen, "what comes after two that differ is a passphrase, and must not be echoed"
    with pytest.raises(UserCancelledError):
        asking(open_terminal=lambda: Typing(""))(NEW)


def test_a_weak_new_passphrase_is_asked_for_again() -> None:
    human = Typing("short", "Password123", "long enough", "long enough")
    assert asking(open_terminal=lambda: human)(NEW) == Secret("long enough")
    assert [text.count("choose another") for text in human.asked] == [0, 1, 1, 0]
    assert "--weak-passphrase" in human.asked[1]


@pytest.mark.parametrize(
    ("given", "environ"),
    [
        ((("--weak-passphrase", ""),), {}),
        ((), {"PYVAULT_WEAK_PASSPHRASE": "1"}),
        ((), {"PYVAULT_KDF": "min"}),
    ],
)
def test_a_weak_new_passphrase_may_be_insisted_on(given: tuple[tuple[str, str], ...], environ: dict[str, str]) -> None:
    assert asking(*given, environ=environ, open_terminal=lambda: Typing("pw", "pw"))(NEW) == Secret("pw")
    assert asking(*given, environ={**environ, "PYVAULT_NEW_PASSPHRASE": "pw"})(NEW) == Secret("pw")


@pytest.mark.parametrize("environ", [{}, {"PYVAULT_WEAK_PASSPHRASE": "0"}, {"PYVAULT_KDF": "high"}])
def test_a_weak_new_passphrase_that_nobody_can_mend_is_refused(environ: dict[str, str]) -> None:
    ask = asking(environ={**environ, "PYVAULT_NEW_PASSPHRASE": "Tr0ub4dor"})
    with pytest.raises(InputRequiredError, match="fewer than 10 characters") as caught:
        ask(NEW)
    assert "Tr0ub4dor" not in f"{caught.value.message}{caught.value.hint}"
    assert asking(environ={"PYVAULT_PASSPHRASE": "pw"})(OLD) == Secret("pw"), "an old one opens what it opens"


@pytest.mark.parametrize("question", [OLD, NEW])
def test_without_a_terminal_every_source_is_named(question: Question) -> None:
    with pytest.raises(InputRequiredError) as caught:
        asking()(question)
    for source in (
        "--passphrase-fd",
        "PYVAULT_KEYFILE",
        "PYVAULT_KEY",
        "PYVAULT_PASSPHRASE_FILE",
        "PYVAULT_PASSPHRASE",
    ):
        assert source in caught.value.message
    assert "no terminal" in caught.value.message


def test_no_input_never_opens_the_terminal() -> None:
    def must_not() -> Terminal:
        raise AssertionError

    ask = asking(("--no-input", ""), open_terminal=must_not)
    with pytest.raises(InputRequiredError, match="--no-input"):
        ask(OLD)
    with pytest.raises(InputRequiredError, match="--force"):
        ask.confirm("Really?", option="--force")
    assert not ask.can_ask()


def test_a_descriptor_is_read_once_and_closed() -> None:
    reading = pipe_of("secret\n\n")
    ask = asking(("--passphrase-fd", str(reading)))
    assert ask(OLD) == Secret("secret\n"), "exactly one newline is stripped"
    assert ask(OLD) == Secret("secret\n")
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(reading)


def test_a_descriptor_that_nobody_read_is_closed_before_the_child() -> None:
    reading = pipe_of("secret\n")
    asking(("--passphrase-fd", str(reading))).close_descriptors()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(reading)


@pytest.mark.parametrize("number", ["x", "-1", "1.5", "", "\u0663"])
def test_what_is_no_descriptor(number: str) -> None:
    with pytest.raises(UsageError, match="--passphrase-fd"):
        asking(("--passphrase-fd", number))(OLD)


def test_a_descriptor_that_is_not_open() -> None:
    reading = pipe_of("")
    os.close(reading)
    with pytest.raises(AccessDeniedError):
        asking(("--passphrase-fd", str(reading)))(OLD)


def test_files_that_others_can_read_are_refused(secret_file: Path) -> None:
    secret_file.chmod(0o644)
    if os.geteuid() == 0:
        os.chown(secret_file, 12345, 12345)
    with pytest.raises(InsecurePermissionsError):
        asking(environ={"PYVAULT_PASSPHRASE_FILE": str(secret_file)})(OLD)


def test_a_passphrase_is_utf8_whatever_the_locale_made_of_it() -> None:
    broken = b"caf\xe9".decode("utf-8", "surrogateescape")
    with pytest.raises(InvalidSettingError, match="PYVAULT_PASSPHRASE"):
        asking(environ={"PYVAULT_PASSPHRASE": broken})(OLD)


@pytest.mark.parametrize(("typed", "yes"), [("y", True), ("YES ", True), ("n", False), ("", False), ("yep", False)])
def test_confirmations(typed: str, yes: bool) -> None:
    ask = asking(open_terminal=lambda: Typing(typed))
    if yes:
        ask.confirm("Really?", option="--yes")
    else:
        with pytest.raises(UserCancelledError):
            ask.confirm("Really?", option="--yes")
    again = asking(open_terminal=lambda: Typing(typed))
    assert again(Question(key="confirm", prompt="?")) == Secret("y" if yes else "n")


def test_a_standard_descriptor_that_was_read_stays_open_and_leads_nowhere() -> None:
    import subprocess
    import sys

    script = """
import os
from pyvault_cli.terminal.answers import TerminalAnswers
from pyvault_cli.commandline.arguments import CommandLine
ask = TerminalAnswers(CommandLine(global_options=(("--passphrase-fd", "0"),)), {})
assert ask.passphrase().reveal() == "given"
assert os.get_inheritable(0)
assert os.read(0, 1) == b""
assert os.open(os.devnull, os.O_RDONLY) > 2
"""
    subprocess.run([sys.executable, "-c", script], input=b"given\n", check=True, timeout=60)


def test_a_number_that_no_descriptor_has_is_refused() -> None:
    with pytest.raises(UsageError, match="no number of a descriptor"):
        asking(("--passphrase-fd", "9" * 20)).passphrase()


def test_one_descriptor_can_not_give_two_passphrases() -> None:
    number = str(pipe_of("old"))
    ask = asking(("--passphrase-fd", number), ("--new-passphrase-fd", number))
    assert ask.passphrase() == Secret("old")
    with pytest.raises(UsageError, match="is that of '--passphrase-fd' too"):
        ask.new_passphrase_unasked()
