"""The MFA devices that profiles name: one that AWS takes codes of, each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault_cli.checkup.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyvault_cli.context import Context


def devices(context: Context) -> Iterator[Finding]:
    """Every ``mfa_serial`` that can't be one, in the files and in AWS_MFA_SERIAL."""
    from pyvault.config.file import ConfigFile, find_credentials_path
    from pyvault.config.mfa_serial import objection_to
    from pyvault.planning.limits import DEVICES

    config, credentials = context.aws_config, ConfigFile.load(find_credentials_path(context.environ))
    named: dict[str, str] = {}
    for name in config.profiles():
        for section in (config.find_profile(name), credentials.find_plain_section(name)):
            entry = section.get("mfa_serial") if section else None
            if entry is not None and entry.value:
                named[f'"{entry.path}", line {entry.line}: mfa_serial of profile {name!r}'] = entry.value
    if variable := context.environ.get("AWS_MFA_SERIAL"):
        named["AWS_MFA_SERIAL"] = variable
    wrong = {place: what for place, serial in named.items() if (what := objection_to(serial))}
    for place, what in wrong.items():
        yield Finding(check="mfa", ok=False, message=f"{place}: {named[place]!r} {what}", hint=DEVICES)
    if not wrong:
        message = "every mfa_serial can be one" if named else "no profile names an MFA device"
        yield Finding(check="mfa", ok=True, message=message)
