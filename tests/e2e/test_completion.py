"""Tab in real interactive shells: commands and profile names, and nothing is unlocked for them."""

from __future__ import annotations

import re
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest

from fake_aws.client import FakeAws
from person import Person

START = {
    "bash": (
        ["--norc", "--noprofile", "-i"],
        'PS1="> "; set -u; eval "$(pyvault shell-init bash)"; alias pve="pyvault exec"; complete -o default -F _pyvault pve',
    ),
    "zsh": (
        ["-f", "-i"],
        (
            'PS1="> "; bindkey -e; autoload -Uz compinit; compinit -u -d "$HOME/dump"; '
            'eval "$(pyvault shell-init zsh)"; alias pve="pyvault exec"'
        ),
    ),
    "fish": (
        ["--no-config", "-i"],
        'function fish_prompt; echo -n "> "; end; pyvault shell-init fish | source; alias pve "pyvault exec"',
    ),
}
SHELLS = [pytest.param(shell, marks=pytest.mark.peer(shell)) for shell in START]

#: What is typed, the end of what Tab makes of it, and the words that the shell then has.
TABS = [
    ("exec pro", "d-eu", ["exec", "prod-eu"]),
    ("exec a", " b", ["exec", "a b"]),
    ("exec org:t", "eam:dev", ["exec", "org:team:dev"]),
    ("exec x", "pwned\\)", ["exec", "x$(touch pwned)"]),
    ("vault sl", "ot", ["vault", "slot"]),
    ("export --format export", "-env", ["export", "--format", "export-env"]),
    ("exec prod-eu -- cat read", "me.txt", ["exec", "prod-eu", "--", "cat", "readme.txt"]),
    ("exec prod-eu -- mkfi", "fo", ["exec", "prod-eu", "--", "mkfifo"]),
    ("exec prod-eu mkfi", "fo", ["exec", "prod-eu", "mkfifo"]),
    ("exec -d 1h org:team:dev cat read", "me.txt", ["exec", "-d", "1h", "org:team:dev", "cat", "readme.txt"]),
    ("exec 'a b' --region=eu-west-1 mkfi", "fo", ["exec", "a b", "--region=eu-west-1", "mkfifo"]),
    ("exec prod-eu --no-ca", "che", ["exec", "prod-eu", "--no-cache"]),
    ("exec prod-eu env exec -- read", "me.txt", ["exec", "prod-eu", "env", "exec", "--", "readme.txt"]),
    ("exec a\\ ", "b", ["exec", "a b"]),
    ('exec "a ', 'b"', ["exec", "a b"]),
    ("exec 'a ", "b'", ["exec", "a b"]),
    ("exec 'org:t", "eam:dev'", ["exec", "org:team:dev"]),
    ("exec 'x$(t", "ouch pwned)'", ["exec", "x$(touch pwned)"]),
    ("exec --region=eu-west-1 'a ", "b'", ["exec", "--region=eu-west-1", "a b"]),
    ("exec \"a b\" -d 1h 'cat' read", "me.txt", ["exec", "a b", "-d", "1h", "cat", "readme.txt"]),
    ("--backend wi", "ncred", ["--backend", "wincred"]),
]
#: After a user's own name for ``pyvault exec``.
ALIAS_TABS = [
    ("pro", "d-eu", ["prod-eu"]),
    ("'a ", "b'", ["a b"]),
    ("prod-eu mkfi", "fo", ["prod-eu", "mkfifo"]),
    ("--region=eu-west-1 prod-eu cat read", "me.txt", ["--region=eu-west-1", "prod-eu", "cat", "readme.txt"]),
]
ASSUME_TABS = [
    ("pro", "d-eu", ["prod-eu"]),
    ("--no-sess", "ion", ["--no-session"]),
]
TO_THE_BEGINNING, TO_THE_END, RETURN = "\x01", "\x05", "\r"


class Terminal:
    """An interactive shell that has read what ``shell-init`` gives."""

    def __init__(self, person: Person, shell: str) -> None:
        words, script = START[shell]
        self.child = pexpect.spawn(
            shutil.which(shell) or shell,
            words,
            env=person.environ,
            cwd=str(person.home),
            encoding="utf-8",
            timeout=30,
            dimensions=(40, 200),
        )
        self.child.delaybeforesend = None
        self.child.sendline(f"{script}; echo rea''dy")
        self.child.expect("ready\r\n")

    def complete(self, typed: str, *, then: str, program: str = "pyvault") -> tuple[list[str], str]:
        """Type, press Tab, wait for what it adds; give the words of the line, and all that was shown."""
        for key in f"{program} {typed}\t":
            self.child.send(key)
            time.sleep(0.02)  # as a fast typist: a line editor may read what comes at once as a paste
        self.child.expect_exact(then)
        shown = str(self.child.before)
        # A last word of ours: what is printed may come in pieces.
        self.child.send(f"{TO_THE_BEGINNING}printf '<%s>' {TO_THE_END} END{RETURN}")
        self.child.expect(rf"<{program}>(<[^\r\n]*>)*<END>")
        shown += str(self.child.before)
        return re.findall("<([^>]*)>", str(self.child.match[0]))[1:-1], shown


@pytest.fixture
def person(fake_aws: FakeAws, tmp_path: Path) -> Person:
    """Somebody whose vault needs a passphrase that nothing gives."""
    someone = Person(fake_aws, tmp_path)
    del someone.environ["PYVAULT_KEYFILE"]
    someone.environ |= {"HOME": str(tmp_path), "TERM": "dumb", "PYVAULT_KDF": "min", "HISTFILE": "/dev/null"}
    made = someone.run("pyvault", "vault", "init", PYVAULT_NEW_PASSPHRASE="correct horse battery")
    assert made.returncode == 0, made.stderr
    (tmp_path / "readme.txt").touch()
    names = ["prod-eu", "a b", "org:team:dev", "x$(touch pwned)", "*"]
    someone.config("".join(f"[profile {name}]\nregion = eu-west-1\n" for name in names))
    return someone


@pytest.fixture(params=SHELLS)
def terminal(request: pytest.FixtureRequest, person: Person) -> Iterator[Terminal]:
    one = Terminal(person, request.param)
    yield one
    one.child.close(force=True)


def test_tab_completes_and_quotes_and_never_asks_for_the_passphrase(terminal: Terminal, person: Person) -> None:
    for typed, then, words in TABS:
        seen, shown = terminal.complete(typed, then=then)
        assert seen == words
        assert "assphrase" not in shown
    for typed, then, words in ASSUME_TABS:
        assert terminal.complete(typed, then=then, program="pv-assume")[0] == words
    for typed, then, words in ALIAS_TABS:
        assert terminal.complete(typed, then=then, program="pve")[0] == words
    assert not (person.home / "pwned").exists()
    terminal.child.sendline("pyvault list")  # which does have to open the same vault
    terminal.child.expect("passphrase for")


def test_a_completion_does_not_even_load_what_opens_a_store(person: Person) -> None:
    def loaded(*words: str) -> set[str]:
        program = str(shutil.which("pyvault", path=person.environ["PATH"]))
        shown = person.run(sys.executable, "-X", "importtime", program, *words).stderr
        return {line.rpartition("|")[2].strip() for line in shown.splitlines()}

    openers = {"pyvault.storage.registry", "pyvault.vaultfile.vault"}
    assert not openers & loaded("complete", "--", "exec", "pro")
    assert openers <= loaded("list")
