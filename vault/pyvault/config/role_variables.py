"""Whose ``AWS_ROLE_ARN``, ``AWS_ROLE_SESSION_NAME`` and ``AWS_WEB_IDENTITY_TOKEN_FILE`` are. Pure.

A pod or a runner sets the three together, for any SDK: they are one identity, that of
the platform. They apply to a named profile that has neither a source nor a role, and
to no other. ``AWS_ROLE_ARN`` without the token was set by a person: it replaces the
role where aws-vault lets it, on stored keys, ``source_profile`` and tokens.

Source: EKS User Guide, "IAM roles for service accounts": the variables of a pod.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pyvault.config.sources import Skip, Source
from pyvault.errors import InvalidSettingError
from pyvault.record import Record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyvault.config.setting_reader import Found

ROLE: Final = "AWS_ROLE_ARN"
SESSION_NAME: Final = "AWS_ROLE_SESSION_NAME"
TOKEN: Final = "AWS_WEB_IDENTITY_TOKEN_FILE"  # noqa: S105 - the name of a variable

#: The steps that are left out, as the plan calls them.
ASSUME_ROLE: Final = "sts.AssumeRole"
WEB_IDENTITY: Final = "sts.AssumeRoleWithWebIdentity"

#: Where aws-vault lets the variable replace a role; None is a profile without a source.
REPLACED_ON: Final = frozenset({Source.STORED, Source.SOURCE_PROFILE, Source.WEB_IDENTITY, Source.PLAINTEXT, None})


class RoleVariables(Record):
    """Which of the variables apply to a profile.

    Attributes:
        role: names of variables to read the role from; empty if none applies.
        session_name: the same for the name of its session.
        token: the token of the environment is the profile's source.
        skips: what does not apply, and why.
        problem: the profile contradicts itself.
    """

    role: tuple[str, ...] = ()
    session_name: tuple[str, ...] = ()
    token: bool = False
    skips: tuple[Skip, ...] = ()
    problem: InvalidSettingError | None = None


def read_role_variables(
    environ: Mapping[str, str], *, name: str, kind: Source | None, role: Found | None
) -> RoleVariables:
    """Return which variables apply to the requested profile.

    Args:
        environ: where the variables are.
        name: the profile.
        kind: its source.
        role: the role that the files name for it.
    """
    if environ.get(TOKEN):
        return _with_token(environ, name=name, kind=kind, role=role)
    if environ.get(ROLE) and kind not in REPLACED_ON:
        why = f"{ROLE} applies to stored keys, source_profile and tokens only; {name!r} has another source"
        return RoleVariables(skips=(Skip(op=ASSUME_ROLE, profile=name, why=why),))
    return RoleVariables(role=(ROLE,), session_name=(SESSION_NAME,))


def _with_token(environ: Mapping[str, str], *, name: str, kind: Source | None, role: Found | None) -> RoleVariables:
    if kind is None and role is None:
        return RoleVariables(role=(ROLE,), session_name=(SESSION_NAME,), token=True)
    if kind is None and role is not None:
        problem = InvalidSettingError(
            f"{role.label}: profile {name!r} has no source, and {TOKEN} in the environment is for another role",
            hint="set web_identity_token_file, source_profile or credential_source in the profile",
        )
        return RoleVariables(problem=problem)
    variables = " and ".join(variable for variable in (TOKEN, ROLE) if environ.get(variable))
    why = f"{variables} in the environment belong to the platform; {name!r} has its own source"
    return RoleVariables(skips=(Skip(op=WEB_IDENTITY, profile=name, why=why),))
