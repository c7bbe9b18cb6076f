"""What a vault tells about itself: its profiles, their sessions, and the plan of one."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - typing.get_type_hints reads it

from pyvault.record import Record


class ListedSession(Record):
    """A cached session that has not ended.

    Attributes:
        operation: the call that made it, such as ``sts.AssumeRole``.
        expires: aware UTC; None if it does not expire.

    Example:
        >>> ListedSession(operation="sts.GetSessionToken", expires=None).operation
        'sts.GetSessionToken'
    """

    operation: str
    expires: datetime | None


class ListedProfile(Record):
    """A profile of the AWS config, or one that has a stored pair or cached sessions alone.

    Attributes:
        profile: its name.
        has_pair: a long-lived access key pair is stored for it.
        created: when the pair was stored or rotated, aware UTC; None if there is none, or nobody knows.
        source: what its credentials begin with, as in a plan: ``stored``, ``sso.GetRoleCredentials``,
            ``credential_process`` ...; None where they can't be had.
        source_profile: the profile that they begin with; None as above.
        mfa_serial: of the MFA device that its next sign-in needs a code of; None if it needs none.
        sessions: the cached ones that were made for it, the first to end first.

    Example:
        >>> with open_vault("memory", options={"name": "team"}) as vault:
        ...     [(each.profile, each.has_pair, each.sessions) for each in vault.list()]
        [('ci', True, ())]
    """

    profile: str
    has_pair: bool
    created: datetime | None
    source: str | None
    source_profile: str | None
    mfa_serial: str | None
    sessions: tuple[ListedSession, ...]


class ExplainedStep(Record):
    """One step of a plan.

    Attributes:
        operation: ``stored``, ``sts.AssumeRole`` ...
        profile: whose settings it follows.
        why: the reason.
        cached: ``hit``, ``miss``, ``never`` for what is not cached, ``unknown`` if only a call
            or a command could tell.
        expires: when the cached session ends, aware UTC; None if there is none.

    Example:
        >>> with open_vault("memory", options={"name": "team"}) as vault:
        ...     [step.operation for step in vault.plan("ci").steps]
        ['stored', 'sts.GetSessionToken']
    """

    operation: str
    profile: str
    why: str
    cached: str
    expires: datetime | None


class ExplainedPlan(Record):
    """How a profile gets its credentials, and why. ``str()`` of it is what ``pyvault explain`` prints.

    Attributes:
        profile: its name.
        steps: in their order.
        gives_long_lived_keys: whether they never expire; None if only a command or a
            metadata service can tell.
        text: the plan and the settings it is made from, for people.

    Example:
        >>> with open_vault("memory", options={"name": "team"}) as vault:
        ...     print(str(vault.plan("ci")).splitlines()[0])
        profile ci
    """

    profile: str
    steps: tuple[ExplainedStep, ...]
    gives_long_lived_keys: bool | None
    text: str

    def __str__(self) -> str:
        return self.text
