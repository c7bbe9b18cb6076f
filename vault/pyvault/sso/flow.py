"""Decide how a person signs in: with a browser that can reach this machine, or with a device code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.errors import InvalidSettingError
from pyvault.record import Record
from pyvault.sso.oidc import Flow

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

VARIABLE = "PYVAULT_SSO_FLOW"
SSH_VARIABLES = ("SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY")
CONTAINER_VARIABLES = ("container", "KUBERNETES_SERVICE_HOST", "CODESPACES", "REMOTE_CONTAINERS", "GITPOD_WORKSPACE_ID")
CONTAINER_FILES = ("/.dockerenv", "/run/.containerenv")
DISPLAY_VARIABLES = ("DISPLAY", "WAYLAND_DISPLAY")
WSL_VARIABLES = ("WSL_DISTRO_NAME", "WSL_INTEROP")
#: Set where ``$BROWSER`` is a program of an editor that opens the page on another machine.
EDITOR_VARIABLES = ("VSCODE_IPC_HOOK_CLI", "CODESPACES", "REMOTE_CONTAINERS", "GITPOD_WORKSPACE_ID")


class FlowChoice(Record):
    """How to sign in, and why."""

    flow: Flow
    why: str


def choose_flow(
    *,
    asked: Flow | None,
    print_only: bool,
    environ: Mapping[str, str],
    platform: str,
    exists: Callable[[str], bool],
) -> FlowChoice:
    """Choose the authorization code with PKCE if the browser's redirect can arrive here.

    A loopback redirect reaches this machine only from a browser that runs on
    it; over SSH, in a container or without a display it would hang until it
    times out. Who knows better (a container with forwarded ports) can say so.

    Args:
        asked: what the person wants; None for ``PYVAULT_SSO_FLOW``, else this choice.
        print_only: the person opens the address, so a missing display is no obstacle.
        platform: as ``sys.platform`` says.
        exists: whether a path exists.

    Raises:
        InvalidSettingError: ``PYVAULT_SSO_FLOW`` is neither browser nor device.
    """
    if asked := asked or _configured(environ):
        return FlowChoice(flow=asked, why="asked for")
    if obstacle := _obstacle(environ, platform, exists, print_only=print_only):
        return FlowChoice(flow=Flow.DEVICE, why=obstacle)
    return FlowChoice(flow=Flow.BROWSER, why="a browser can reach this machine")


def browser_is_elsewhere(environ: Mapping[str, str]) -> bool:
    """Return whether the browser that this environment starts runs where our files can't be read."""
    return _first_set(environ, (*WSL_VARIABLES, *EDITOR_VARIABLES)) is not None


def _configured(environ: Mapping[str, str]) -> Flow | None:
    text = environ.get(VARIABLE)
    if not text:
        return None
    if text not in set(Flow):
        raise InvalidSettingError(f"'{VARIABLE}' is {text!r}, which is neither 'browser' nor 'device'")
    return Flow(text)


def _obstacle(
    environ: Mapping[str, str], platform: str, exists: Callable[[str], bool], *, print_only: bool
) -> str | None:
    signs = {
        "this is an SSH session": SSH_VARIABLES,
        "this is a container": CONTAINER_VARIABLES,
        "the browser runs outside this Linux": WSL_VARIABLES,
    }
    for meaning, names in signs.items():
        if name := _first_set(environ, names):
            return f"{meaning} ({name} is set)"
    if environ.get("AWS_EXECUTION_ENV") == "CloudShell":
        return "this is AWS CloudShell"
    if path := next((path for path in CONTAINER_FILES if exists(path)), None):
        return f"this is a container ({path} exists)"
    has_browser = platform in {"darwin", "win32"} or environ.get("BROWSER") or _first_set(environ, DISPLAY_VARIABLES)
    return None if has_browser or print_only else "there is no display"


def _first_set(environ: Mapping[str, str], names: tuple[str, ...]) -> str | None:
    return next((name for name in names if environ.get(name)), None)
