"""Two runs of a rotation on two machines, where no lock keeps them apart: the store's versions do."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fakes.rotation_world import Killed, World, new_world
from pyvault.errors import ConflictError
from pyvault.model import StoredCredentials
from pyvault.rotation.decide import RemoteKey
from pyvault.rotation.rotate import Rotation
from pyvault.secret import Secret

TAKEN = "another run of 'pyvault rotate' has the rotation of 'ci'"


def meanwhile(world: World, step: str, act: Callable[[], None], *, nth: int = 1) -> None:
    """Let something happen at the nth such step of the run that goes first; it is not interrupted itself."""
    left = nth

    def chance(seen: str) -> None:
        nonlocal left
        left -= seen == step
        if left == 0:
            left = -1
            world.chance = lambda step: None
            act()

    world.chance = chance


def until(world: World, step: str, act: Callable[[Rotation], None]) -> None:
    """Let the other run go until it is killed at this step."""

    def kill(seen: str) -> None:
        if seen == step:
            raise Killed

    world.chance = kill
    with pytest.raises(Killed):
        act(world.rotation(confirm=True))
    world.chance = lambda step: None


def finish(world: World) -> None:
    world.rotation(confirm=True).run()
    assert list(world.keys) == [world.stored.access_key_id]
    assert not world.has_journal


def test_of_two_that_begin_the_loser_stops_before_it_asks_for_a_key() -> None:
    world = new_world()
    meanwhile(world, "before put_item", lambda: until(world, "before create", Rotation.run))
    with pytest.raises(ConflictError, match=TAKEN) as caught:
        world.rotation().run()
    assert world.created == 0
    assert "vault.rotate('ci')" in (caught.value.hint or "")
    finish(world)
    assert world.created == 1


@pytest.mark.parametrize("act", [Rotation.run, Rotation.abort])
def test_of_two_that_resume_the_loser_stops_before_it_asks_for_a_key(act: Callable[[Rotation], None]) -> None:
    world = new_world()
    until(world, "before create", Rotation.run)
    meanwhile(world, "before put_item", lambda: until(world, "before create", Rotation.run))
    with pytest.raises(ConflictError, match=TAKEN):
        act(world.rotation())
    assert world.created == 0
    finish(world)


def test_who_was_finished_by_another_run_stops() -> None:
    world = new_world()
    meanwhile(world, "after put_item", lambda: finish(world))
    with pytest.raises(ConflictError, match=TAKEN):
        world.rotation().run()
    assert world.created == 1
    assert list(world.keys) == [world.stored.access_key_id]


@pytest.mark.parametrize("last", ["before list", "before create", None])
def test_who_was_taken_over_after_its_key_was_made_deletes_that_key(last: str | None) -> None:
    world = new_world()
    meanwhile(world, "after create", lambda: until(world, last, Rotation.run) if last is not None else finish(world))
    with pytest.raises(ConflictError, match=TAKEN):
        world.rotation().run()
    assert len(world.keys) == 1  # the old one, or the one that the other run has stored
    finish(world)


def test_a_pair_that_somebody_stored_during_the_proof_is_not_replaced() -> None:
    world = new_world()
    mine = RemoteKey(key_id="AKIA00000000MINE", active=True, created=world.time)

    def store_mine() -> None:
        world.store.put("ci", StoredCredentials(access_key_id=mine.key_id, secret_access_key=Secret("mine")))

    meanwhile(world, "before identity", store_mine, nth=2)
    with pytest.raises(ConflictError, match="was changed meanwhile"):
        world.rotation().run()
    assert world.stored.access_key_id == mine.key_id
    assert world.has_journal  # with the new key, for whoever looks


def test_a_store_without_versions_notices_the_other_run_when_it_reads() -> None:
    world = new_world(plain=True)
    meanwhile(world, "after put_item", lambda: until(world, "before create", Rotation.run))
    with pytest.raises(ConflictError, match=TAKEN):
        world.rotation().run()
    assert world.created == 0
