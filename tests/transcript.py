r"""Transcripts: what a person types and sees, as a text file that is a test.

After the idea of Go's testscript. One directive a line, ``#`` begins a comment::

    env NAME=VALUE              for the commands that follow; ``env -NAME`` takes it away
    exec PROGRAM WORDS...       must succeed; ``! exec`` must fail
    exit 3                      the exit code of the last command
    stdout REGEX                some text of its stdout; ``! stdout REGEX`` none
    stderr REGEX                the same
    cmp stdout FILE             its stdout, exactly
    cmp-file FILE FILE          the same text, blank ends aside
    stdin FILE                  of the next command; else it is empty
    tty REGEX => TEXT           the next command has a terminal: when this is seen there, type that
    seen REGEX, ! seen REGEX    all that the last command's terminal showed
    exists FILE, ! exists FILE
    mode 600 FILE

``-- NAME --`` begins a file, up to the next one. ``$WORK`` is the directory
of the run, where HOME is too; ``$TESTS`` is the directory of the tests.
"""

from __future__ import annotations

import os
import pty
import re
import select
import shlex
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import starts

PATIENCE = 60.0  # seconds until a command counts as hanging
FILE_MARK = re.compile(r"^-- (.+) --\n", re.MULTILINE)


@dataclass(slots=True, kw_only=True)
class Run:
    """One transcript being run."""

    work: Path
    environ: dict[str, str]
    code: int = 0
    shown: dict[str, str] = field(default_factory=dict[str, str])
    stdin: Path | None = None
    answers: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    def play(self, text: str) -> None:
        script, *files = FILE_MARK.split(text)
        for name, content in zip(files[::2], files[1::2], strict=True):
            path = self.work / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(self.filled(content))
        for number, line in enumerate(script.splitlines(), start=1):
            if line.strip() and not line.startswith("#"):
                try:
                    self.obey(line)
                except AssertionError as exc:
                    told = "".join(f"\n[{name}]\n{shown}" for name, shown in self.shown.items())
                    raise AssertionError(f"line {number}: {line}\n{exc}\n[exit code {self.code}]{told}") from None
        assert not self.answers, "a tty line without a command"

    def filled(self, text: str) -> str:
        return text.replace("$WORK", str(self.work)).replace("$TESTS", str(Path(__file__).parent))

    def obey(self, line: str) -> None:
        expected = not line.startswith("! ")
        directive, _, rest = line.removeprefix("! ").strip().partition(" ")
        rest = self.filled(rest.strip())
        match directive:
            case "exec":
                self.execute(shlex.split(rest))
                assert (self.code == 0) is expected, f"exit code {self.code}"
            case "stdout" | "stderr" | "seen":
                found = re.search(rest, self.shown[directive], re.MULTILINE) is not None
                assert found is expected, "not found" if expected else "found"
            case "exists":
                assert (self.work / rest).exists() is expected
            case "env" | "stdin" | "tty":
                self.prepare(directive, rest)
            case _:
                self.compare(directive, rest)

    def prepare(self, directive: str, rest: str) -> None:
        """Set something up for the commands that follow."""
        if directive == "env":
            self.set_variable(rest)
        elif directive == "stdin":
            self.stdin = self.work / rest
        else:
            prompt, _, answer = rest.partition("=>")
            self.answers.append((prompt.strip(), answer.strip()))

    def compare(self, directive: str, rest: str) -> None:
        """Compare what is with what shall be."""
        match directive:
            case "exit":
                assert self.code == int(rest), f"exit code {self.code}"
            case "cmp":
                stream, name = rest.split()
                assert self.shown[stream] == (self.work / name).read_text()
            case "cmp-file":
                first, second = rest.split()
                assert (self.work / first).read_text().strip() == (self.work / second).read_text().strip()
            case "mode":
                mode, name = rest.split()
                assert oct((self.work / name).stat().st_mode & 0o777) == f"0o{mode}"
            case _:
                raise AssertionError("no such directive")

    def set_variable(self, text: str) -> None:
        if text.startswith("-"):
            self.environ.pop(text[1:], None)
            return
        name, _, value = text.partition("=")
        self.environ[name] = value

    def execute(self, command: list[str]) -> None:
        """Run a command whose stdin, stdout and stderr are never the terminal."""
        master, slave = pty.openpty()
        try:
            with (
                (self.work / ".stdout").open("w+b") as out,
                (self.work / ".stderr").open("w+b") as err,
                (self.stdin or Path(os.devnull)).open("rb") as given,
            ):
                child = starts.Popen(
                    command,
                    terminal=os.ttyname(slave) if self.answers else "-",
                    stdin=given,
                    stdout=out,
                    stderr=err,
                    cwd=self.work,
                    env=self.environ,
                )
                self.shown["seen"] = converse(master, child, self.answers)
                self.code = child.wait(PATIENCE)
                for name, stream in (("stdout", out), ("stderr", err)):
                    stream.seek(0)
                    self.shown[name] = stream.read().decode(errors="backslashreplace")
        finally:
            os.close(master)
            os.close(slave)
        self.answers, self.stdin = [], None


def converse(master: int, child: subprocess.Popen[bytes], answers: list[tuple[str, str]]) -> str:
    """Type each answer when its prompt is seen; give all that the terminal showed."""
    seen, looked = "", 0
    end = time.monotonic() + PATIENCE
    for prompt, answer in answers:
        while (found := re.search(prompt, seen[looked:])) is None:
            if time.monotonic() > end:
                child.kill()
                raise AssertionError(f"hangs without asking {prompt!r}; the terminal showed {seen!r}")
            ready, _, _ = select.select([master], [], [], 0.05)
            if ready:
                seen += os.read(master, 4096).decode(errors="backslashreplace")
            elif child.poll() is not None:
                raise AssertionError(f"ended without asking {prompt!r}; the terminal showed {seen!r}")
        looked += found.end()
        os.write(master, answer.encode().replace(b"^C", b"\x03").replace(b"^D", b"\x04") + b"\n" * ("^" not in answer))
    child.wait(PATIENCE)
    while select.select([master], [], [], 0.05)[0]:
        seen += os.read(master, 4096).decode(errors="backslashreplace")
    return seen
