"""Which backend a command uses: a pure decision over what was said and seen.

An order that we own, never a number that a plug-in gives itself, and no
falling through: a backend that was chosen and fails stops the command. The
first ``add`` records an automatic choice, and one by the flag (``choice_file``), so that a session
over SSH does not see another vault than the desktop.
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from pyvault.errors import BackendUnavailableError
from pyvault.record import Record, field

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pyvault.backend import Availability


class Origin(StrEnum):
    """What decided, as shown to a person."""

    FLAG = "--backend"
    ENVIRONMENT = "PYVAULT_BACKEND"
    AWS_VAULT = "AWS_VAULT_BACKEND"
    CONFIG = "the config file"
    RECORDED = "chosen earlier"
    AUTOMATIC = "chosen automatically"


class Considered(Record):
    """A backend that was looked at and not taken, and why."""

    name: str
    reason: str
    hint: str | None = None


class Choice(Record):
    """The backend to use.

    Attributes:
        options: what the way of naming it implies (``kwallet`` of aws-vault).
        considered: those before it in the automatic order.
    """

    name: str
    origin: Origin
    options: Mapping[str, str] = field(default_factory=dict[str, str])
    considered: tuple[Considered, ...] = ()


#: The automatic order by ``sys.platform``; ``file`` always works and is last.
AUTOMATIC_ORDER: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"darwin": ("keychain", "file"), "win32": ("wincred", "file"), "linux": ("secret-service", "file")}
)

KWALLET = MappingProxyType({"class": "keyring.backends.kwallet.DBusKeyring"})

#: aws-vault's names for stores that we have too. Source: its ``--backend`` flag.
AWS_VAULT_NAMES: Mapping[str, tuple[str, Mapping[str, str]]] = MappingProxyType(
    {
        "keychain": ("keychain", {}),
        "wincred": ("wincred", {}),
        "secret-service": ("secret-service", {}),
        "pass": ("pass", {}),
        "file": ("file", {}),
        "kwallet": ("keyring", KWALLET),
    }
)


def choose(
    *,
    flag: str | None,
    environ: Mapping[str, str],
    configured: str | None,
    recorded: Callable[[], str | None],
    platform: str,
    look: Callable[[str], Availability],
) -> Choice:
    """Decide; *look* is called only when nothing was said or recorded.

    Args:
        flag: the value of ``--backend``.
        environ: ``PYVAULT_BACKEND`` and ``AWS_VAULT_BACKEND`` are read.
        configured: the backend named in config.toml.
        recorded: reads the backend of choice.json; called only when nothing was
            said, because a damaged one must not stop who needs nothing of it.
        platform: ``sys.platform``.
        look: says whether a backend can be used here, without a prompt.

    Raises:
        BackendUnavailableError: ``AWS_VAULT_BACKEND`` names a store that we don't have.
    """
    if flag:
        return Choice(name=flag, origin=Origin.FLAG)
    if named := environ.get("PYVAULT_BACKEND"):
        return Choice(name=named, origin=Origin.ENVIRONMENT)
    if named := environ.get("AWS_VAULT_BACKEND"):
        return _of_aws_vault(named)
    if configured:
        return Choice(name=configured, origin=Origin.CONFIG)
    if earlier := recorded():
        return Choice(name=earlier, origin=Origin.RECORDED)
    return _automatic(platform, look)


def _of_aws_vault(name: str) -> Choice:
    if name not in AWS_VAULT_NAMES:
        from pyvault.surface import argument

        raise BackendUnavailableError(
            f"AWS_VAULT_BACKEND is {name!r}, which pyvault does not have",
            hint=f"PYVAULT_BACKEND or {argument('backend')} names another; 'pyvault backends list' shows them",
        )
    ours, options = AWS_VAULT_NAMES[name]
    return Choice(name=ours, origin=Origin.AWS_VAULT, options=options)


def _automatic(platform: str, look: Callable[[str], Availability]) -> Choice:
    *candidates, last = AUTOMATIC_ORDER.get(platform, ("file",))
    considered: list[Considered] = []
    for name in candidates:
        seen = look(name)
        if seen.available:
            return Choice(name=name, origin=Origin.AUTOMATIC, considered=tuple(considered))
        considered.append(Considered(name=name, reason=seen.reason or "it does not work here", hint=seen.hint))
    return Choice(name=last, origin=Origin.AUTOMATIC, considered=tuple(considered))
