"""The credentials of botocore's sessions: which vault, and which plan, for the profile of a session.

The rest of a session's chain is asked in two cases: the session names no profile, and either
the surroundings have credentials for such a one, or nothing says where those of ``default``
come from. Anything else is credentials or an error, for what botocore would try next belongs
to somebody else, such as the role of the machine.
"""

from __future__ import annotations

import atexit
import os
import threading
from typing import TYPE_CHECKING, Final

from pyvault.errors import NoCredentialsError, ProfileNotFoundError
from pyvault.record import Record
from pyvault.thread_locks import tell_of_fork
from pyvault.trace import trace

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from botocore.credentials import Credentials
    from botocore.session import Session

    from pyvault.api.credential_vault import CredentialVault
    from pyvault.api.planning import Planner
    from pyvault.backend import Ask
    from pyvault.planning.steps import Plan

#: The two files: botocore's name, the variable, and where they are by default.
FILES: Final = (
    ("config_file", "AWS_CONFIG_FILE", "~/.aws/config"),
    ("credentials_file", "AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials"),
)
#: With one of them, the surroundings have credentials for whoever names no profile.
#: Source: AWS SDKs and Tools Reference Guide, "Standardized credential providers".
SURROUNDINGS: Final = (
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
)


class VaultArguments(Record, unshown=("options", "environ")):  # they may hold secrets
    """The arguments of :func:`pyvault.open_vault`, as they were given."""

    backend: str | None = None
    options: Mapping[str, str] | None = None
    ask: Ask | None = None
    config: str | Path | None = None
    environ: Mapping[str, str] | None = None
    home: str | Path | None = None
    must_exist: bool = False


class SessionSource:
    """Credentials for sessions; those that read the same AWS files share one vault, opened when one asks."""

    def __init__(self, arguments: VaultArguments) -> None:
        """Take the arguments of the vault; nothing is opened yet."""
        self.arguments = arguments
        self.is_closed = False
        self._vaults: dict[tuple[str, ...], CredentialVault] = {}
        self._opening = threading.RLock()  # who answers a question may use boto3
        tell_of_fork(self)

    def load(self, session: Session) -> Credentials | None:
        """Return the credentials of a session's profile; None leaves them to the rest of its chain.

        Raises:
            CredentialRetrievalError: there are none; says why.
        """
        from pyvault.api.planning import Planner
        from pyvault.boto3_session import botocore_errors

        environ = self._environ
        named: str | None = session.get_config_variable("profile")
        if self.is_closed or (named is None and any(environ.get(variable) for variable in SURROUNDINGS)):
            return None
        with botocore_errors():
            vault = self._vault(session)
            plan = plan_for(named, Planner(vault._runtime))  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # a room of one
            if plan is None:
                trace(__name__, "profile %r is left to botocore", named or "default")
                return None
            if _uses_environment(plan):
                vault = self._vault(session, environ.get("AWS_ACCESS_KEY_ID", ""))
            return vault._renewing(plan)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # as above

    def invalidate(self, profile: str) -> None:
        """Have new credentials fetched for a profile; see :meth:`CredentialVault.invalidate`."""
        for vault in list(self._vaults.values()):
            vault.invalidate(profile)

    def forget(self) -> None:
        """Close what was opened; it is opened again when a session asks."""
        with self._opening:
            while self._vaults:
                self._vaults.popitem()[1].close()

    def close(self) -> None:
        """Close what was opened, and leave all further sessions alone; may be called twice."""
        self.is_closed = True
        atexit.unregister(self.close)
        self.forget()

    def after_fork(self) -> None:
        """Have a new lock: who held the old one is not in this process."""
        self._opening = threading.RLock()

    @property
    def _environ(self) -> Mapping[str, str]:
        return os.environ if self.arguments.environ is None else self.arguments.environ

    def _vault(self, session: Session, key_id: str = "") -> CredentialVault:
        """Return the vault of the AWS files that a session reads.

        Args:
            session: whose files count, unless the arguments name others.
            key_id: of the environment, for a profile that has its keys there: not those of another time.
        """
        places = self._places(session)
        found = (*(os.path.expanduser(place) for place in places.values()), key_id)  # noqa: PTH111 - botocore's way
        with self._opening:
            if found not in self._vaults:
                self._vaults[found] = self._open(places)
            return self._vaults[found]

    def _open(self, places: Mapping[str, str]) -> CredentialVault:
        from pyvault.api.opening import open_vault

        given = self.arguments
        usual = {variable: self._environ.get(variable, place) for _, variable, place in FILES}
        environ = {**self._environ, **places} if places not in ({}, usual) else given.environ
        vault = open_vault(
            given.backend,
            options=given.options,
            ask=given.ask,
            config=given.config,
            environ=environ,
            home=given.home,
            must_exist=given.must_exist,
        )
        atexit.unregister(self.close)  # once is enough
        atexit.register(self.close)
        return vault

    def _places(self, session: Session) -> dict[str, str]:
        """Return where the AWS files of a session are, by variable; nothing if the arguments name others."""
        given = self.arguments
        if (given.config, given.environ, given.home) != (None, None, None):
            return {}
        return {variable: session.get_config_variable(name) or usual for name, variable, usual in FILES}


def plan_for(named: str | None, planner: Planner) -> Plan | None:
    """Return the plan of a profile; None leaves it to botocore.

    Keys in plain text under the very name of a profile are used as they are: botocore would, too.

    Args:
        named: the profile; None is ``default``, which nobody has asked for by name.
        planner: has read the AWS files.

    Raises:
        ConfigError, NoCredentialsError: as :func:`pyvault.planning.plan.make_plan`.
    """
    from pyvault.planning.plan import PlanOptions, make_plan
    from pyvault.planning.steps import PlaintextStep, SessionTokenStep
    from pyvault.record import replace

    profile = planner.load(named or "default")
    try:
        plan = make_plan(profile, stored=planner.stored, options=PlanOptions(allow_plaintext_source=True))
    except (NoCredentialsError, ProfileNotFoundError):
        if named is None and profile.source_profile is None and profile.role_arn is None:
            return None
        raise
    first, *others = plan.steps
    if (
        isinstance(first, PlaintextStep)
        and first.profile == plan.profile
        and all(isinstance(step, SessionTokenStep) for step in others)
    ):
        return replace(plan, steps=(first,))
    return plan


def _uses_environment(plan: Plan) -> bool:
    from pyvault.config.sources import CredentialSource
    from pyvault.planning.steps import SourceStep

    first = plan.steps[0]
    return isinstance(first, SourceStep) and first.source is CredentialSource.ENVIRONMENT
