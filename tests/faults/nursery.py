"""Run one vault operation again and again, each time with a fault at another system call.

A program of its own, single-threaded, so that it may fork: one child per fault.
A profile function sees every call of a built-in function before it is made, so
the code under test runs as it is, without a door for faults.

``nursery.py MODE OPERATION DIRECTORY`` prints one JSON object per run:
MODE is ``kill`` (SIGKILL instead of the n-th call), ``tear`` (the same, but a
write is half done) or ``fail`` (the n-th call says "no space left on device").
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import sys
import traceback
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib import import_module
from io import FileIO
from pathlib import Path
from types import FrameType

from pyvault.errors import PyvaultError, WrongKeyError
from pyvault.secret import Secret
from pyvault.vaultfile.disk.backups import delete_backups
from pyvault.vaultfile.state.merge_files import merge_vault
from pyvault.vaultfile.state.trust_store import TrustStore
from pyvault.vaultfile.unlock.key_sources import UnlockSources
from pyvault.vaultfile.unlock.new_slot import KeyFileSlot, PassphraseSlot
from pyvault.vaultfile.vault import Vault
from vaults import CHEAP, KEY, WEAK, by_passphrase, contents, credential, make_vault

# The vault imports what writes when it first writes. Here that is done before, so that the
# faults meet the vault's own calls and not the reading of Python's modules.
for part in (
    "state.draft",
    "state.remembering",
    "state.new_vault_file",
    "disk.free_memory",
    "state.merge_files",
    "unlock.new_slot",
    "state.rekey",
    "state.transaction",
    "disk.write",
    "state.places",
    "state.slot_changes",
    "state.expectations",
    "state.conditional",
    "disk.backups",
    "disk.local_place",
    "unlock.unlock_cache",
):
    import_module(f"pyvault.vaultfile.{part}")

SYSTEM = {"posix", "fcntl"}
COPY = "vault (1).pyv"  # the same vault, written apart
OLD_ITEMS = {"kept": b"kept", "changed": b"old", "gone": b"gone"}
#: These ask the kernel nothing that could fail, or nothing at all.
INFALLIBLE = {"fspath", "getpid", "geteuid", "urandom", "_path_normpath", "_path_splitroot_ex"}  # 3.13 has the last
ENDINGS = {0: "done", 3: "failed", 4: "leaked", 5: "unharmed"}
DONE, FAILED, LEAKED, UNHARMED = ENDINGS
MOST_CALLS = 1000


def passphrase_slot(passphrase: str) -> PassphraseSlot:
    return PassphraseSlot(passphrase=Secret(passphrase), cost=CHEAP)


def put(vault: Vault) -> None:
    vault.put(credential("changed"), Secret(b"new"))


def delete(vault: Vault) -> None:
    vault.delete(credential("gone"))


def passwd(vault: Vault) -> None:
    passphrase = next(slot.slot_id for slot in vault.slots() if slot.kind == "passphrase")
    vault.change_passphrase(passphrase_slot("new"), slot_id=passphrase)


def rekey(vault: Vault) -> None:
    vault.rekey(by_passphrase("old"))


def several(vault: Vault) -> None:
    with vault.transaction():
        vault.put(credential("first"), Secret(b"1"))
        vault.put(credential("second"), Secret(b"2"))
        vault.delete(credential("gone"))


def restore(vault: Vault) -> None:
    Vault.restore(vault.path, 2, UnlockSources(keyfile=vault.path.with_name("ci.key")), trust=trust_of(vault.path))


def create(vault: Vault) -> None:
    second = vault.path.with_name("second.pyv")
    Vault.create(second, new_slots=[KeyFileSlot(key=KEY)], trust=trust_of(second), options=WEAK)


def merge(vault: Vault) -> None:
    sources = UnlockSources(keyfile=vault.path.with_name("ci.key"))
    copy = vault.path.with_name(COPY)
    merge_vault(vault.path, copy, sources, sources, trust=trust_of(vault.path), options=WEAK)


OPERATIONS: dict[str, Callable[[Vault], None]] = {
    each.__name__: each for each in (put, delete, passwd, rekey, several, restore, create, merge)
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one run left behind.

    Attributes:
        ending: ``killed``, ``failed`` (by our own error), ``leaked`` (by a foreign
            one), ``unharmed`` (in spite of the fault) or ``done`` (there was no such call).
        state: contents, the passphrases that open it, and the key epoch, as text.
        files: names in the vault's directory after the next write.
    """

    call: int
    ending: str
    state: str
    files: list[str]


def trust_of(path: Path) -> TrustStore:
    return TrustStore(path.with_name("trust.json"))


def prepare(directory: Path) -> None:
    path = directory / "vault.pyv"
    vault = make_vault(directory, passphrase_slot("old"), items=OLD_ITEMS, trust=trust_of(path))
    shutil.copy2(path, path.with_name(COPY))
    with Vault.open(path.with_name(COPY), UnlockSources(keyfile=path.with_name("ci.key")), options=WEAK) as copy:
        copy.put(credential("first"), Secret(b"1"))
        delete_backups(copy.path)
        copy.path.with_name(f"{COPY}.lock").unlink()
    vault.put(credential("kept"), Secret(b"kept"))  # so that there are backups to shift


def state_of(path: Path) -> str:
    """Open the vault by all ways that may open it; any error but a wrong key is the test's failure."""
    with Vault.open(path, UnlockSources(keyfile=path.with_name("ci.key")), trust=trust_of(path)) as vault:
        vault.verify()
        opening: list[str] = []
        for passphrase in ("old", "new"):
            try:
                Vault.open(path, by_passphrase(passphrase))
            except WrongKeyError:
                continue
            opening.append(passphrase)
        state = f"{sorted(contents(vault).items())} {opening} epoch {vault.key_epoch}"
    second = path.with_name("second.pyv")
    if not second.exists():
        return state
    with Vault.open(second, UnlockSources(keyfile=path.with_name("ci.key")), trust=trust_of(path)) as vault:
        return f"{state}, second vault with {vault.verify()} items"


def is_system_call(frame: FrameType, function: object) -> bool:
    """Whether a built-in function asks the kernel; ``files/owned.py`` opens files inside of ``next``."""
    if function is next:
        return frame.f_code.co_name == "_own"
    if isinstance(getattr(function, "__self__", None), FileIO):
        return getattr(function, "__name__", "") == "close"
    return getattr(function, "__module__", None) in SYSTEM


def fault_at(number: int, mode: str, struck: list[str]) -> Callable[[FrameType, str, object], None]:
    """Give the profile function that strikes instead of the *number*-th system call."""
    seen = 0

    def profile(frame: FrameType, event: str, function: object) -> None:
        nonlocal seen
        name = getattr(function, "__name__", "")
        if event != "c_call" or not is_system_call(frame, function) or name in INFALLIBLE:
            return
        seen += 1
        if seen != number:
            return
        sys.setprofile(None)
        struck.append(name)
        if mode == "fail":
            del frame  # or it would be a signal handler's: see pyvault.interruptions
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if mode == "tear" and function is os.write and "rest" in frame.f_locals:
            rest = frame.f_locals["rest"]
            os.write(frame.f_locals["self"]._file.fileno(), rest[: len(rest) // 2])
        os.kill(os.getpid(), signal.SIGKILL)

    return profile


def run_child(vault: Vault, operation: Callable[[Vault], None], number: int, mode: str) -> str:
    child = os.fork()
    if child == 0:
        code = LEAKED
        struck: list[str] = []
        try:
            sys.setprofile(fault_at(number, mode, struck))
            operation(vault)
            sys.setprofile(None)
            code = UNHARMED if struck else DONE
        except PyvaultError:
            code = FAILED
        except OSError:
            sys.stderr.write(f"instead of call {number}, {struck}:\n{traceback.format_exc()}")
        finally:
            sys.setprofile(None)
            os._exit(code)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return "killed"
    return ENDINGS[os.WEXITSTATUS(status)]


def main(mode: str, operation: str, directory: Path) -> None:
    pristine = directory / "pristine"
    pristine.mkdir(mode=0o700)
    prepare(pristine)
    for number in range(1, MOST_CALLS):
        place = directory / "run"
        shutil.copytree(pristine, place)
        # Link counts and times don't matter; modes do, and copytree keeps them.
        path = place / "vault.pyv"
        vault = Vault.open(path, UnlockSources(keyfile=place / "ci.key"), trust=trust_of(path), options=WEAK)
        ending = run_child(vault, OPERATIONS[operation], number, mode)
        state = state_of(vault.path)
        with Vault.open(vault.path, UnlockSources(keyfile=place / "ci.key"), trust=trust_of(vault.path)) as again:
            again.put(credential("after"), Secret(b"life goes on"))
        if operation == "create" and not place.joinpath("second.pyv").exists():
            create(vault)  # a creation that failed or died can be repeated
        files = sorted(entry.name for entry in place.iterdir())
        print(json.dumps(asdict(Outcome(call=number, ending=ending, state=state, files=files))))  # noqa: T201
        shutil.rmtree(place)
        if ending == "done":
            return


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
