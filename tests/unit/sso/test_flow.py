"""Which kind of sign-in is chosen where."""

from __future__ import annotations

import pytest

from pyvault.errors import InvalidSettingError
from pyvault.sso.flow import choose_flow
from pyvault.sso.oidc import Flow

DESKTOP = {"DISPLAY": ":0"}


def choice(
    environ: dict[str, str],
    *,
    asked: Flow | None = None,
    print_only: bool = False,
    platform: str = "linux",
    files: tuple[str, ...] = (),
) -> tuple[Flow, str]:
    chosen = choose_flow(
        asked=asked, print_only=print_only, environ=environ, platform=platform, exists=files.__contains__
    )
    return chosen.flow, chosen.why


@pytest.mark.parametrize(
    ("environ", "platform"),
    [(DESKTOP, "linux"), ({"WAYLAND_DISPLAY": "wayland-0"}, "linux"), ({"BROWSER": "x"}, "linux"), ({}, "darwin")],
)
def test_deviation_13_a_browser_on_this_machine_means_pkce(environ: dict[str, str], platform: str) -> None:
    assert choice(environ, platform=platform)[0] is Flow.BROWSER


@pytest.mark.parametrize(
    ("environ", "files", "why"),
    [
        (DESKTOP | {"SSH_CONNECTION": "1 2 3 4"}, (), "this is an SSH session (SSH_CONNECTION is set)"),
        (DESKTOP | {"SSH_TTY": "/dev/pts/0"}, (), "this is an SSH session (SSH_TTY is set)"),
        (DESKTOP | {"container": "podman"}, (), "this is a container (container is set)"),
        (DESKTOP, ("/.dockerenv",), "this is a container (/.dockerenv exists)"),
        (DESKTOP | {"WSL_DISTRO_NAME": "Debian"}, (), "the browser runs outside this Linux (WSL_DISTRO_NAME is set)"),
        (DESKTOP | {"AWS_EXECUTION_ENV": "CloudShell"}, (), "this is AWS CloudShell"),
        ({}, (), "there is no display"),
        ({"SSH_TTY": ""}, (), "there is no display"),
    ],
)
def test_deviation_13_elsewhere_it_is_the_device_code(
    environ: dict[str, str], files: tuple[str, ...], why: str
) -> None:
    assert choice(environ, files=files) == (Flow.DEVICE, why)


def test_what_is_asked_for_wins() -> None:
    assert choice(DESKTOP, asked=Flow.DEVICE) == (Flow.DEVICE, "asked for")
    assert choice({"SSH_TTY": "x"}, asked=Flow.BROWSER) == (Flow.BROWSER, "asked for")
    assert choice({"SSH_TTY": "x", "PYVAULT_SSO_FLOW": "browser"}) == (Flow.BROWSER, "asked for")
    assert choice(DESKTOP | {"PYVAULT_SSO_FLOW": "browser"}, asked=Flow.DEVICE)[0] is Flow.DEVICE
    with pytest.raises(InvalidSettingError, match="'PYVAULT_SSO_FLOW' is 'pkce'"):
        choice({"PYVAULT_SSO_FLOW": "pkce"})


def test_printing_the_address_needs_no_display_but_a_browser_on_this_machine() -> None:
    assert choice({}, print_only=True)[0] is Flow.BROWSER
    assert choice({"SSH_TTY": "/dev/pts/0"}, print_only=True)[0] is Flow.DEVICE
