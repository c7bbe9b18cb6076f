"""All checks, in the order in which a person has to fix things."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.errors import PyvaultError
from pyvault_cli.doctor import aws_files, environment, kept_credentials
from pyvault_cli.doctor.findings import Check, Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyvault_cli.context import Context

CHECKS = (
    Check(name="config", look=kept_credentials.config, remedy="fix the file, or move it away"),
    Check(
        name="state",
        look=kept_credentials.state,
        remedy="create the directory, or name another place with XDG_STATE_HOME",
    ),
    Check(name="backend", look=kept_credentials.backend, remedy="'pyvault backends list' shows the others"),
    Check(name="plugins", look=kept_credentials.plugins, remedy="'pyvault backends list' shows them"),
    Check(name="vault", look=kept_credentials.vault, remedy="'pyvault vault backups' shows what can be restored"),
    Check(name="unlock store", look=kept_credentials.unlock_store, remedy="'pyvault backends list' shows the others"),
    Check(name="keys", look=kept_credentials.keys, remedy="remove the variable or option, or recreate the file"),
    Check(name="d-bus", look=kept_credentials.session_bus, remedy="log in to a desktop, or choose another backend"),
    Check(name="gpg", look=kept_credentials.gpg, remedy="choose another backend"),
    Check(
        name="unlock", look=kept_credentials.unlocking, remedy="correct PYVAULT_UNLOCK_TTL or the setting unlock.ttl"
    ),
    Check(name="terminal", look=environment.terminal, remedy="run it at a terminal"),
    Check(name="aws config", look=environment.aws_config, remedy="fix the file"),
    Check(name="aws config", look=aws_files.sources, remedy="fix the file"),
    Check(name="mfa", look=aws_files.devices, remedy="name a virtual device or a hardware token"),
    Check(name="region", look=environment.region, remedy="region names look like eu-west-1"),
    Check(name="clock", look=environment.clock_skew, remedy="set the clock"),
)


def examine(context: Context) -> Iterator[Finding]:
    """Look at everything; a check that fails in a way of ours is a finding too, once for all that it stops."""
    reported: dict[str, str] = {}
    for check in CHECKS:
        try:
            yield from check.look(context)
        except PyvaultError as exc:
            if exc.message in reported:
                yield Finding(check=check.name, ok=True, message=f"not checked: {reported[exc.message]}")
            else:
                reported[exc.message] = check.name
                yield check.failed(exc)
