"""Resolve a profile and its source profiles.

Flag, then environment, then the profile's section, what it includes, ``[default]``,
and what is built in. Pure: the files are read, the environment is an argument.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pyvault.config.profile import Flags, Profile
from pyvault.config.resolve import resolve_profile
from pyvault.errors import ProfileLoopError
from pyvault.record import replace

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from pyvault.config.config_file import ConfigFile

NO_FLAGS: Final = Flags()


def load_profile(
    config: ConfigFile,
    credentials_file: ConfigFile | None,
    name: str,
    environ: Mapping[str, str],
    flags: Flags = NO_FLAGS,
    *,
    stored: Collection[str] = (),
) -> Profile:
    """Resolve every setting of a profile and of its sources.

    A profile without a section resolves too (its keys may be in the vault); the
    planner refuses one that is in no place at all.

    Args:
        config: the AWS config file.
        credentials_file: the shared credentials file, whose sections are those of the config file too.
        name: the profile.
        environ: the ``AWS_*`` variables count.
        flags: of the command line.
        stored: names of the profiles whose keys are in the vault: sources as others are.

    Raises:
        InvalidSettingError: a value is invalid; names its place.
        ProfileLoopError: source_profile or include_profile leads back to itself.
    """
    profile = inspect_profile(config, credentials_file, name, environ, flags, stored=stored)
    if profile.problem is not None:
        raise profile.problem
    return profile


def inspect_profile(
    config: ConfigFile,
    credentials_file: ConfigFile | None,
    name: str,
    environ: Mapping[str, str],
    flags: Flags = NO_FLAGS,
    *,
    stored: Collection[str] = (),
) -> Profile:
    """Resolve a profile like :func:`load_profile`, but keep its first problem instead of raising it."""
    chain: dict[str, Profile] = {}
    current: str | None = name
    loop: ProfileLoopError | None = None
    while current is not None:
        if current in chain:
            path = " -> ".join([*list(chain)[list(chain).index(current) :], current])
            loop = ProfileLoopError(f"source_profile loop: {path}")
            break
        chain[current] = resolve_profile(
            config, credentials_file, current, environ, flags, stored=stored, is_named=current == name
        )
        current = chain[current].source_profile
    profiles = list(chain.values())
    resolved = profiles[-1]
    for profile in reversed(profiles[:-1]):
        resolved = _with_source(profile, resolved)
    return replace(resolved, problem=resolved.problem or loop)


def _with_source(profile: Profile, source: Profile) -> Profile:
    """Attach a source. Of its settings only ``mfa_process`` is inherited, as in aws-vault."""
    attached = replace(profile, source=source, problem=profile.problem or source.problem)
    if profile.mfa_process or not source.mfa_process:
        return attached
    origins = {**profile.origins, "mfa_process": source.origins["mfa_process"]}
    labels = {**profile.labels, "mfa_process": source.labels["mfa_process"]}
    places = {**profile.places, "mfa_process": source.places["mfa_process"]}
    return replace(attached, mfa_process=source.mfa_process, origins=origins, labels=labels, places=places)
