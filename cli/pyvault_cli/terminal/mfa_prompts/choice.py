"""Which driver asks: the one that was named, else the one that fits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, cast

from pyvault.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pyvault.mfa.codes import MfaRequest, MfaSource
    from pyvault.secret import Secret

TERMINAL = "terminal"
#: Tried in this order where there is no terminal; aws-vault has the same.
WITHOUT_TERMINAL = ("kdialog", "osascript", "ykman", "zenity")
NAMES = (TERMINAL, *WITHOUT_TERMINAL)


class Driver(Protocol):
    """What a module of this package offers."""

    def available(self, environ: Mapping[str, str]) -> bool:
        """Return whether it can ask here."""
        ...

    def ask(self, request: MfaRequest, environ: Mapping[str, str]) -> Secret[str]:
        """Ask for a code.

        Raises:
            UserCancelledError: the person dismissed the question.
            MfaError: no code came out.
        """
        ...


def load(name: str) -> Driver:
    """Import a driver."""
    from importlib import import_module

    return cast("Driver", import_module(f"pyvault_cli.terminal.mfa_prompts.{name}"))  # a module is its functions


def choose(
    name: str | None,
    *,
    environ: Mapping[str, str],
    beside_server: bool,
    has_terminal: bool,
    find: Callable[[str], Driver] = load,
) -> str:
    """Choose a driver.

    The terminal wins where there is one, since it is where the person is. Beside
    a credential server it comes last: there a question may come up while another
    program has the screen.

    Args:
        name: ``--prompt`` or ``AWS_VAULT_PROMPT``.
        has_terminal: this process has a controlling terminal.

    Raises:
        UsageError: there is no driver of that name.
        ConfigError: it can't ask here.
    """
    if name:
        check_name(name)
        if not find(name).available(environ):
            raise ConfigError(f"the prompt {name!r} is not available here", hint=_needs(name))
        return name
    if has_terminal and not beside_server:
        return TERMINAL
    return next((each for each in WITHOUT_TERMINAL if find(each).available(environ)), TERMINAL)


def check_name(name: str, *, given_by: str | None = None) -> None:
    """Refuse the name of a prompt that there is none of.

    Args:
        name: as it was given.
        given_by: the option or the variable.

    Raises:
        UsageError: there is no driver of that name.
    """
    if name not in NAMES:
        where = f"{given_by}: " if given_by else ""
        raise UsageError(f"{where}there is no prompt called {name!r}", hint=f"the prompts are {', '.join(NAMES)}")


def source(name: str, environ: Mapping[str, str]) -> MfaSource:
    """Return the driver as a source of codes; it is imported when it is asked."""

    def ask(request: MfaRequest) -> Secret[str]:
        return load(name).ask(request, environ)

    return ask


def _needs(name: str) -> str:
    if name == TERMINAL:
        return "it needs a controlling terminal"
    display = " and a display" if name in {"kdialog", "zenity"} else ""
    return f"it needs the program {name} on PATH{display}"
