"""Programs that choose a store by themselves (W28)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pyvault.backend import Availability
from pyvault.storage import backend_choice
from weaknesses.proof import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A store, and what a person is told of the choice."""

    name: str
    said: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chooser:
    """Chooses among stores.

    Attributes:
        choose: takes them in the order of their start, each with whether it
            opens, and the name of the store that was chosen ``earlier``.
    """

    choose: Callable[[Mapping[str, bool], str | None], Chosen]


def ours(place: Place) -> Chooser:
    def choose(stores: Mapping[str, bool], earlier: str | None) -> Chosen:
        def look(name: str) -> Availability:
            return Availability(available=stores.get(name, False), reason="it does not open")

        found = backend_choice.choose(
            flag=None, environ={}, configured=None, recorded=lambda: earlier, platform="linux", look=look
        )
        return Chosen(name=found.name, said=", ".join(f"{seen.name}: {seen.reason}" for seen in found.considered))

    return Chooser(choose=choose)


def first_that_opens(place: Place) -> Chooser:
    """After 99designs/keyring: no memory, and not a word."""

    def choose(stores: Mapping[str, bool], earlier: str | None) -> Chosen:
        return Chosen(name=next(name for name, opens in stores.items() if opens))

    return Chooser(choose=choose)
