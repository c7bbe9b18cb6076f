"""Every signal, at every prompt, in every shell: afterwards the terminal is the shell's, and has nothing of a secret."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest

from typist import HALF, HISTORIES, SECRET, SHELLS, Typist, furnish

OPENED = "PYVAULT_PASSPHRASE_FILE=$HOME/given"
#: What is typed, what is seen then, and what is typed into it: a part of a secret, or what may be seen.
PROMPTS = {
    "passphrase": ("pyvault export -n base", "passphrase for .*: ", HALF),
    "new passphrase": ("PYVAULT_FILE=$HOME/new.pyv pyvault vault init", "new passphrase.*: ", HALF),
    "MFA": (f"{OPENED} pyvault --prompt terminal export mfa", "MFA code for .*: ", "918273"),
    "MFA for a server": (f"{OPENED} pyvault --prompt terminal exec -s mfa -- true", "MFA code .*: ", "918273"),
    "confirmation": (f"{OPENED} pyvault remove base", r"\(y\|N\): ", "yes"),
    "picker": (f"{OPENED} pyvault export", "profile:", "mfa"),
}
SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGKILL", "SIGTSTP", "SIGCONT")
ORDERLY = {"echo", "icanon", "isig"}
#: After SIGKILL, which no program can answer: the modes of the question stay, as far as the shell has none of its own.
HIDDEN = [{"-echo", "-icanon", "isig"}]
LEFT = {
    "passphrase": HIDDEN,
    "new passphrase": HIDDEN,
    "picker": [{"-echo", "-icanon", "-isig"}, {"echo", "icanon", "-isig"}],
}


def table() -> Iterator[object]:
    """Give all of it; the short form has every signal with half the prompts, each in another shell."""
    for (s, name), (p, prompt), (n, shell) in product(enumerate(SIGNALS), enumerate(PROMPTS), enumerate(SHELLS)):
        short = (s + p) % 2 == 0 and (s + 2 * p) % len(SHELLS) == n
        yield pytest.param(name, prompt, shell, marks=() if short else pytest.mark.slow)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("typist")
    furnish(place)
    return place


@pytest.mark.parametrize(("name", "prompt", "shell"), list(table()))
def test_a_signal_leaves_the_terminal_to_the_shell(home: Path, name: str, prompt: str, shell: str) -> None:
    command, shown, typed = PROMPTS[prompt]
    words = command.partition("pyvault ")[2]
    for kept in HISTORIES:
        (home / kept).unlink(missing_ok=True)
    somebody = Typist(shell, home)
    try:
        somebody.enter(command)
        somebody.wait_for(shown)
        somebody.type(typed)
        if name in {"SIGTSTP", "SIGCONT"}:
            stop_and_go_on(somebody, words, shown, typed, in_background=name == "SIGCONT")
        else:
            somebody.send_signal(signal.Signals[name], words)
        somebody.wait_until_over(words)
        if name == "SIGKILL":
            mend(somebody, [ORDERLY, *LEFT.get(prompt, [])])
        assert_in_order(somebody)
        kept = somebody.exit()
        assert somebody.echoed() == 0
        assert typed not in kept.replace(command, "")
        if shell in {"bash", "zsh", "fish"}:  # the others keep no history
            assert words in kept
        found = [file for file in home.rglob("*") if file.is_file() and SECRET[:4].encode() in file.read_bytes()]
        assert found == [home / "given"]
    finally:
        somebody.leave()


def stop_and_go_on(somebody: Typist, words: str, shown: str, typed: str, *, in_background: bool) -> None:
    """Stop it, go on in the background if that is wanted, and in the foreground; then Ctrl-C."""
    somebody.send_signal(signal.SIGTSTP, words)
    assert_in_order(somebody)
    if in_background:
        somebody.send_signal(signal.SIGCONT, words)
        assert_in_order(somebody)
    somebody.enter("fg")
    somebody.wait_for(shown)
    somebody.type(typed)
    somebody.type("\x03")


def mend(somebody: Typist, left: list[set[str]]) -> None:
    """Look at the modes, and do what a person does: rub out what was no secret; Enter is no newline in raw mode."""
    somebody.type("\x15\n")
    assert somebody.modes("\n") in left
    somebody.type("stty sane\n")


def assert_in_order(somebody: Typist) -> None:
    somebody.settle()
    assert somebody.has_foreground()
    assert somebody.modes() == ORDERLY
    somebody.enter('sh -c \'echo re""ady; read word; echo "<$word>"\'')
    somebody.wait_for(r"ready\r?\n")
    somebody.type("bob\r")
    somebody.wait_for(r"bob\r?\n<bob>")
