"""Options that several commands have, with one meaning."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pyvault.secret import Secret
from pyvault_cli.commandline.parameters import Argument, Option

if TYPE_CHECKING:
    from pyvault.planning.narrowing import Narrowing

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
PolicyFileOption = Annotated[
    Path | None,
    Option(
        "--policy-file", metavar="FILE", help="narrow the session by the policy in this file: JSON, 2048 characters"
    ),
]
PolicyArnOption = Annotated[
    list[str] | None,
    Option("--policy-arn", metavar="ARN", help="narrow the session by this managed policy; up to 10 times"),
]
ReadOnlyOption = Annotated[
    bool,
    Option("--read-only", help="narrow the session by AWS's policy ReadOnlyAccess, which reads data, too"),
]
TagOption = Annotated[list[str] | None, Option("--tag", metavar="K=V", help="a tag of the session; may be repeated")]
SourceIdentityOption = Annotated[
    str | None, Option("--source-identity", metavar="NAME", help="who uses the role, as CloudTrail shall show it")
]
FederateOption = Annotated[
    bool,
    Option(
        "--federate",
        help="make a federated session of a user's stored keys, which can be narrowed: no MFA, no calls of IAM or STS",
    ),
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


def narrowing(
    policy_file: Path | None,
    policy_arn: list[str] | None,
    read_only: bool,  # noqa: FBT001 - as the options stand
    tag: list[str] | None,
    source_identity: str | None,
) -> Narrowing | None:
    """Return what the options ask for beside the profile; None if none is given.

    Raises:
        PyvaultError: a value can't be used.
    """
    if policy_file is None and not (policy_arn or read_only or tag) and source_identity is None:
        return None
    from pyvault_cli.commandline.narrowing_input import read_narrowing

    return read_narrowing(
        policy_file=policy_file,
        policy_arns=policy_arn or (),
        read_only=read_only,
        tags=tag or (),
        source_identity=source_identity,
    )


def not_the_key(value: Path | None) -> Path | None:
    """Refuse the content of a key file in the place of its path; the callback of ``--keyfile``.

    Raises:
        InvalidSettingError: it is the key itself.
    """
    if value is not None:
        from pyvault.vaultfile.disk.secret_file import refuse_key_as_path

        refuse_key_as_path(value, "--keyfile")
    return value
