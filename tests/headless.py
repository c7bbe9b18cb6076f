"""A person at a machine without a desktop, whose login keeps keys in the kernel's keyring."""

from __future__ import annotations

from pathlib import Path

import pexpect

from command_line import PYVAULT, Ended, run_pyvault, variables
from pyvault.login.runtime_directory import Place

PASSPHRASE = "a green kettle"
ASKS = "passphrase for "


class Login:
    """A person whose vault only a passphrase opens, logged in on a machine without a desktop."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.runtime = home / "run"
        self.state = home / ".local/state/pyvault"
        self.runtime.mkdir(mode=0o700, exist_ok=True)
        self.environ: dict[str, str | None] = {"XDG_RUNTIME_DIR": str(self.runtime), "PYVAULT_UNLOCK_TTL": None}

    @property
    def place(self) -> Place:
        return Place(str(self.runtime), str(self.state))

    def run(self, *words: str, **env: str | None) -> Ended:
        """Run a command that nobody answers, as a job of cron is."""
        return run_pyvault(self.home, *words, env=self.environ | env)

    def at_terminal(self, *words: str, answer: str = PASSPHRASE, before: tuple[str, ...] = (), **env: str) -> str:
        """Run a command at a terminal of its own, answer what it asks, and return what was seen."""
        line = [*before, str(PYVAULT), *words]
        terminal = pexpect.spawn(
            line[0],
            line[1:],
            env=variables(self.home, self.environ | env),
            encoding="utf-8",
            timeout=30,
            dimensions=(24, 400),  # no question is broken
        )
        seen = ""
        while terminal.expect(["passphrase[^\r\n]*: ", pexpect.EOF]) == 0:
            seen += f"{terminal.before}{terminal.after}"
            terminal.sendline(answer)
        terminal.close()
        return seen + str(terminal.before)

    def is_open(self, **env: str | None) -> bool:
        """Whether a command that nobody answers opens the vault."""
        ended = self.run("vault", "entries", **env)
        assert ended.code in {0, 4}, ended.err
        return ended.code == 0
