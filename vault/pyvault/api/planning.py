"""From a profile's name to its plan, as the command line makes it; and the plan as a record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault import clock
from pyvault.api.records import ExplainedPlan, ExplainedStep, ListedProfile, ListedSession

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from pyvault.config.config_file import ConfigFile
    from pyvault.config.profile import Profile
    from pyvault.planning.steps import Plan
    from pyvault.runtime import Runtime


class Planner:
    """The AWS files as they are now, and the names of the stored pairs: a program may run for weeks."""

    def __init__(self, runtime: Runtime, *, stored: Sequence[str] | None = None) -> None:
        """Read them.

        Args:
            runtime: has the environment and the store.
            stored: the profiles with a stored pair; None asks the store.
        """
        from pyvault.config.config_file import ConfigFile, find_config_path, find_credentials_path

        self._runtime = runtime
        self.config: ConfigFile = ConfigFile.load(find_config_path(runtime.environ))
        self._credentials_file = ConfigFile.load(find_credentials_path(runtime.environ))
        self.stored: Sequence[str] = runtime.store.profiles() if stored is None else stored

    def load(self, profile: str, *, duration: timedelta | None = None, region: str | None = None) -> Profile:
        """Return the settings of a profile.

        Raises:
            ConfigError: they can't be resolved.
        """
        from pyvault.config.load import load_profile
        from pyvault.config.profile import duration_flags
        from pyvault.names import parse_profile_name

        name = parse_profile_name(profile)
        flags = duration_flags(duration, region=region)
        return load_profile(self.config, self._credentials_file, name, self._runtime.environ, flags, stored=self.stored)

    def plan(self, loaded: Profile, *, no_session: bool = False) -> Plan:
        """Return the plan of a profile.

        Raises:
            PyvaultError: there is no way to credentials.
        """
        from pyvault.errors import NoCredentialsError, ProfileNotFoundError
        from pyvault.planning.plan import PlanOptions, make_plan

        try:
            plan = make_plan(loaded, stored=self.stored, options=PlanOptions(no_session=no_session))
        except (NoCredentialsError, ProfileNotFoundError) as problem:
            if loaded.plaintext is not None:  # the keys are there, and the error says so
                raise
            raise type(problem)(f"{problem.message}; {_where_it_looked(self._runtime)}", hint=problem.hint) from None
        if loaded.policy or loaded.policy_arns:
            from pyvault.planning.narrowing import check_own_policy

            check_own_policy(plan, loaded)
        return plan


def _where_it_looked(runtime: Runtime) -> str:
    """Return in which store there are no keys: with another path or backend there may be."""
    from pyvault.vaultfile.file_options import VaultSettings

    looked = f"looked in the backend {runtime.choice.name!r}"
    if runtime.choice.name != "file":
        return looked
    place = VaultSettings.parse(runtime.options_of("file")).place
    return f"{looked}, and {f'in the vault {str(place)!r}' if place.exists() else f'there is no vault {str(place)!r}'}"


def explained(runtime: Runtime, loaded: Profile, plan: Plan) -> ExplainedPlan:
    """Return a plan as a record, with what the cache has for it; makes no call and asks nobody."""
    from pyvault.planning.explain_text import draw
    from pyvault.retrieval.in_cache import look_at_cache
    from pyvault.sessions.cache import find_min_ttl

    seen = look_at_cache(
        plan,
        key_id=runtime.store.access_key_id,
        entries=runtime.sessions.entries(),
        at=clock.now(),
        min_ttl=find_min_ttl(runtime.environ),
        blobs=runtime.sessions,
        environ=runtime.environ,
    )
    by_step = {id(step): found for step, found in zip(plan.steps, seen, strict=True)}
    return ExplainedPlan(
        profile=plan.profile,
        steps=tuple(
            ExplainedStep(
                operation=step.op, profile=step.profile, why=step.why, cached=found.state, expires=found.until
            )
            for step, found in zip(plan.steps, seen, strict=True)
        ),
        gives_long_lived_keys=plan.exposes_long_term_credentials,
        text=draw(plan, loaded, lambda step: by_step[id(step)].state, lambda step: by_step[id(step)].until),
    )


def cached_keys(runtime: Runtime, plan: Plan) -> frozenset[str]:
    """Return the keys under which the cache has a plan's sessions; none where only a call or a command could tell."""
    from pyvault.errors import ConfigError, CredentialsError, ItemNotFoundError
    from pyvault.planning.cache_keys import plan_keys
    from pyvault.retrieval.in_cache import expected_identity

    key_id, cache = runtime.store.access_key_id, runtime.sessions
    try:
        who = expected_identity(plan.steps[0], key_id, cache, environ=runtime.environ, at=clock.now())
    except (ItemNotFoundError, CredentialsError, ConfigError):
        return frozenset()
    return frozenset(plan_keys(plan, who) if who is not None else ())


def listed(runtime: Runtime) -> list[ListedProfile]:
    """Return the profiles of the AWS config in the order of the file, then those known to the store or the cache."""
    from pyvault.errors import PyvaultError

    planner = Planner(runtime)
    sessions = runtime.sessions.entries()
    names = [*planner.config.profiles(), *planner.stored, *(entry.profile for entry in sessions)]
    stored = frozenset(planner.stored)
    found: list[ListedProfile] = []
    for name in dict.fromkeys(names):
        try:
            plan = planner.plan(planner.load(name))
        except PyvaultError:  # plan() tells why
            plan = None
        serials = [serial for step in plan.steps if (serial := getattr(step, "mfa_serial", None))] if plan else []
        found.append(
            ListedProfile(
                profile=name,
                has_pair=name in stored,
                created=runtime.store.created(name) if name in stored else None,
                source=plan.steps[0].op if plan else None,
                source_profile=plan.steps[0].profile if plan else None,
                mfa_serial=serials[0] if serials else None,
                sessions=tuple(
                    ListedSession(operation=entry.op, expires=entry.expires)
                    for entry in sessions
                    if entry.profile == name
                ),
            )
        )
    return found
