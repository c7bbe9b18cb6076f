"""What in the shared files an SDK would take for a profile instead of what the plan says. Pure.

With ``--profile-env`` the child resolves the profile itself. Its SDK knows neither
the vault nor pyvault's order of sources, so a source of a profile of the plan that
the plan does not use may be the one that the SDK does.
"""

from __future__ import annotations

import shlex
from pathlib import PurePath
from typing import TYPE_CHECKING, Final

from pyvault.config.file import composed
from pyvault.config.keys import PLAINTEXT_KEYS
from pyvault.config.syntax import unquoted
from pyvault.planning.steps import (
    AssumeRoleStep,
    PlaintextStep,
    SsoStep,
    WebIdentityStep,
)
from pyvault.sharedfiles.obstacles import SSO_PREFIX, find_keys, is_source

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyvault.config.file import ConfigFile
    from pyvault.planning.steps import Plan, Step
    from pyvault.sharedfiles.obstacles import Obstacle

#: Programs that give what the vault has, so that a command which asks them for the profile is no other source.
OURS: Final = frozenset({"pyvault", "aws-vault"})

KEYS_OF: Final[Mapping[type, frozenset[str]]] = {
    WebIdentityStep: frozenset({"role_arn", "web_identity_token_file", "web_identity_token_process"}),
    AssumeRoleStep: frozenset({"role_arn"}),
}


def find_rivals(plan: Plan, config: ConfigFile, credentials: ConfigFile) -> tuple[Obstacle, ...]:
    """List the keys of the plan's profiles that lead to credentials by another way than the plan's."""
    profiles = dict.fromkeys(step.profile for step in plan.steps)
    return tuple(
        found
        for profile in profiles
        for found in find_keys(config, credentials, profile, is_source)
        if not any(_uses(step, found.key) for step in plan.steps if step.profile == profile)
        and not _leads_back(found.key, _values(config, credentials, profile, found.key), profile, profiles)
    )


def _uses(step: Step, key: str) -> bool:
    """Return whether a step stands for a key of its profile."""
    if isinstance(step, SsoStep):
        return key.startswith(SSO_PREFIX)
    if isinstance(step, PlaintextStep):
        return key in PLAINTEXT_KEYS
    return key in KEYS_OF.get(type(step), {step.op})  # a step may be called after its key


def _leads_back(key: str, values: list[str], profile: str, profiles: dict[str, None]) -> bool:
    """Return whether what a key names is part of the plan as well."""
    if key == "source_profile":
        return all(composed(unquoted(value)) in profiles for value in values)
    return key == "credential_process" and all(_asks_us_for(profile, value) for value in values)


def _asks_us_for(profile: str, command: str) -> bool:
    try:
        program, *words = shlex.split(command)
    except ValueError:
        return False
    return PurePath(program).stem in OURS and profile in words


def _values(config: ConfigFile, credentials: ConfigFile, profile: str, key: str) -> list[str]:
    sections = (config.find_profile(profile), credentials.find_plain_section(profile))
    return [section[key].value for section in sections if section is not None and key in section]
