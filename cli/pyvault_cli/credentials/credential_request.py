"""Credentials as a command line asks for them: a profile, and how to get them.

What ``exec``, ``export``, ``login`` and ``explain`` have in common: the options
become flags and options of the planner, the plan becomes credentials. It is long because
each way there, with a person or without, is read beside the others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.errors import ConfigError, InputRequiredError, NoCredentialsError, ProfileNotFoundError, UsageError
from pyvault.names import parse_profile_name
from pyvault.record import Record, replace
from pyvault_cli.terminal import output

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from pyvault.config.profile import Profile
    from pyvault.loginsession.console_sign_in import ConsolePrompt
    from pyvault.model import Credentials
    from pyvault.planning.narrowing import Narrowing
    from pyvault.planning.steps import Plan
    from pyvault.secret import Secret
    from pyvault.sessions.cache import CacheMode
    from pyvault.sso.person_signs_in import SignIn
    from pyvault_cli.context import Context


class CredentialRequest(Record):
    """One request for credentials.

    Attributes:
        duration: as typed; None leaves it to the settings.
        mfa_token: used for every MFA call of this run.
        open_browser: False prints the address of an SSO page instead.
        beside_server: a credential server runs, and may ask while the child has the screen.
        federation: end in a session that the console takes.
        narrowing: what the session shall carry beside the profile's settings.
        federate: end in a federated session of stored keys.
    """

    profile: str
    duration: str | None = None
    region: str | None = None
    sts_region: str | None = None
    no_session: bool = False
    mfa_token: Secret[str] | None = None
    no_cache: bool = False
    refresh: bool = False
    allow_plaintext: bool = False
    open_browser: bool = True
    beside_server: bool = False
    federation: bool = False
    narrowing: Narrowing | None = None
    federate: bool = False

    @property
    def _federates(self) -> bool:
        return self.federation or self.federate

    @property
    def cache(self) -> CacheMode:
        """How the session cache is treated.

        Raises:
            UsageError: both ``--no-cache`` and ``--refresh``.
        """
        from pyvault.sessions.cache import CacheMode

        if self.no_cache and self.refresh:
            raise UsageError("Can't use --no-cache with --refresh")
        if self.no_cache:
            return CacheMode.OFF
        return CacheMode.REFRESH if self.refresh else CacheMode.USE

    def load(self, context: Context, stored: Collection[str] | None = None) -> Profile:
        """Resolve the profile's settings, keeping its first problem.

        Args:
            context: whose files and variables count.
            stored: names of profiles with stored keys; None takes those in the vault.

        Raises:
            InvalidSettingError: ``--duration`` is none.
        """
        return self.load_with_names(context, stored)[0]

    def load_with_names(
        self, context: Context, stored: Collection[str] | None = None
    ) -> tuple[Profile, Collection[str]]:
        """Resolve the profile like :meth:`load`, and return the names of stored keys too.

        The files are read first: what is wrong there is told before anybody is asked
        to open the vault.
        """
        from pyvault.config.load import inspect_profile
        from pyvault.config.profile import duration_flags
        from pyvault.config.values import parse_duration

        duration = parse_duration(self.duration, what="--duration") if self.duration else None
        config, credentials_file = context.aws_config, context.aws_credentials
        name = parse_profile_name(self.profile)
        names = context.store.profiles() if stored is None else stored
        profile = inspect_profile(
            config,
            credentials_file,
            name,
            context.environ,
            duration_flags(duration, region=self.region, sts_region=self.sts_region, login=self._federates),
            stored=names,
        )
        return profile, names

    def plan(self, context: Context) -> Plan:
        """Decide how the profile gets its credentials; opens the vault for the names in it.

        Raises:
            ProfileNotFoundError: neither a section nor stored credentials.
        """
        return self.planned(context)[1]

    def planned(self, context: Context) -> tuple[Profile, Plan]:
        """Return the plan like :meth:`plan`, and the profile whose it is: the named one, or the one that stands in.

        Raises:
            ProfileNotFoundError: neither a section nor stored credentials.
            ConfigError: a step can't be carried out yet.
        """
        from pyvault import clock

        profile, stored = self.load_with_names(context)
        try:
            chosen, plan = self.decide(profile, stored, context)
        except (NoCredentialsError, ProfileNotFoundError) as problem:
            from pyvault_cli.credentials.missing_key import advise

            advise(problem, profile, stored, context)
            raise
        context.recent.note(self.profile, clock.now())
        if context.line.has("--debug"):
            for text in plan.notes:
                output.note(f"pyvault: debug: {text}")
        return chosen, plan

    def decide(self, profile: Profile, stored: Collection[str], context: Context) -> tuple[Profile, Plan]:
        """Decide how a loaded profile gets its credentials, as narrow as was asked; also whose they are then.

        Raises:
            ProfileNotFoundError: neither a section nor stored credentials.
            NotNarrowableError: the session takes nothing of what was asked for.
        """
        plan = self.plan_of(profile, stored)
        if self.federate:
            from pyvault.planning.narrowing import check_federated

            check_federated(plan, profile)
        if self.narrowing is None:
            _check_own_policy(plan, profile)
            return profile, plan
        from pyvault.planning import narrowing

        name = narrowing.stand_in(plan, profile, self.narrowing)
        if name is None:
            return profile, narrowing.narrow(plan, self.narrowing)
        request = replace(self, profile=name, narrowing=None, federate=False)
        chosen = request.load(context, stored)
        try:
            other = request.plan_of(chosen, stored)
        except ProfileNotFoundError as problem:
            named = f"{profile.describe('read_only_profile')}: {problem.message}"
            raise ProfileNotFoundError(named, hint=problem.hint) from None
        _check_own_policy(other, chosen)  # it may be what makes the profile one for reading
        return chosen, narrowing.standing_in(other, plan, profile, self.narrowing)

    def plan_of(self, profile: Profile, stored: Collection[str]) -> Plan:
        """Decide how a loaded profile gets its credentials.

        Raises:
            ProfileNotFoundError: neither a section nor stored credentials.
        """
        from pyvault.planning.plan import PlanOptions, make_plan

        options = PlanOptions(
            no_session=self.no_session,
            federation=self._federates,
            disable_sessions_for=self.profile if self._federates else None,
            allow_plaintext_source=self.allow_plaintext,
        )
        return make_plan(profile, stored=stored, options=options)


def _check_own_policy(plan: Plan, profile: Profile) -> None:
    if profile.policy or profile.policy_arns:
        from pyvault.planning.narrowing import check_own_policy

        check_own_policy(plan, profile)


def profile_of(name: str | None, context: Context, *, environment: bool) -> str:
    """Return the profile to use: the one named, that of the environment, or the one that a person picks.

    Args:
        name: on the command line.
        context: for the picker.
        environment: ``AWS_PROFILE`` counts.

    Raises:
        UsageError: nothing says so, and nobody can pick one here; the names are on stderr.
        InputRequiredError: the same with ``--no-input``.
        UserCancelledError: the person picked none.
    """
    from pyvault.config.profile import find_profile_name

    return (
        name
        or (find_profile_name(context.environ) if environment else None)
        or _picked(context, environment=environment)
    )


def _picked(context: Context, *, environment: bool) -> str:
    from pyvault import clock
    from pyvault_cli.terminal import picker

    may_ask = not context.line.has("--no-input")
    if not (may_ask and picker.works_here()):
        for name in context.aws_config.profiles():
            output.note(name)
        problem = UsageError if may_ask else InputRequiredError
        raise problem("no profile is given", hint=f"name one{' or set AWS_PROFILE' if environment else ''}")
    listed = picker.choices(context.aws_config, context.store.profiles(), context.recent.last)
    return picker.pick(listed, now=clock.now())


def fetcher(request: CredentialRequest, plan: Plan, context: Context) -> Callable[[], Credentials]:
    """Return a function that fetches the credentials of a plan; a server calls it again and again."""

    def sign_in() -> SignIn | None:
        from pyvault_cli.credentials import sso_portals

        return sso_portals.sign_in(context, open_browser=request.open_browser)

    def console_prompt() -> ConsolePrompt | None:
        from pyvault_cli.credentials import console_sign_ins

        return console_sign_ins.console_prompt(context, open_browser=request.open_browser)

    retriever = context.retriever(
        mfa_code=request.mfa_token,
        prompt=lambda: context.mfa_prompt(beside_server=request.beside_server),
        sign_in=sign_in,
        console_prompt=console_prompt,
    )

    def fetch() -> Credentials:
        credentials = retriever.retrieve(plan, cache=request.cache)
        # What a command gives is known only now; explain says "unknown".
        if credentials.session_token is None and context.line.has("--debug"):
            output.note(f"pyvault: debug: profile {plan.profile!r} gives long-lived keys")
        return credentials

    return fetch


def refuse_nested(context: Context) -> None:
    """Refuse to run a command inside the shell of another ``exec``.

    Raises:
        ConfigError: AWS_VAULT is set; what pv-assume sets of it is no part of our environment.
    """
    if context.environ.get("AWS_VAULT"):
        raise ConfigError(
            "running in an existing pyvault or aws-vault subshell",
            hint="'exit' from the subshell or unset AWS_VAULT to force",
        )
