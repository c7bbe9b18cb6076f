"""Where ``add`` reads the secret of an MFA device from, and how it is kept. Never from argv."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.errors import InvalidSettingError, UsageError
from pyvault.mfa.stored_totp import StoredTotp
from pyvault.mfa.totp import Algorithm, parse_totp, totp_name
from pyvault_cli.terminal import output
from pyvault_cli.terminal.stdin import read_piped

if TYPE_CHECKING:
    from pyvault.mfa.totp import Totp
    from pyvault.secret import Secret
    from pyvault_cli.context import Context

LONGEST_INPUT = 4096  # characters; an otpauth URI has some hundred
AWS_DIGITS = 6  # Source: STS API Reference, TokenCode
#: Seconds. Source: IAM User Guide, "Assign a virtual MFA device": apps after RFC 6238, with SHA-1 and 30 s.
AWS_PERIOD = 30


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
    totp = parse_totp(_typed(context, from_stdin=from_stdin), serial=serial or _serial_of(context, profile))
    if (objection := _objection_to(totp)) is not None:
        raise InvalidSettingError(f"the MFA device {objection}", hint="is it the secret of another service?")
    return totp


def _objection_to(totp: Totp) -> str | None:
    """Return why AWS would never take a code of the device; None where it may."""
    seconds = int(totp.period.total_seconds())
    if totp.digits != AWS_DIGITS:
        return f"gives codes of {totp.digits} digits, and AWS takes {AWS_DIGITS}"
    if totp.algorithm is not Algorithm.SHA1:
        return f"makes its codes with {totp.algorithm}, and AWS's devices with {Algorithm.SHA1}"
    if seconds != AWS_PERIOD:
        return f"gives a code every {seconds} s, and AWS's devices every {AWS_PERIOD} s"
    return None


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
