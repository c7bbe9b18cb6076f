"""What in the shared files an SDK would use for a profile instead of the plan. Pure.

With ``--profile-env`` the child resolves the profile itself. Its SDK knows neither
the vault nor pyvault's order of sources, so it may use a source that the plan does
not.
"""

from __future__ import annotations

import re
import shlex
from pathlib import PurePath
from typing import TYPE_CHECKING, Final

from pyvault.config.config_file import nfc
from pyvault.config.profile_keys import PLAINTEXT_KEYS
from pyvault.config.syntax import unquoted
from pyvault.planning.steps import (
    AssumeRoleStep,
    PlaintextStep,
    SsoStep,
    WebIdentityStep,
)
from pyvault.sharedfiles.lines import read_lines
from pyvault.sharedfiles.obstacles import SSO_PREFIX, find_keys, is_source, names

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pyvault.config.config_file import ConfigFile
    from pyvault.planning.steps import Plan, Step
    from pyvault.sharedfiles.obstacles import Obstacle

    Files = tuple[ConfigFile, ConfigFile]

ROLE: Final = "role_arn"
BLANK_FIRST: Final = re.compile(rb"\s*\[\s")

#: Programs that read the vault: a command that asks them for the profile is no other source.
OURS: Final = frozenset({"pyvault", "aws-vault"})

KEYS_OF: Final[Mapping[type, frozenset[str]]] = {
    WebIdentityStep: frozenset({"web_identity_token_file", "web_identity_token_process"}),
    AssumeRoleStep: frozenset(),
}


def find_rivals(plan: Plan, config: ConfigFile, credentials: ConfigFile) -> tuple[Obstacle, ...]:
    """Return the keys of the plan's profiles that lead to credentials in another way than the plan."""
    files = (config, credentials)
    return tuple(
        found
        for profile in _profiles(plan, files)
        for found in find_keys(*files, profile, is_source)
        if not (found.key == "credential_process" and _asks_us(profile, files))
        and (not _is_of(plan, found.key, profile, files) or _loses_role(plan, found.key, profile, files))
    )


def _profiles(plan: Plan, files: Files) -> dict[str, None]:
    """Return the named profile, those that an SDK follows on the plan's way, and those of the steps."""
    steps = {step.profile for step in plan.steps}
    between = [profile for profile in _followed(plan.profile, files) if not steps.isdisjoint(_followed(profile, files))]
    return dict.fromkeys([plan.profile, *between, *(step.profile for step in plan.steps)])


def _followed(profile: str, files: Files) -> dict[str, None]:
    """Return a profile and all that ``source_profile`` leads to from there."""
    seen: dict[str, None] = {}
    pending = [profile]
    while pending:
        if (current := pending.pop()) not in seen:
            seen[current] = None
            pending += _sources(current, files)
    return seen


def _sources(profile: str, files: Files) -> list[str]:
    """Return the profiles that ``source_profile`` of a profile names."""
    return [nfc(unquoted(value)) for value in _values(files, profile, "source_profile")]


def _loses_role(plan: Plan, key: str, profile: str, files: Files) -> bool:
    """Return whether an SDK would use a source without the role that the plan assumes with it.

    It does where the role comes from ``AWS_ROLE_ARN``, an include or ``[default]``, or is set beside
    SSO or a command: a role needs ``source_profile`` or ``credential_source``. A ``source_profile``
    that names its own profile is for keys in the files.
    """
    steps = [step for step in plan.steps if step.profile == profile]
    if key == ROLE or not any(isinstance(step, AssumeRoleStep) for step in steps):
        return False
    keys = {key for file in files for key in _shown(file, profile, plain=file is files[1])}
    names_itself = profile in _sources(profile, files)
    if key == "source_profile" and names_itself:
        return False
    has_keys = any(isinstance(step, PlaintextStep) for step in steps)
    takes_role = "credential_source" in keys or ("source_profile" in keys and (has_keys or not names_itself))
    return ROLE not in keys or not takes_role


def _shown(file: ConfigFile, profile: str, *, plain: bool) -> Iterator[str]:
    """Yield the keys of a profile that every reader finds: botocore skips a header that begins with a blank."""
    shown = False
    for line in read_lines(file.data, loose=False):
        if line.heads:
            shown = names(line.header or "", profile, plain=plain) and not BLANK_FIRST.match(line.raw)
        elif shown and line.begins and line.key:
            yield line.key


def _is_of(plan: Plan, key: str, profile: str, files: Files) -> bool:
    """Return whether a key of a profile is part of the plan."""
    values = _values(files, profile, key)
    if not values:  # only some readers find it, for example in [DEFAULT]
        return False
    if any(_uses(step, key, values) for step in plan.steps if step.profile == profile):
        return True
    steps = {step.profile for step in plan.steps}
    return key == "source_profile" and all(
        not steps.isdisjoint(_followed(source, files)) for source in _sources(profile, files)
    )


def _uses(step: Step, key: str, values: list[str]) -> bool:
    """Return whether a step uses a key of its profile; for a role, the one that the files name."""
    if isinstance(step, SsoStep):
        return key.startswith(SSO_PREFIX)
    if key == ROLE and isinstance(step, AssumeRoleStep | WebIdentityStep):  # AWS_ROLE_ARN may have replaced it
        return all(unquoted(value) == step.role_arn for value in values)
    if isinstance(step, PlaintextStep):
        return key in PLAINTEXT_KEYS
    return key in KEYS_OF.get(type(step), {step.op})  # some steps are named after their key


def _asks_us(profile: str, files: Files) -> bool:
    """Return whether the command of a profile is one of ours, for that profile: it returns what the plan does."""
    commands = _values(files, profile, "credential_process")
    return bool(commands) and all(_asks_us_for(profile, command) for command in commands)


def _asks_us_for(profile: str, command: str) -> bool:
    try:
        program, *arguments = shlex.split(command)
    except ValueError:
        return False
    return PurePath(program).stem in OURS and profile in arguments


def _values(files: Files, profile: str, key: str) -> list[str]:
    config, credentials = files
    sections = (config.find_profile(profile), credentials.find_plain_section(profile))
    return [section[key].value for section in sections if section is not None and key in section]
