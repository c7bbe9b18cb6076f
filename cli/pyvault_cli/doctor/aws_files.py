"""What in the shared AWS files is in a program's way, or names a device that AWS takes no codes of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault_cli.doctor.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyvault_cli.context import Context

CLIENTS = "clients of 'pyvault server' must have no credentials in [default] of their own AWS files, read first"


def sources(context: Context) -> Iterator[Finding]:
    """Every key that programs take before a server, some of them even before the environment."""
    from pyvault.sharedfiles.obstacles import find_obstacles, is_source
    from pyvault_cli.credentials.shared_config import FILES_FIRST, FLAG, seen_files

    obstacles = find_obstacles(*seen_files(context.environ))
    hint = f"move it to a named profile, or use exec {FLAG}"
    for obstacle in obstacles:  # it is no mistake in the files, so nothing is broken
        who = "programs beside a server" + (f" and {FILES_FIRST}" if is_source(obstacle.key) else "")
        yield Finding(check="aws config", ok=True, message=f"{obstacle} takes precedence for {who}", hint=hint)
    yield Finding(check="aws config", ok=True, message=CLIENTS)


def devices(context: Context) -> Iterator[Finding]:
    """Every ``mfa_serial`` that can't be one, in the files and in AWS_MFA_SERIAL."""
    from pyvault.config.config_file import ConfigFile, find_credentials_path
    from pyvault.config.values import objection_to
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
        message = "every mfa_serial is well-formed" if named else "no profile names an MFA device"
        yield Finding(check="mfa", ok=True, message=message)
