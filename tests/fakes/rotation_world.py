"""A world of one IAM user in memory, in which every step can fail."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import cast

from pyvault.aws.calls import AccessKey, CallerIdentity
from pyvault.backend import Backend
from pyvault.errors import AwsError, AwsUnreachableError
from pyvault.model import Credentials, StoredCredentials
from pyvault.names import ItemName, Kind
from pyvault.record import replace
from pyvault.rotation.decide import RemoteKey
from pyvault.rotation.rotate import Rotation
from pyvault.secret import Secret
from pyvault.storage.typed_store import CredentialStore
from pyvault_backends.memory import MemoryBackend

USER = CallerIdentity(account_id="123456789012", arn="arn:aws:iam::123456789012:user/ci")
PENDING = ItemName(Kind.PENDING, "ci")


class Killed(KeyboardInterrupt):
    """The process ends here, as with SIGKILL: nothing may catch it."""


class Store(MemoryBackend):
    """Keeps the items; ``step`` is told before and after every change, and may end the process."""

    def __init__(self, step: Callable[[str], None]) -> None:
        super().__init__()
        self._step = step

    def put(self, name: ItemName, data: Secret[bytes]) -> None:
        with self._around(name):
            super().put(name, data)

    def put_if(self, name: ItemName, data: Secret[bytes], version: str) -> str:
        with self._around(name):
            return super().put_if(name, data, version)

    def create(self, name: ItemName, data: Secret[bytes]) -> str:
        with self._around(name):
            return super().create(name, data)

    @contextmanager
    def _around(self, name: ItemName) -> Iterator[None]:
        what = "put_item" if name.kind is Kind.PENDING else "put"
        self._step(f"before {what}")
        yield
        self._step(f"after {what}")

    def delete(self, name: ItemName) -> None:
        self._step("before delete_item")
        super().delete(name)
        self._step("after delete_item")


class PlainStore:
    """The same with the five methods alone: neither versions nor transactions."""

    API_VERSION = 1

    def __init__(self, step: Callable[[str], None]) -> None:
        kept = Store(step)
        self.get, self.put, self.delete, self.names, self.close = (
            kept.get,
            kept.put,
            kept.delete,
            kept.names,
            kept.close,
        )


@dataclass
class World:
    """AWS, the backend and the clock; ``chance`` is asked before and after every step."""

    chance: Callable[[str], None] = lambda step: None
    time: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    keys: dict[str, RemoteKey] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    propagation: timedelta = timedelta(0)
    users: dict[str, CallerIdentity] = field(default_factory=dict)
    prompts: int = 0
    created: int = 0
    said: list[str] = field(default_factory=list)
    plain: bool = False

    def __post_init__(self) -> None:
        backend = PlainStore(self._step) if self.plain else Store(self._step)
        self.store = CredentialStore(cast("Backend", backend))

    def _step(self, step: str) -> None:
        self.chance(step)  # whichever it is then

    @property
    def stored(self) -> StoredCredentials:
        return self.store.get("ci")

    @property
    def has_journal(self) -> bool:
        return PENDING in self.store.backend.names()

    # -- AWS
    def _check(self, signer: Credentials) -> None:
        key_id = signer.access_key_id.removeprefix("SESSION-")
        key = self.keys.get(key_id)
        young = key is not None and self.time - key.created < self.propagation
        if key is None or not key.active or young or self.secrets[key_id] != signer.secret_access_key.reveal():
            raise AwsError("the key is not known", code="InvalidClientTokenId")

    def list_keys(self, signer: Credentials) -> list[RemoteKey]:
        self.chance("before list")
        self._check(signer)
        return list(self.keys.values())

    def iam(self, signer: Credentials) -> SignedIam:
        return SignedIam(self, signer)

    def create_key(self, signer: Credentials) -> StoredCredentials:
        self.chance("before create")
        self._check(signer)
        if len(self.keys) >= 2:
            raise AwsError("two keys", code="LimitExceeded")
        self.created += 1
        key_id, secret = f"AKIA{self.created:016d}", f"secret-{self.created}"
        self.keys[key_id] = RemoteKey(key_id=key_id, active=True, created=self.time)
        self.secrets[key_id] = secret
        self.chance("after create")
        return StoredCredentials(access_key_id=key_id, secret_access_key=Secret(secret))

    def deactivate_key(self, signer: Credentials, key_id: str) -> None:
        self.chance("before deactivate")
        self._check(signer)
        self.keys[key_id] = replace(self.keys[key_id], active=False)
        self.chance("after deactivate")

    def delete_key(self, signer: Credentials, key_id: str) -> None:
        self.chance("before delete")
        self._check(signer)
        if key_id not in self.keys:
            raise AwsError("no such key", code="NoSuchEntity")
        del self.keys[key_id]
        self.chance("after delete")

    def identity(self, signer: Credentials) -> CallerIdentity:
        self.chance("before identity")
        self._check(signer)
        key_id = signer.access_key_id.removeprefix("SESSION-")
        self.keys[key_id] = replace(self.keys[key_id], last_used=self.time)
        return self.users.get(key_id, USER)

    # -- the rest
    def authenticate(self, pair: StoredCredentials) -> Credentials:
        self.prompts += 1
        signer = Credentials(access_key_id=f"SESSION-{pair.access_key_id}", secret_access_key=pair.secret_access_key)
        self._check(signer)
        return signer

    def wait(self, duration: timedelta) -> None:
        self.time += duration

    def rotation(self, *, confirm: bool = False, keep_old: bool = False, delete_inactive: bool = False) -> Rotation:
        return Rotation(
            "ci",
            self.store,
            iam=self.iam,
            identity=self.identity,
            authenticate=self.authenticate,
            confirm=lambda question: confirm,
            report=self.said.append,
            clock=lambda: self.time,
            wait=self.wait,
            keep_old=keep_old,
            delete_inactive=delete_inactive,
        )


@dataclass
class SignedIam:
    """The world's IAM as one signer sees it."""

    world: World
    signer: Credentials

    def list_access_keys(self) -> list[AccessKey]:
        listed = self.world.list_keys(self.signer)
        return [AccessKey(access_key_id=key.key_id, active=key.active, created=key.created) for key in listed]

    def list_mfa_devices(self) -> list[str]:
        return []

    def last_used(self, access_key_id: str) -> datetime | None:
        return self.world.keys[access_key_id].last_used

    def create_access_key(self) -> StoredCredentials:
        return self.world.create_key(self.signer)

    def deactivate_access_key(self, access_key_id: str) -> None:
        self.world.deactivate_key(self.signer, access_key_id)

    def delete_access_key(self, access_key_id: str) -> None:
        self.world.delete_key(self.signer, access_key_id)


def new_world(*, plain: bool = False) -> World:
    world = World(plain=plain)
    pair = StoredCredentials(access_key_id="AKIA0000OLD", secret_access_key=Secret("old"))
    world.keys["AKIA0000OLD"] = RemoteKey(key_id="AKIA0000OLD", active=True, created=world.time - timedelta(days=90))
    world.secrets["AKIA0000OLD"] = "old"
    world.store.put("ci", pair)
    return world


def unlucky(seed: int, world: World) -> Callable[[str], None]:
    """Kill, drop the answer or throttle at random places."""
    dice = random.Random(seed)

    def chance(step: str) -> None:
        world.time += timedelta(seconds=1)
        roll = dice.random()
        if roll < 0.08:
            raise Killed(step)
        aws = step.rsplit(" ", 1)[1] in {"list", "create", "deactivate", "delete", "identity"}
        if aws and roll < 0.14:
            raise AwsUnreachableError("the connection was dropped")
        if aws and step.startswith("before") and roll < 0.20:
            raise AwsError("slow down", code="Throttling")

    return chance
