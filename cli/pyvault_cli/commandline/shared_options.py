"""Options that several commands have, with one meaning."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads the annotations of a callback
from typing import Annotated

import typer

from pyvault.secret import Secret

ProfileArgument = Annotated[str, typer.Argument(metavar="PROFILE", help="the profile", show_default=False)]
OptionalProfileArgument = Annotated[
    str | None, typer.Argument(metavar="[PROFILE]", help="the profile", show_default=False)
]
OnlyProfilesOption = Annotated[
    list[str] | None, typer.Option("--profile", metavar="PROFILE", help="only this one; may be repeated")
]
DurationOption = Annotated[
    str | None,
    typer.Option(
        "-d",
        "--duration",
        metavar="TIME",
        envvar="AWS_VAULT_DURATION",
        help="how long the credentials last: 1h30m, 900s",
    ),
]
NoSessionOption = Annotated[
    bool,
    typer.Option("-n", "--no-session", help="skip the session: use the stored keys, or the role on top of them"),
]
RegionOption = Annotated[str | None, typer.Option("--region", metavar="REGION", help="the AWS region")]
StsRegionOption = Annotated[
    str | None,
    typer.Option("--sts-region", metavar="REGION", help="call STS there, for regions that an account must enable"),
]
MfaTokenOption = Annotated[str | None, typer.Option("-t", "--mfa-token", metavar="CODE", help="the MFA code to use")]
NoCacheOption = Annotated[bool, typer.Option("--no-cache", help="neither use nor cache sessions")]
RefreshOption = Annotated[bool, typer.Option("--refresh", help="fetch new sessions, and cache them")]
StdoutOption = Annotated[
    bool, typer.Option("--stdout", envvar="AWS_VAULT_STDOUT", help="print the SSO page's address, open no browser")
]
PlaintextOption = Annotated[
    bool, typer.Option("--allow-plaintext-source", help="use keys that are stored in plain text in the AWS files")
]
JsonOption = Annotated[bool, typer.Option("--json", help="write JSON")]
KdfOption = Annotated[
    str | None,
    typer.Option("--kdf", metavar="min|default|high", help="cost of guessing a passphrase; also PYVAULT_KDF"),
]
YesOption = Annotated[bool, typer.Option("--yes", help="don't ask for confirmation")]


def secret(text: str | None) -> Secret[str] | None:
    """Return an option's value as a secret."""
    return Secret(text) if text else None


def not_the_key(value: Path | None) -> Path | None:
    """Refuse the content of a key file in the place of its path; the callback of ``--keyfile``.

    Raises:
        InvalidSettingError: it is the key itself.
    """
    if value is not None:
        from pyvault.vaultfile.disk.secret_file import refuse_key_as_path

        refuse_key_as_path(value, "--keyfile")
    return value
