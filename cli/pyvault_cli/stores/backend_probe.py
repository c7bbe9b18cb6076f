"""Whether a backend works here, said by itself, and only by one that may run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.backend import Availability
from pyvault.storage.built_in import BUILT_IN
from pyvault.storage.probing import ProbeReport, probe_in_child

if TYPE_CHECKING:
    from pyvault.backend import Options
    from pyvault.storage.backend_info import BackendInfo
    from pyvault_cli.context import Context


def refusal_of(info: BackendInfo, context: Context) -> Availability | None:
    """Return why a backend must not run; None if it may.

    Raises:
        ConfigError: nobody can say who provided it before.
    """
    if info.name in BUILT_IN or not (refusal := context.remembered.refusal(info)):
        return None
    return Availability(available=False, reason=refusal.message, hint=refusal.hint)


def look_at(info: BackendInfo, context: Context, options: Options | None = None) -> ProbeReport:
    """Load a backend in a child process and ask it; one of another distribution than before is only compared.

    Args:
        info: who provides it.
        context: knows who provided it before.
        options: by default those that it would be opened with by its name.

    Raises:
        ConfigError: nobody can say who provided it before.
    """
    if refusal := refusal_of(info, context):
        return ProbeReport(availability=refusal, refused=True)
    given = context.options_of(info.name) if options is None else options
    return probe_in_child(info.name, given, environ=context.environ)
