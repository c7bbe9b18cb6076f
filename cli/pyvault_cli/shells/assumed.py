"""What ``pv-assume`` set in the shell that started us, and what was there before.

A region or an endpoint that it took from one profile is no wish of the user's: it would
win over the settings of every other profile. So we start from what was there before. The
keys stay what they are: they may be what a profile asks for by ``credential_source``.

:mod:`pyvault_cli.shells.sh` tells what the shells remember.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

#: The variables that pv-assume has changed; then, with one of these names in it: what it was, what it became,
#: and whether programs saw it before.
NAMES = "PV_NAMES"
WAS, NOW, EXPORTED = "PV_{}_WAS", "PV_{}_NOW", "PV_{}_EXPORTED"


def find_assumed(environ: Mapping[str, str]) -> dict[str, str | None]:
    """Return the settings that still are what pv-assume made them, with what they were before; None is unset."""
    names = environ.get(NAMES, "").split()
    return {
        name: environ.get(WAS.format(name))
        for name in names
        if NOW.format(name) in environ and environ.get(name) == environ[NOW.format(name)]
    }


def forget_assumed(environ: MutableMapping[str, str]) -> dict[str, str | None]:
    """Make an environment what it was before pv-assume, but for the keys, and return what was changed."""
    found = find_assumed(environ)
    for name in environ.get(NAMES, "").split():
        for kind in (WAS, NOW, EXPORTED):
            environ.pop(kind.format(name), None)
    del environ[NAMES]
    for name, value in found.items():
        if value is None:
            del environ[name]
        else:
            environ[name] = value
    return found
