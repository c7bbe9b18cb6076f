"""Where ``add`` reads the secret of an MFA device from, and how it is kept. Never from argv."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.errors import UsageError
from pyvault.mfa.stored_totp import StoredTotp
from pyvault.mfa.totp import parse_aws_totp, totp_name
from pyvault_cli.terminal import output
from pyvault_cli.terminal.stdin import read_piped

if TYPE_CHECKING:
    from pyvault.mfa.totp import Totp
    from pyvault.secret import Secret
    from pyvault_cli.context import Context

LONGEST_INPUT = 4096  # characters; an otpauth URI has some hundred


def read(context: Context, profile: str, *, from_stdin: bool, replace: bool, serial: str | None) -> Totp:
    """Read the secret, or an otpauth URI, before anything is stored.

    Args:
        from_stdin: else the terminal, where it is not echoed.
        replace: an authenticator that is stored already may go.
        serial: of the device, if known; the profile's section is looked at too.

    Raises:
        InputRequiredError: nobody may or can be asked.
        InvalidSettingError: it is no secret, or of a device that AWS can't use.
        DeclinedError: the one stored already is to stay.
    """
    if not replace and totp_name(profile) in context.store.backend.names():
        context.ask.confirm(f"Replace the MFA device stored for '{profile}'?", option="--force")
    return parse_aws_totp(_typed(context, from_stdin=from_stdin), serial=serial or _serial_of(context, profile))


def keep(context: Context, profile: str, totp: Totp) -> None:
    """Store the authenticator, and warn of what that means."""
    StoredTotp(context.store.backend).put(profile, totp)
    output.note(f'Added an MFA device to profile "{profile}" in vault')
    output.warn(f"whoever opens this vault now has both factors of '{profile}': the key and the MFA codes")


def check(*, stdin: bool, totp: bool, totp_stdin: bool) -> None:
    """Refuse options that can't go together.

    Raises:
        UsageError: two things are to come from one place, or one from two.
    """
    if stdin and totp_stdin:
        raise UsageError("Can't use --stdin with --totp-stdin: there is one stdin")
    if totp and totp_stdin:
        raise UsageError("only one of --totp and --totp-stdin can be used")


def _typed(context: Context, *, from_stdin: bool) -> Secret[str]:
    if not from_stdin:
        terminal = context.ask.terminal("the secret of the MFA device", ("--totp-stdin", "a terminal"))
        return terminal.hidden("Enter the MFA device's secret or otpauth URI")
    return read_piped("MFA secret", LONGEST_INPUT)


def _serial_of(context: Context, profile: str) -> str | None:
    section = context.aws_config.find_profile(profile) or {}
    entry = section.get("mfa_serial")
    return entry.value if entry and entry.value else None
