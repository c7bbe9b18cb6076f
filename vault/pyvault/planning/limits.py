"""The limits that AWS documents, checked before any call or prompt is made.

Source: AWS STS API Reference (GetSessionToken, GetFederationToken, AssumeRole,
AssumeRoleWithWebIdentity), as of 2025.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from pyvault.config.values import format_duration, objection_to
from pyvault.errors import InvalidSettingError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyvault.config.profile import Profile

SHORTEST: Final = timedelta(seconds=900)
LONGEST_SESSION: Final = timedelta(seconds=129_600)  # GetSessionToken, GetFederationToken
LONGEST_ROLE: Final = timedelta(seconds=43_200)
LONGEST_CHAINED_ROLE: Final = timedelta(hours=1)  # AssumeRole with the credentials of a session

DEVICES: Final = "'aws iam list-mfa-devices' or the user's page in the console shows the devices"
MAX_TAGS: Final = 50
MAX_POLICY_ARNS: Final = 10
MAX_POLICY: Final = 2048  # characters
TEXT_LIMITS: Final = {
    "role_arn": (20, 2048, re.compile(r"[^\x00-\x20]*")),
    "role_session_name": (2, 64, re.compile(r"[\w+=,.@-]*", re.ASCII)),
    "external_id": (2, 1224, re.compile(r"[\w+=,.@:/-]*", re.ASCII)),
    "source_identity": (2, 64, re.compile(r"[\w+=,.@-]*", re.ASCII)),
    "mfa_serial": (9, 256, re.compile(r"[\w+=/:,.@-]*", re.ASCII)),
}
#: Of a managed policy; AWS's own have the account "aws". Source: IAM User Guide, "IAM ARNs".
POLICY_ARN: Final = re.compile(r"arn:aws[a-z-]*:iam::([0-9]{12}|aws):policy/[\w+=,.@/-]{1,1024}", re.ASCII)
MAX_TAG_KEY: Final = 128
MAX_TAG_VALUE: Final = 256
_TAG = re.compile(r"[\w\s_.:/=+\-@]*")  # \p{L}\p{Z}\p{N} and the signs


def check_duration(profile: Profile, setting: str, duration: timedelta, longest: timedelta) -> None:
    """Check the duration that a call will ask for.

    Raises:
        InvalidSettingError: AWS doesn't accept it; names the setting.
    """
    if not SHORTEST <= duration <= longest:
        message = (
            f"{profile.describe(setting)}: {format_duration(duration)} is outside the range"
            f" {format_duration(SHORTEST)} to {format_duration(longest)}"
        )
        raise InvalidSettingError(message)


def check_text(profile: Profile, *settings: str) -> None:
    """Check the length and the characters of texts that go into a call.

    Raises:
        InvalidSettingError: names the setting.
    """
    for setting in settings:
        value: str | None = getattr(profile, setting)
        if value is not None:
            check_value(setting, value, profile.describe(setting))


def check_value(setting: str, value: str, what: str) -> None:
    """Check the length and the characters of the value of a setting.

    Raises:
        InvalidSettingError: names *what*.
    """
    shortest, longest, shape = TEXT_LIMITS[setting]
    if not shortest <= len(value) <= longest:
        raise InvalidSettingError(f"{what}: must have {shortest} to {longest} characters")
    if setting == "mfa_serial" and (objection := objection_to(value)):
        raise InvalidSettingError(f"{what}: {value!r} {objection}", hint=DEVICES)
    if not shape.fullmatch(value):
        raise InvalidSettingError(f"{what}: {value!r} has characters that AWS refuses")


def check_tags(profile: Profile) -> None:
    """Check session tags and transitive keys.

    Raises:
        InvalidSettingError: too many, too long, or with characters that AWS refuses.
    """
    check_tag_pairs(profile.session_tags, profile.describe("session_tags"))
    _check_tag_keys(profile.transitive_session_tags, profile.describe("transitive_session_tags"))


def check_tag_pairs(tags: Sequence[tuple[str, str]], what: str) -> None:
    """Check session tags.

    Raises:
        InvalidSettingError: as :func:`check_tags`; names *what*.
    """
    _check_tag_keys([key for key, _ in tags], what)
    for key, value in tags:
        if len(value) > MAX_TAG_VALUE or not _TAG.fullmatch(value):
            raise InvalidSettingError(f"{what}: AWS refuses the value of {key!r}")


def _check_tag_keys(keys: Sequence[str], what: str) -> None:
    if len(keys) > MAX_TAGS:
        raise InvalidSettingError(f"{what}: more than {MAX_TAGS} tags")
    for key in keys:
        if not 1 <= len(key) <= MAX_TAG_KEY or not _TAG.fullmatch(key) or key.lower().startswith("aws:"):
            raise InvalidSettingError(f"{what}: AWS refuses the tag {key!r}")


def check_policies(profile: Profile) -> None:
    """Check the session policies.

    Raises:
        InvalidSettingError: too long, or too many.
    """
    if profile.policy is not None:
        check_policy(profile.policy, profile.describe("policy"))
    check_policy_arns(profile.policy_arns, profile.describe("policy_arns"))


def check_policy(policy: str, what: str) -> None:
    """Check the size of a policy document.

    Raises:
        InvalidSettingError: names *what*.
    """
    if len(policy) > MAX_POLICY:
        raise InvalidSettingError(f"{what}: longer than {MAX_POLICY} characters")


def check_policy_arns(arns: Sequence[str], what: str) -> None:
    """Check the number of managed policies, and that each is one.

    Raises:
        InvalidSettingError: names *what*.
    """
    if len(arns) > MAX_POLICY_ARNS:
        raise InvalidSettingError(f"{what}: more than {MAX_POLICY_ARNS} policies")
    for arn in arns:
        if not POLICY_ARN.fullmatch(arn):
            raise InvalidSettingError(
                f"{what}: {arn!r} is not the ARN of a managed policy",
                hint="'aws iam list-policies' shows them: arn:aws:iam::aws:policy/ReadOnlyAccess is one",
            )
