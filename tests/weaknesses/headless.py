"""Machines without a desktop, on which nobody names a store (W21, W29)."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from command_line import run_pyvault, variables
from weaknesses.models.kernel_keyring import KernelKeyring
from weaknesses.ours import TESTS
from weaknesses.proof import Place, needs

SECRET = "pLaNtEd/SeCrEt+0123456789abcdefghijKLMNO"
PLAIN = TESTS / "weaknesses" / "models" / "plain_keyring"
KEY_LINES = f"AKIAIOSFODNN7EXAMPLE\n{SECRET}\n".encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """A machine with a keyring of plain text on it.

    Attributes:
        home: everything that is stored is below.
    """

    home: Path
    store_secret: Callable[[], None]


def our_command(place: Place) -> Machine:
    return _ours(place, PLAIN)


@needs(pytest.mark.slow)
def our_command_beside_alt(place: Place) -> Machine:
    return _ours(place, _alt_alone(place))


def _ours(place: Place, libraries: Path) -> Machine:
    def store() -> None:
        env = {"PYVAULT_BACKEND": None, "PYVAULT_PASSPHRASE": "correct horse", "PYTHONPATH": str(libraries)}
        words = ("add", "prod", "--stdin", "--no-verify", "--no-add-config")
        ended = run_pyvault(place.folder, *words, env=env, stdin=KEY_LINES)
        assert ended.code == 0, ended.err

    return Machine(home=place.folder, store_secret=store)


def keyrings_command(place: Place) -> Machine:
    """keyring's own choice, beside a plug-in that is as keyrings.alt's: viable everywhere, of low priority."""
    return _keyrings(place, PLAIN)


@needs(pytest.mark.slow)
def keyrings_command_with_alt(place: Place) -> Machine:
    return _keyrings(place, _alt_alone(place))


def _keyrings(place: Place, libraries: Path) -> Machine:
    def store() -> None:
        subprocess.run(
            [sys.executable, "-m", "keyring", "set", "aws", "prod"],
            env=variables(place.folder, {"PYTHONPATH": str(libraries)}),
            input=SECRET.encode(),
            capture_output=True,
            check=True,
        )

    return Machine(home=place.folder, store_secret=store)


def _alt_alone(place: Place) -> Path:
    """Give keyrings.alt as its installation alone leaves it: without the library that encrypts."""
    installed: Path = place.fixture("weak_peers")
    folder = place.folder.parent / f"{place.folder.name}-alt"
    for found in (installed / "keyrings" / "alt", *installed.glob("keyrings.alt-*.dist-info")):
        shutil.copytree(found, folder / found.relative_to(installed))
    shutil.copy(installed / "keyrings" / "__init__.py", folder / "keyrings")
    return folder


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """A store with no option set.

    Attributes:
        store_secret: gives the error, empty if there is none.
        read_secret: after the machine has started again.
    """

    store_secret: Callable[[], str]
    read_secret: Callable[[], str]


def our_defaults(place: Place) -> Defaults:
    env = {"PYVAULT_BACKEND": None, "PYVAULT_PASSPHRASE": "correct horse"}

    def store() -> str:
        words = ("add", "prod", "--stdin", "--no-verify", "--no-add-config")
        ended = run_pyvault(place.folder, *words, env=env, stdin=KEY_LINES)
        return ended.err if ended.code else ""

    def read() -> str:
        return run_pyvault(place.folder, "vault", "cat", "credential", "prod", "--yes", env=env).out

    return Defaults(store_secret=store, read_secret=lambda: SECRET if SECRET in read() else "")


def kernel_keyring(place: Place) -> Defaults:
    """After 99designs/keyring's ``keyctl`` backend, whose default scope is none."""
    return _kernel(KernelKeyring())


def kernel_keyring_with_scope(place: Place) -> Defaults:
    return _kernel(KernelKeyring(scope="user"))


def _kernel(keyring: KernelKeyring) -> Defaults:
    def read() -> str:
        keyring.restart_machine()
        return keyring.read("prod") or ""

    return Defaults(store_secret=lambda: keyring.write("prod", SECRET), read_secret=read)
