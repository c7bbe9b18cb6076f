"""What a command works with: its line, and the runtime that is made of it."""

from __future__ import annotations

from functools import cached_property, partial
from typing import TYPE_CHECKING

from pyvault.record import Record
from pyvault.runtime import Runtime
from pyvault_cli.commandline.aws_vault_options import options_from_flags
from pyvault_cli.terminal import output
from pyvault_cli.terminal.answers import TerminalAnswers

if TYPE_CHECKING:
    import _socket
    from collections.abc import Callable, Mapping
    from datetime import timedelta

    from pyvault.config.config_file import ConfigFile
    from pyvault.mfa.codes import MfaSource
    from pyvault.retrieval.recently_used import RecentUse
    from pyvault.secret import Secret
    from pyvault_cli.commandline.arguments import CommandLine


#: Commands that change what opens the vault, or hand out what it holds for good: they ask although it is unlocked.
ALWAYS_ASK = frozenset(
    {
        "migrate",
        "remove",
        "rotate",
        "vault accept",
        "vault cat",
        "vault export",
        "vault passwd",
        "vault rekey",
        "vault restore",
        "vault slot add",
        "vault slot list",
        "vault slot remove",
    }
)


class BegunServer(Record):
    """A server that listens for a command that runs already, and has its first answer from the warm path.

    Attributes:
        first: the session that it answers with first.
        program: a descriptor that becomes readable when the command has ended.
    """

    listener: _socket.socket
    url: str
    token: Secret[str]
    first: Secret[bytes]
    program: int


class Context(Runtime):
    """The command line, the environment, and what is opened from them.

    Attributes:
        line: the command line, with the global options.
        assumed: settings of pv-assume that the shell has and *environ* does not, with what is there instead.
        ask: answers what a backend or a command must ask.
        begun: the server for a command that runs already.
    """

    def __init__(
        self,
        line: CommandLine,
        environ: Mapping[str, str],
        assumed: Mapping[str, str | None] | None = None,
        *,
        ask: TerminalAnswers | None = None,
        begun: BegunServer | None = None,
    ) -> None:
        self.line = line
        self.begun = begun
        self.assumed = assumed or {}
        self.ask = ask or TerminalAnswers(line, environ)
        self.uses_unlocked = line.command not in ALWAYS_ASK
        self.one_command = True
        super().__init__(
            environ,
            self.ask,
            backend=line.last("--backend"),
            options=partial(options_from_flags, line),
            config_file=line.last("--config"),
        )

    def warn(self, text: str) -> None:
        """Tell the human on stderr."""
        output.warn(text)

    def wait(self, left: timedelta) -> None:
        """Wait for the next MFA code, and show for how long."""
        from pyvault_cli.terminal.progress import wait_for_next_code

        wait_for_next_code(left)

    def keep_choice(self) -> None:
        """Record the backend of the first key, and tell the human where their keys are."""
        if self.record_choice(named=True):
            output.note(f"From now on keys are kept in '{self.choice.name}'; 'pyvault backends list' shows the others.")

    def mfa_prompt(self, *, beside_server: bool = False) -> MfaSource | None:
        """Return the way to ask a person for an MFA code; None with ``--no-input``.

        Args:
            beside_server: the child of a credential server has the screen.

        Raises:
            ConfigError: the prompt that was named can't ask here.
        """
        if self.line.has("--no-input"):
            return None
        from pyvault_cli.terminal.mfa_prompts import choice, terminal

        driver = choice.choose(
            self.line.last("--prompt") or self.environ.get("AWS_VAULT_PROMPT") or self.tool_config.prompt,
            environ=self.environ,
            beside_server=beside_server,
            has_terminal=terminal.available(self.environ),
        )
        return choice.source(driver, self.environ)

    @cached_property
    def recent(self) -> RecentUse:
        """When profiles were used last; the picker shows it."""
        from pyvault.retrieval.recently_used import RecentUse

        return RecentUse(self.paths.state / "recent")

    @cached_property
    def aws_config(self) -> ConfigFile:
        """The user's AWS config file."""
        from pyvault.config.config_file import ConfigFile, find_config_path

        return ConfigFile.load(find_config_path(self.environ))

    @cached_property
    def aws_credentials(self) -> ConfigFile:
        """The shared credentials file, a layer of the profiles."""
        from pyvault.config.config_file import ConfigFile, find_credentials_path

        return ConfigFile.load(find_credentials_path(self.environ))

    def without_flags(self, drop: Callable[[str, str], bool]) -> Context:
        """Return the context of the same line without some global options, which this command means otherwise.

        Args:
            drop: decides by an option and its value.
        """
        from pyvault.record import replace

        kept = tuple((name, value) for name, value in self.line.global_options if not drop(name, value))
        return Context(replace(self.line, global_options=kept), self.environ)
