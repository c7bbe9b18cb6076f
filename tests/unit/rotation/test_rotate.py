"""Whatever happens to a rotation, no key is lost and none is left behind."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from fakes.rotation_world import USER, Killed, World, new_world, unlucky
from pyvault.aws.calls import CallerIdentity
from pyvault.errors import ConflictError, CredentialsError, ItemNotFoundError, PyvaultError
from pyvault.model import StoredCredentials
from pyvault.names import ItemName, Kind
from pyvault.record import replace
from pyvault.rotation.decide import RemoteKey
from pyvault.rotation.journal import Stage
from pyvault.rotation.rotate import abort, find_journal, rotate
from pyvault.secret import Secret

PENDING = ItemName(Kind.PENDING, "ci")


def assert_settled(world: World) -> None:
    """Exactly one working key, it is the stored one, and nothing else lives at AWS."""
    stored = world.stored["ci"]
    assert world.items == {}
    assert list(world.keys) == [stored.access_key_id]
    assert world.keys[stored.access_key_id].active
    assert stored.secret_access_key.reveal() == world.secrets[stored.access_key_id]


def test_the_straight_way() -> None:
    world = new_world()
    rotate("ci", world.tools())
    assert_settled(world)
    assert "AKIA0000OLD" not in world.keys
    assert world.prompts == 1


def test_keep_old_stops_at_inactive() -> None:
    world = new_world()
    rotate("ci", world.tools(), keep_old=True)
    assert not world.keys["AKIA0000OLD"].active
    assert world.items == {}


def test_it_waits_while_a_new_key_is_unknown() -> None:
    world = new_world()
    world.propagation = timedelta(seconds=15)
    rotate("ci", world.tools())
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
            rotate("ci", world.tools())
        assert all(text in caught.value.message for text in ("...0001", USER.arn, other.arn, other.account_id))
        assert world.stored["ci"].access_key_id == "AKIA0000OLD"
        assert world.keys["AKIA0000OLD"].active
    abort("ci", world.tools())
    assert set(world.keys) == {"AKIA0000OLD"}
    assert world.items == {}


def test_two_keys_say_which_and_can_make_room() -> None:
    world = new_world()
    other = RemoteKey(key_id="AKIA000000000OTHER", active=False, created=world.time)
    world.keys[other.key_id] = other
    world.secrets[other.key_id] = "x"
    with pytest.raises(ConflictError, match=r"\.\.\.THER \(inactive\)"):
        rotate("ci", world.tools())
    rotate("ci", world.tools(), delete_inactive=True)
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
        rotate("ci", world.tools())
    with pytest.raises(ConflictError, match="no room"):
        rotate("ci", world.tools(confirm=False))
    abort("ci", world.tools(confirm=False))
    assert set(world.keys) == {"AKIA0000OLD", "AKIA0000STRANGER"}
    assert world.items == {}


def test_the_journal_shows_no_secret() -> None:
    world = new_world()

    def die(step: str) -> None:
        if step == "before put":
            raise Killed

    world.chance = die
    with pytest.raises(Killed):
        rotate("ci", world.tools())
    journal = find_journal(world, "ci")
    assert journal is not None
    assert journal.stage is Stage.CREATED
    assert "secret-1" not in repr(journal)
    assert all("secret" not in line for line in world.said)


def test_abort_needs_a_rotation() -> None:
    with pytest.raises(ItemNotFoundError):
        abort("ci", new_world().tools())


BOUNDARIES = [
    f"{when} {what}"
    for what in ("list", "put_item", "create", "identity", "put", "deactivate", "delete", "delete_item")
    for when in ("before", "after")
    if (when, what) not in {("after", "list"), ("after", "identity")}
]


@pytest.mark.parametrize("undo", [False, True])
@pytest.mark.parametrize("nth", [1, 2, 3])
@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_killed_at_each_boundary(boundary: str, nth: int, undo: bool) -> None:
    world, left = new_world(), nth

    def die(step: str) -> None:
        nonlocal left
        left -= step == boundary
        if left == 0:
            left = -1
            raise Killed

    world.chance = die
    try:
        rotate("ci", world.tools())
    except Killed:
        world.chance = lambda step: None
        if undo and PENDING in world.items:
            abort("ci", world.tools(confirm=True))
        else:
            rotate("ci", world.tools(confirm=True))
    assert_settled(world)


@pytest.mark.parametrize("seed", range(500))
def test_random_faults_lose_nothing(seed: int) -> None:
    world, dice = new_world(), random.Random(seed)
    world.propagation = timedelta(seconds=dice.choice([0, 0, 15]))
    world.chance = unlucky(seed, world)
    for _ in range(12):
        before = world.prompts
        try:
            if PENDING in world.items and dice.random() < 0.3:
                abort("ci", world.tools(confirm=True))
            else:
                rotate("ci", world.tools(confirm=True))
            break
        except (Killed, PyvaultError):
            assert world.prompts - before <= 1
    world.chance = lambda step: None
    if PENDING in world.items:
        dice.choice([abort, rotate])("ci", world.tools(confirm=True))
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
        rotate("ci", world.tools())
    world.chance = lambda step: None
    del world.keys["AKIA0000OLD"]
    mine = RemoteKey(key_id="AKIA00000000MINE", active=True, created=world.time)
    world.keys[mine.key_id] = mine
    world.secrets[mine.key_id] = "mine"
    world.stored["ci"] = StoredCredentials(access_key_id=mine.key_id, secret_access_key=Secret("mine"))
    with pytest.raises(ConflictError, match="is not the one whose rotation was interrupted"):
        (abort if undo else rotate)("ci", world.tools(confirm=True))
    assert mine.key_id in world.keys
    assert world.stored["ci"].access_key_id == mine.key_id
