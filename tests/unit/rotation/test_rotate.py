"""Whatever happens to a rotation, no key is lost and none is left behind."""

from __future__ import annotations

import random
from datetime import timedelta
from pathlib import Path

import pytest

from fakes.rotation_world import USER, Killed, World, new_world, unlucky
from pyvault.aws.calls import CallerIdentity
from pyvault.errors import (
    AccessDeniedError,
    ConflictError,
    CredentialsError,
    ItemNotFoundError,
    PyvaultError,
    WriteFailedError,
)
from pyvault.model import StoredCredentials
from pyvault.record import replace
from pyvault.rotation.decide import RemoteKey
from pyvault.rotation.held_journal import find_journal
from pyvault.rotation.journal import Stage
from pyvault.rotation.preparation import only_rotation
from pyvault.rotation.rotate import Rotation
from pyvault.secret import Secret


def assert_settled(world: World) -> None:
    """Exactly one working key, it is the stored one, and nothing else lives at AWS."""
    stored = world.stored
    assert not world.has_journal
    assert list(world.keys) == [stored.access_key_id]
    assert world.keys[stored.access_key_id].active
    assert stored.secret_access_key.reveal() == world.secrets[stored.access_key_id]


def test_the_straight_way() -> None:
    world = new_world()
    world.rotation().run()
    assert_settled(world)
    assert "AKIA0000OLD" not in world.keys
    assert world.prompts == 1


def test_keep_old_stops_at_inactive() -> None:
    world = new_world()
    world.rotation(keep_old=True).run()
    assert not world.keys["AKIA0000OLD"].active
    assert not world.has_journal


def test_it_waits_while_a_new_key_is_unknown() -> None:
    world = new_world()
    world.propagation = timedelta(seconds=15)
    world.rotation().run()
    world.time += timedelta(minutes=1)
    assert_settled(world)


@pytest.mark.parametrize(
    "other",
    [replace(USER, arn="arn:aws:iam::123456789012:user/ci-2"), replace(USER, account_id="210987654321")],
)
def test_a_new_key_of_another_user_is_not_swapped_in(other: CallerIdentity) -> None:
    world = new_world()
    world.users["AKIA0000000000000001"] = other
    for _ in range(2):
        with pytest.raises(CredentialsError, match="nothing was swapped") as caught:
            world.rotation().run()
        assert all(text in caught.value.message for text in ("...0001", USER.arn, other.arn, other.account_id))
        assert world.stored.access_key_id == "AKIA0000OLD"
        assert world.keys["AKIA0000OLD"].active
    world.rotation().abort()
    assert set(world.keys) == {"AKIA0000OLD"}
    assert not world.has_journal


def test_two_keys_say_which_and_can_make_room() -> None:
    world = new_world()
    other = RemoteKey(key_id="AKIA000000000OTHER", active=False, created=world.time)
    world.keys[other.key_id] = other
    world.secrets[other.key_id] = "x"
    with pytest.raises(ConflictError, match=r"\.\.\.THER \(inactive\)"):
        world.rotation().run()
    world.rotation(delete_inactive=True).run()
    assert_settled(world)


def test_a_strangers_key_is_asked_about_and_stays() -> None:
    world = new_world()

    def stranger(step: str) -> None:
        if step == "before create":
            world.chance = lambda step: None
            used = RemoteKey(key_id="AKIA0000STRANGER", active=True, created=world.time, last_used=world.time)
            world.keys[used.key_id] = used
            raise Killed

    world.chance = stranger
    with pytest.raises(Killed):
        world.rotation().run()
    with pytest.raises(ConflictError, match="no room"):
        world.rotation(confirm=False).run()
    world.rotation(confirm=False).abort()
    assert set(world.keys) == {"AKIA0000OLD", "AKIA0000STRANGER"}
    assert not world.has_journal


def test_the_journal_shows_no_secret() -> None:
    world = new_world()

    def die(step: str) -> None:
        if step == "before put":
            raise Killed

    world.chance = die
    with pytest.raises(Killed):
        world.rotation().run()
    journal = find_journal(world.store, "ci")
    assert journal is not None
    assert journal.stage is Stage.CREATED
    assert "secret-1" not in repr(journal)
    assert all("secret" not in line for line in world.said)


def test_abort_needs_a_rotation() -> None:
    with pytest.raises(ItemNotFoundError):
        new_world().rotation().abort()


BOUNDARIES = [
    f"{when} {what}"
    for what in ("list", "put_item", "create", "identity", "put", "deactivate", "delete", "delete_item")
    for when in ("before", "after")
    if (when, what) not in {("after", "list"), ("after", "identity")}
]


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("undo", [False, True])
@pytest.mark.parametrize("nth", [1, 2, 3])
@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_killed_at_each_boundary(boundary: str, nth: int, undo: bool, plain: bool) -> None:
    world, left = new_world(plain=plain), nth

    def die(step: str) -> None:
        nonlocal left
        left -= step == boundary
        if left == 0:
            left = -1
            raise Killed

    world.chance = die
    try:
        world.rotation().run()
    except Killed:
        world.chance = lambda step: None
        if undo and world.has_journal:
            world.rotation(confirm=True).abort()
        else:
            world.rotation(confirm=True).run()
    assert_settled(world)


@pytest.mark.parametrize("seed", range(500))
def test_random_faults_lose_nothing(seed: int) -> None:
    world, dice = new_world(plain=seed % 2 == 1), random.Random(seed)
    world.propagation = timedelta(seconds=dice.choice([0, 0, 15]))
    world.chance = unlucky(seed, world)
    for _ in range(12):
        before = world.prompts
        try:
            if world.has_journal and dice.random() < 0.3:
                world.rotation(confirm=True).abort()
            else:
                world.rotation(confirm=True).run()
            break
        except (Killed, PyvaultError):
            assert world.prompts - before <= 1
    world.chance = lambda step: None
    if world.has_journal:
        dice.choice([Rotation.abort, Rotation.run])(world.rotation(confirm=True))
    world.time += timedelta(minutes=1)
    assert_settled(world)


@pytest.mark.parametrize("undo", [False, True])
@pytest.mark.parametrize("boundary", ["before create", "before put"])
def test_a_key_that_was_replaced_meanwhile_is_left_alone(boundary: str, undo: bool) -> None:
    world = new_world()

    def die(step: str) -> None:
        if step == boundary:
            raise Killed

    world.chance = die
    with pytest.raises(Killed):
        world.rotation().run()
    world.chance = lambda step: None
    del world.keys["AKIA0000OLD"]
    mine = RemoteKey(key_id="AKIA00000000MINE", active=True, created=world.time)
    world.keys[mine.key_id] = mine
    world.secrets[mine.key_id] = "mine"
    world.store.put("ci", StoredCredentials(access_key_id=mine.key_id, secret_access_key=Secret("mine")))
    with pytest.raises(ConflictError, match="is not the one whose rotation was interrupted"):
        (Rotation.abort if undo else Rotation.run)(world.rotation(confirm=True))
    assert mine.key_id in world.keys
    assert world.stored.access_key_id == mine.key_id


def failing(world: World, step: str) -> None:
    """Let the store refuse one kind of change from now on."""

    def refuse(seen: str) -> None:
        if seen == step:
            raise AccessDeniedError("broken")

    world.chance = refuse


@pytest.mark.parametrize(
    ("step", "is_under_way", "has_replaced"),
    [
        ("before put_item", False, False),
        ("before put", True, False),
        ("before delete_item", True, True),
        ("nothing", False, True),
    ],
)
def test_what_was_done_is_known_though_the_store_fails(step: str, is_under_way: bool, has_replaced: bool) -> None:
    world = new_world()
    failing(world, step)
    rotation = world.rotation()
    if step == "nothing":
        rotation.run()
    else:
        with pytest.raises(AccessDeniedError):
            rotation.run()
    assert (rotation.is_under_way, rotation.has_replaced) == (is_under_way, has_replaced)


def test_a_store_that_is_only_read_stops_it_before_a_key_is_made() -> None:
    world = new_world()
    failing(world, "before put_item")
    with pytest.raises(AccessDeniedError):
        world.rotation().run()
    assert world.created == 0


def test_a_journal_that_was_there_before_is_seen_when_it_is_read() -> None:
    world = new_world()
    failing(world, "before put")
    with pytest.raises(AccessDeniedError):
        world.rotation().run()
    later = world.rotation()
    assert not later.is_under_way
    assert later.journal() is not None
    assert later.is_under_way
    world.chance = lambda step: None
    world.rotation().run()  # another process finishes it
    assert later.journal() is None
    assert not later.is_under_way


def test_a_place_for_locks_that_can_not_be_made_is_an_error_of_ours(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(WriteFailedError, match=r"can't write '.*/file/locks'"):
        only_rotation("me", tmp_path / "file" / "locks")
