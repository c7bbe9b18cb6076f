"""What the words of a command line mean, before any parser sees them. Pure.

Three rules that no option parser has:

1. argv is split at the first ``--`` before anything is looked at.
2. Global options may stand anywhere to the left of it, before or after the
   command: ``pyvault --debug list`` is ``pyvault list --debug``.
3. For ``exec`` the first word after PROFILE begins the child's command, and
   nothing from there on is ours, not even a later ``--``. ``exec -- CMD``
   leaves PROFILE empty: CMD is never taken for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.errors import UsageError
from pyvault.record import MutableRecord, Record, field

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

#: Global options with a value, with what the help calls it.
VALUED = {
    "--backend": "NAME",
    "--backend-option": "K=V",
    "--passphrase-fd": "N",
    "--new-passphrase-fd": "N",
    "--config": "FILE",
    "--prompt": "NAME",
    "--slot": "SLOT",
    # aws-vault's names for what are backend options here
    "--keychain": "NAME",
    "--secret-service-collection": "NAME",
    "--pass-dir": "DIR",
    "--pass-cmd": "PROGRAM",
    "--pass-prefix": "NAME",
    "--file-dir": "DIR",
}
#: Values that name a place: an empty one is a variable of a script that was not set.
NEVER_EMPTY = frozenset({"FILE", "DIR", "ADDR:PORT", "REGION"})
SWITCHES = ("--no-input", "--weak-passphrase", "--debug", "--version")
#: The flags of aws-vault whose parser takes ``--no-FLAG`` too, and that have nothing to turn off here.
OFF_ANYWAY = frozenset({"--no-biometrics"})
HELP = ("--help", "-h")


class CommandLine(Record):
    """One command line, taken apart.

    Attributes:
        command: the path of the command, ``vault slot add``; of a group, or
            empty, when the line names no command.
        global_options: in the order given; a switch has the value "".
        args: what the command's own parser gets.
        child_argv: for ``exec``: the command to run, unchanged.
        wants_help: ``--help`` stood where no command had been named yet.
    """

    command: str = ""
    global_options: tuple[tuple[str, str], ...] = ()
    args: tuple[str, ...] = ()
    child_argv: tuple[str, ...] = ()
    wants_help: bool = False

    def last(self, option: str) -> str | None:
        """Return the value of a global option; the last one wins."""
        return next((value for name, value in reversed(self.global_options) if name == option), None)

    def every(self, option: str) -> tuple[str, ...]:
        """Return all values of a global option that may be repeated."""
        return tuple(value for name, value in self.global_options if name == option)

    def has(self, switch: str) -> bool:
        """Return whether a switch was given."""
        return any(name == switch for name, _ in self.global_options)


def split(
    argv: Sequence[str],
    *,
    menu: Collection[str],
    aliases: dict[str, str],
    valued: Callable[[str], Collection[str]],
) -> CommandLine:
    """Take a command line apart.

    Args:
        argv: the words after the program's name.
        menu: the paths of all commands.
        aliases: other names of first words.
        valued: the options of a command, long and short, that take a value.
            Called once, when the command is known.

    Raises:
        UsageError: an unknown command, or a global option without its value.
    """
    cut = argv.index("--") if "--" in argv else len(argv)
    scan = _Scan(left=list(argv[:cut]), menu=menu, aliases=aliases, valued=valued)
    while scan.left:
        scan.step()
    args, child_argv = scan.args, scan.child_argv
    tail = list(argv[cut:])  # with its "--"
    if scan.command == "exec":
        child_argv = child_argv + tail if child_argv else tail[1:]
    else:
        args = args + tail
    return CommandLine(
        command=scan.command,
        global_options=tuple(scan.global_options),
        args=tuple(args),
        child_argv=tuple(child_argv),
        wants_help=scan.wants_help,
    )


class _Scan(MutableRecord):
    """The words left to look at, and what has been made of the others."""

    left: list[str]
    menu: Collection[str]
    aliases: dict[str, str]
    valued: Callable[[str], Collection[str]]
    command: str = ""
    leaf: bool = False
    takes_value: Collection[str] = ()
    profile_seen: bool = False
    wants_help: bool = False
    global_options: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    args: list[str] = field(default_factory=list[str])
    child_argv: list[str] = field(default_factory=list[str])

    def step(self) -> None:
        word = self.left.pop(0)
        if not _is_option(word):
            self.positional(word)
            return
        name, equals, inline = word.partition("=")
        if name in SWITCHES and not equals:
            self.global_options.append((name, ""))
        elif not equals and (switch := negated(name)) in SWITCHES:
            self.global_options = [
                one for one in self.global_options if one[0] != switch
            ]  # the last word about it counts
        elif name in OFF_ANYWAY and not equals:
            pass
        elif name in VALUED:
            value = inline if equals else self.value_of(name)
            if not value and VALUED[name] in NEVER_EMPTY:
                raise empty_value(name)
            self.global_options.append((name, value))
        elif self.leaf:
            self.args.append(word)
            if _wants_next_word(word, self.takes_value) and self.left:
                self.args.append(self.left.pop(0))
        elif word in HELP:
            self.wants_help = True
        else:
            where = f"'pyvault {self.command}'" if self.command else "pyvault"
            from pyvault_cli.commandline.suggestions import meant

            hint = f"{meant(name, {*VALUED, *SWITCHES, *HELP})}'pyvault --help' lists the options"
            raise UsageError(f"{where} has no option '{name}'", hint=hint)

    def value_of(self, name: str) -> str:
        if not self.left:
            raise UsageError(f"the option '{name}' needs a value")
        return self.left.pop(0)

    def positional(self, word: str) -> None:
        if not self.leaf:
            self.descend(word)
        elif self.command == "exec" and self.profile_seen:
            self.child_argv = [word, *self.left]
            self.left.clear()
        else:
            self.profile_seen = True
            self.args.append(word)

    def descend(self, word: str) -> None:
        path = f"{self.command} {word}" if self.command else self.aliases.get(word, word)
        if path in self.menu:
            self.leaf = True
            self.takes_value = self.valued(path)
        elif not any(known.startswith(f"{path} ") for known in self.menu):
            from pyvault_cli.commandline.suggestions import command_meant

            hint = f"{command_meant(path, {*self.menu, *self.aliases})}'pyvault --help' lists the commands"
            raise UsageError(f"there is no command '{path}'", hint=hint)
        self.command = path


def negated(name: str) -> str:
    """Return the switch that ``--no-SWITCH`` turns off; empty if it is none."""
    return f"--{name.removeprefix('--no-')}" if name.startswith("--no-") else ""


def empty_value(name: str) -> UsageError:
    """Return the error for an option that names a place and was given none."""
    return UsageError(f"the value of '{name}' is empty")


def find_empty(args: Sequence[str], never_empty: Collection[str]) -> str | None:
    """Find an option whose value is empty and may not be, among the words of a command."""
    for position, word in enumerate(args):
        if word == "--":
            return None
        name, equals, inline = word.partition("=")
        value = inline if equals else next(iter(args[position + 1 :]), None)
        if name in never_empty and value == "":
            return name
    return None


def _is_option(word: str) -> bool:
    return len(word) > 1 and word.startswith("-")


def _wants_next_word(word: str, takes_value: Collection[str]) -> bool:
    """Return whether the value of this option is the word after it: ``-d 1h``, ``-nd 1h``, not ``-d1h``."""
    if word.startswith("--"):
        return "=" not in word and word in takes_value
    for position, letter in enumerate(word[1:], start=1):
        if f"-{letter}" in takes_value:
            return position == len(word) - 1
    return False
