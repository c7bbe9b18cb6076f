"""Stores whose key derivations are counted, or asked for by an attacker, or dearer in a later version."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from peers.jwe_writer import encrypt
from pyvault.names import ItemName
from pyvault.record import replace
from pyvault.secret import Secret
from pyvault.testing import Subject
from pyvault.vaultfile.format.kdf import KdfCost, argon2id
from pyvault.vaultfile.vault import Vault
from pyvault.vaultfile.vault_options import VaultOptions
from vaults import KNOWN_PASSPHRASE, by_passphrase, known_answer
from weaknesses import ours, weak
from weaknesses.models.ini_file import ITERATIONS
from weaknesses.proof import Place
from weaknesses.store import PROD, RIGHT, Store

ENDLESS = 2**31 - 1  # iterations: an hour of PBKDF2
PASSES = 84 + 14 + 4  # where the known answer's first slot says how many passes Argon2id shall make


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What one derivation costs; the memory is in KiB."""

    function: str
    iterations: int
    memory: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived:
    """A store with a passphrase.

    Attributes:
        read: opens it anew and reads these items; gives each derivation that this took.
    """

    store: Store
    read: Callable[[Sequence[ItemName]], list[Price]]


def vault_file(place: Place) -> Derived:
    """With the cheapest passphrase slot that can be made."""
    store = ours.vault_file_with_passphrase(place)

    def read(names: Sequence[ItemName]) -> list[Price]:
        spent: list[Price] = []

        def derive(passphrase: Secret[bytes], salt: bytes, cost: KdfCost) -> Secret[bytes]:
            spent.append(Price(function="Argon2id", iterations=cost.passes, memory=cost.memory))
            return argon2id(passphrase, salt, cost)

        with Vault.open(store.file_of(PROD), by_passphrase(RIGHT), options=VaultOptions(derive=derive)) as vault:
            for name in names:
                vault.get(name)
        return spent

    return Derived(store=store, read=read)


def jwe_folder(place: Place) -> Derived:
    store = weak.jwe_folder(place)

    def read(names: Sequence[ItemName]) -> list[Price]:
        backend = store.open()
        for name in names:
            backend.get(name)
        return [Price(function="PBKDF2-HMAC-SHA256", iterations=count) for count in backend.spent]

    return Derived(store=store, read=read)


def ini_file(place: Place) -> Derived:
    store = weak.ini_file(place)

    def read(names: Sequence[ItemName]) -> list[Price]:
        backend = store.open()
        for name in names:
            backend.get(name)
        return [Price(function="PBKDF2-HMAC-SHA256", iterations=int(ITERATIONS))] * backend.derivations

    return Derived(store=store, read=read)


@dataclass(frozen=True, slots=True, kw_only=True)
class Greedy:
    """A store whose item ``credential/prod`` an attacker has made."""

    subject: Subject


def greedy_vault_file(place: Place) -> Greedy:
    path = known_answer(place.folder)
    content = bytearray(path.read_bytes())
    struct.pack_into(">I", content, PASSES, ENDLESS)
    path.write_bytes(content)
    return Greedy(
        subject=Subject(backend="file", options={"path": str(path)}, answers={"passphrase": KNOWN_PASSPHRASE})
    )


def greedy_import(place: Place) -> Greedy:
    """Moving in from aws-vault reads such files too."""
    return _greedy_files(place, "pyvault_backends.aws_vault_files:AwsVaultFiles")


def greedy_jwe_folder(place: Place) -> Greedy:
    return _greedy_files(place, "weaknesses.models.jwe_folder:JweFolder")


def _greedy_files(place: Place, backend: str) -> Greedy:
    (place.folder / PROD.name).write_text(encrypt(b"{}", RIGHT, p2c=ENDLESS))
    return Greedy(subject=Subject(backend=backend, options={"path": str(place.folder)}, answers={"passphrase": RIGHT}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Later:
    """A store, and the same one under a later version of its program, in which a key costs more."""

    store: Store
    later: Store


def vault_file_later(place: Place) -> Later:
    return _later(ours.vault_file_with_passphrase(place), kdf="high")


def ini_file_later(place: Place) -> Later:
    return _later(weak.ini_file(place), iterations="20000")


def _later(store: Store, **options: str) -> Later:
    subject = replace(store.subject, options={**store.subject.options, **options})
    return Later(store=store, later=replace(store, subject=subject))
