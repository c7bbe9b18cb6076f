"""Which vault belongs at which path, and the id of this state directory as a writer."""

from __future__ import annotations

import errno
import secrets
from typing import TYPE_CHECKING

from pyvault.files.atomic import remove_leftovers, replace_file
from pyvault.files.reading import read_file
from pyvault.interruptions import pass_interruption
from pyvault.record import replace
from pyvault.vaultfile.format.descent import ID_SIZE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyvault.vaultfile.state.vault_state import VaultState

    KnownStates = Mapping[bytes, VaultState]
    from pathlib import Path

MAX_PLACES = 64  # of one vault: copies that are opened once must not fill the trust file


def vault_at(known: KnownStates, path: str) -> VaultState | None:
    """Return the vault that belongs at *path*, or None if nothing is known of it."""
    return next((seen for seen in known.values() if path in seen.places), None)


def with_state(known: KnownStates, seen: VaultState) -> dict[bytes, VaultState]:
    """Return the known states with *seen* added; the newest state of a vault is kept, wherever it was."""
    before = known.get(seen.vault_id)
    if before is None:
        return {**known, seen.vault_id: replace(seen, places=(seen.path,))}
    places = before.places if seen.path in before.places else _bounded((*before.places, seen.path))
    newest = seen if seen.is_newer_than(before) else before
    last_write = max((step for step in (before.last_write, seen.last_write) if step is not None), default=None)
    external = seen.external or before.external
    kept = replace(newest, places=places, last_write=last_write, verified=before.verified, external=external)
    return {**known, seen.vault_id: kept}


def with_accepted(known: KnownStates, seen: VaultState) -> dict[bytes, VaultState]:
    """Return the known states with *seen* in place of whatever was known of its vault and its path."""
    before = known.get(seen.vault_id)
    elsewhere = before.places if before is not None else ()
    others = without_path({key: each for key, each in known.items() if key != seen.vault_id}, seen.path)
    places = (*(place for place in elsewhere if place != seen.path), seen.path)
    verified = dict[str, int]() if before is None else before.verified
    return {**others, seen.vault_id: replace(seen, places=_bounded(places), verified=verified)}


def with_verified(known: KnownStates, vault_id: bytes, place: str, moment: int, grain: float) -> KnownStates:
    """Return the known states with a note that the server of a place was asked at *moment*.

    Args:
        known: the states.
        vault_id: what was found there.
        place: its identity.
        moment: epoch seconds.
        grain: a note that is not older stays as it is, unless it is of the future.
    """
    seen = known.get(vault_id)
    if seen is None or (place in seen.verified and 0 <= moment - seen.verified[place] < grain):
        return known
    return {**known, vault_id: replace(seen, verified={**seen.verified, place: moment})}


def without_path(known: KnownStates, path: str) -> dict[bytes, VaultState]:
    """Return the known states without a vault at *path*; a vault without a place is forgotten."""
    left: dict[bytes, VaultState] = {}
    for vault_id, seen in known.items():
        places = tuple(place for place in seen.places if place != path)
        if places:
            left[vault_id] = seen if path not in seen.places else _moved_to(seen, places)
    return left


def renamed(known: KnownStates, before: str, after: str) -> dict[bytes, VaultState]:
    """Return the known states after a vault was moved from *before* to *after*, where nothing was."""
    return {
        vault_id: _moved_to(seen, tuple(after if place == before else place for place in seen.places))
        for vault_id, seen in without_path(known, after).items()
    }


def _bounded(places: tuple[str, ...]) -> tuple[str, ...]:
    # The first one is where the vault was created; those in between matter least.
    return places if len(places) <= MAX_PLACES else (places[0], *places[1 - MAX_PLACES :])


def _moved_to(seen: VaultState, places: tuple[str, ...]) -> VaultState:
    return replace(seen, path=seen.path if seen.path in places else places[-1], places=places)


MAX_BYTES = 4096


def find_writer(path: Path) -> bytes | None:
    """Return the id in the file *path*; None if it is missing or can't be read."""
    try:
        return _parse(read_file(path, MAX_BYTES))
    except OSError as exc:
        pass_interruption(exc)
        return None


def make_writer(path: Path) -> bytes | None:
    """Return the id in the file *path*, created if missing or damaged; None if it can't be read.

    The caller holds the lock of the state directory.

    Raises:
        WriteFailedError: it can't be written.
    """
    try:
        found = _parse(read_file(path, MAX_BYTES))
    except FileNotFoundError:
        found = None
    except OSError as exc:
        pass_interruption(exc)
        if exc.errno != errno.EFBIG:  # it may be readable next time, and a new one would change this machine's identity
            return None
        found = None
    if found is None:
        found = secrets.token_bytes(ID_SIZE)
        remove_leftovers(path)
        replace_file(path, found.hex().encode() + b"\n")
    return found


def _parse(text: bytes) -> bytes | None:
    try:
        found = bytes.fromhex(text.decode().strip())
    except ValueError:
        return None
    return found if len(found) == ID_SIZE else None
