"""A world of one IAM user in memory, in which every step can fail."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from pyvault.aws.calls import CallerIdentity
from pyvault.errors import AwsError, AwsUnreachableError, ItemNotFoundError
from pyvault.model import Credentials, StoredCredentials
from pyvault.names import ItemName
from pyvault.record import replace
from pyvault.rotation.decide import RemoteKey
from pyvault.rotation.tools import Tools
from pyvault.secret import Secret

USER = CallerIdentity(account_id="123456789012", arn="arn:aws:iam::123456789012:user/ci")


class Killed(BaseException):
    """The process ends here, as with SIGKILL: nothing may catch it."""


@dataclass
class World:
    """AWS, the backend and the clock; ``chance`` is asked before and after every step."""

    chance: Callable[[str], None] = lambda step: None
    time: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    keys: dict[str, RemoteKey] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    items: dict[ItemName, Secret[bytes]] = field(default_factory=dict)
    stored: dict[str, StoredCredentials] = field(default_factory=dict)
    propagation: timedelta = timedelta(0)
    users: dict[str, CallerIdentity] = field(default_factory=dict)
    prompts: int = 0
    created: int = 0
    said: list[str] = field(default_factory=list)

    # -- the backend
    def get(self, profile: str) -> StoredCredentials:
        return self.stored[profile]

    def put(self, profile: str, credentials: StoredCredentials) -> None:
        self.chance("before put")
        self.stored[profile] = credentials
        self.chance("after put")

    def get_item(self, name: ItemName) -> Secret[bytes]:
        if name not in self.items:
            raise ItemNotFoundError(f"no {name}")
        return self.items[name]

    def put_item(self, name: ItemName, data: Secret[bytes]) -> None:
        self.chance("before put_item")
        self.items[name] = data
        self.chance("after put_item")

    def delete_item(self, name: ItemName) -> None:
        self.chance("before delete_item")
        del self.items[name]
        self.chance("after delete_item")

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

    def tools(self, *, confirm: bool = False) -> Tools:
        return Tools(
            shelf=self,
            calls=self,
            authenticate=self.authenticate,
            confirm=lambda question: confirm,
            report=self.said.append,
            clock=lambda: self.time,
            wait=self.wait,
        )


def new_world() -> World:
    world = World()
    pair = StoredCredentials(access_key_id="AKIA0000OLD", secret_access_key=Secret("old"))
    world.keys["AKIA0000OLD"] = RemoteKey(key_id="AKIA0000OLD", active=True, created=world.time - timedelta(days=90))
    world.secrets["AKIA0000OLD"] = "old"
    world.stored["ci"] = pair
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
