"""Options that several commands have, with one meaning."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - the annotations of a command are read at run time
from typing import Annotated

from pyvault.secret import Secret
from pyvault_cli.commandline.parameters import Argument, Option

ProfileArgument = Annotated[str, Argument(metavar="PROFILE", help="the profile", show_default=False)]
OptionalProfileArgument = Annotated[str | None, Argument(metavar="[PROFILE]", help="the profile", show_default=False)]
OnlyProfilesOption = Annotated[
    list[str] | None, Option("--profile", metavar="PROFILE", help="only this one; may be repeated")
]
DurationOption = Annotated[
    str | None,
    Option(
        "-d",
        "--duration",
        metavar="TIME",
        envvar="AWS_VAULT_DURATION",
        help="how long the credentials last: 1h30m, 900s",
    ),
]
TrustEndpointOption = Annotated[
    list[str] | None,
    Option("--trust-endpoint", metavar="URL", help="an IAM or STS endpoint that is not AWS's; may be repeated"),
]
NoSessionOption = Annotated[
    bool,
    Option("-n", "--no-session", help="skip the session: use the stored keys, or the role on top of them"),
]
RegionOption = Annotated[str | None, Option("--region", metavar="REGION", help="the AWS region")]
StsRegionOption = Annotated[
    str | None,
    Option("--sts-region", metavar="REGION", help="call STS there, for regions that an account must enable"),
]
MfaTokenOption = Annotated[str | None, Option("-t", "--mfa-token", metavar="CODE", help="the MFA code to use")]
NoCacheOption = Annotated[bool, Option("--no-cache", help="neither use nor cache sessions")]
RefreshOption = Annotated[bool, Option("--refresh", help="fetch new sessions, and cache them")]
StdoutOption = Annotated[
    bool, Option("--stdout", envvar="AWS_VAULT_STDOUT", help="print the SSO page's address, open no browser")
]
PlaintextOption = Annotated[
    bool, Option("--allow-plaintext-source", help="use keys that are stored in plain text in the AWS files")
]
JsonOption = Annotated[bool, Option("--json", help="write JSON")]
KdfOption = Annotated[
    str | None,
    Option("--kdf", metavar="min|default|high", help="cost of guessing a passphrase; also PYVAULT_KDF"),
]
YesOption = Annotated[bool, Option("--yes", help="don't ask for confirmation")]


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
