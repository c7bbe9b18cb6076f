"""Whatever is raised, at whatever moment, leaves no lock behind."""

from __future__ import annotations

import gc
import inspect
import sys
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, ExitStack
from opcode import opname
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from pyvault.errors import LockTimeoutError
from pyvault.files.lock import LockFile
from pyvault.names import ItemName, Kind
from pyvault.secret import Secret
from pyvault.sessions.single_flight import SingleFlight
from pyvault.thread_locks import holding
from pyvault.vaultfile.state.remembering import remembering
from pyvault.vaultfile.state.trust_store import TrustStore
from vaults import contents, credential, make_vault


class Interruption(Exception):  # noqa: N818 - as a soft time limit
    """A program's own, out of a signal handler."""


#: Where Python looks for signals, as ``ceval.c`` has it: at the beginning of a function, and after a call.
MOMENTS = ("RESUME", "CALL", "CALL_FUNCTION_EX", "CALL_KW", "JUMP_BACKWARD")


class At:
    """Raises at the Nth moment at which a signal handler could run, in the modules that lock."""

    def __init__(self, number: int) -> None:
        self._left = number
        self.raised, self.where = False, ""
        self._last: dict[int, str] = {}

    def __call__(self, frame: FrameType, event: str, _: object) -> Any:
        if event == "call":
            if not frame.f_code.co_filename.endswith(
                ("/files/lock.py", "/files/owned.py", "/files/private.py", "/pyvault/thread_locks.py")
            ):
                return None
            frame.f_trace_opcodes, frame.f_trace_lines = True, False
            self._count(f"the beginning of {frame.f_code.co_name}")
            return self
        if event == "opcode":
            before = self._last.get(id(frame))
            self._last[id(frame)] = opname[frame.f_code.co_code[frame.f_lasti]]
            if before in MOMENTS:
                self._count(f"{before} in {frame.f_code.co_name}")
        if event == "return":
            self._last.pop(id(frame), None)
        return self

    def _count(self, where: str) -> None:
        self._left -= 1
        if self._left == 0:
            sys.settrace(None)
            self.raised, self.where = True, where
            raise Interruption


def see_all(take: Callable[[Path], AbstractContextManager[object]], path: Path) -> None:
    """Make the next trace complete: since Python 3.12 a function tells its opcodes from its second traced call on."""
    sys.settrace(At(0))  # which never raises
    try:
        with take(path):
            pass
    finally:
        sys.settrace(None)


def lock_file(path: Path) -> AbstractContextManager[object]:
    return LockFile(path)


def ephemeral(path: Path) -> AbstractContextManager[object]:
    return LockFile(path, ephemeral=True)


@holding
def held(path: Path) -> Generator[None]:
    with LockFile(path):
        yield


def turn(path: Path) -> AbstractContextManager[object]:
    return SingleFlight(path.parent)._turn(path.stem)


def memory(path: Path) -> AbstractContextManager[object]:
    return remembering(TrustStore(path.with_name("trust.json")), timeout=1)


@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")  # closed by nobody but itself
@pytest.mark.parametrize("take", [lock_file, ephemeral, held, turn, memory])
@pytest.mark.parametrize("kept", [False, True], ids=["the traceback goes", "somebody keeps the traceback"])
def test_a_lock_is_let_go_at_whatever_moment_it_is_interrupted(
    tmp_path: Path, take: Callable[[Path], AbstractContextManager[object]], kept: bool
) -> None:
    path, number, keeping, still_held = tmp_path / "trust.lock", 0, list[BaseException](), list[str]()
    while True:
        number += 1
        see_all(take, path)
        at = At(number)
        try:
            sys.settrace(at)
            with take(path):
                pass
        except Interruption as error:
            if kept:
                keeping.append(error)
        finally:
            sys.settrace(None)
        if not at.raised:
            break
        try:
            with LockFile(path, timeout=0):
                pass
        except LockTimeoutError:
            still_held.append(at.where)
            assert kept
            keeping.clear()
            with LockFile(path, timeout=0):
                pass
    keeping.clear()
    gc.collect()
    assert number > 40
    assert still_held == []


def test_who_looks_at_a_context_manager_changes_nothing(tmp_path: Path) -> None:
    """A debugger that shows a variable looks up everything, and ``hasattr`` drops what it found."""
    for take in (lock_file, held):
        manager = take(tmp_path / "x.lock")
        assert hasattr(manager, "__exit__")
        with manager:
            dict(inspect.getmembers(manager)).clear()
            gc.collect()
            with pytest.raises(LockTimeoutError):
                LockFile(tmp_path / "x.lock", timeout=0).__enter__()
        with LockFile(tmp_path / "x.lock", timeout=0):
            pass


def test_locks_on_a_stack_of_exits_are_held_until_it_ends(tmp_path: Path) -> None:
    with ExitStack() as stack:
        stack.enter_context(lock_file(tmp_path / "a.lock"))
        stack.enter_context(held(tmp_path / "b.lock"))
        gc.collect()
        for name in ("a.lock", "b.lock"):
            with pytest.raises(LockTimeoutError):
                LockFile(tmp_path / name, timeout=0).__enter__()
    for name in ("a.lock", "b.lock"):
        with LockFile(tmp_path / name, timeout=0):
            pass


def test_who_holds_it_is_told_when_it_is_this_very_process(tmp_path: Path) -> None:
    with LockFile(tmp_path / "x"):
        with pytest.raises(LockTimeoutError, match=r"x' is locked by this very process$") as caught:
            LockFile(tmp_path / "x", timeout=0).__enter__()
        assert "another thread" in (caught.value.hint or "")


def test_a_number_of_a_process_elsewhere_is_not_this_one(tmp_path: Path) -> None:
    """Two containers share a volume, and both programs have the number 1."""
    import fcntl
    import os

    (tmp_path / "x").touch(mode=0o600)
    with (tmp_path / "x").open("w") as elsewhere:
        elsewhere.write(f"{os.getpid()} python\n")
        elsewhere.flush()
        fcntl.flock(elsewhere, fcntl.LOCK_EX)
        with pytest.raises(LockTimeoutError, match=rf"locked by process {os.getpid()} \(python\)"):
            LockFile(tmp_path / "x", timeout=0).__enter__()


def test_a_writer_does_not_write_what_it_can_not_remember_in_time(tmp_path: Path) -> None:
    from pyvault.record import replace
    from vaults import WEAK

    told: list[str] = []
    (tmp_path / "state").mkdir(mode=0o700)
    trust = TrustStore(tmp_path / "state" / "trust.json", warn=told.append)
    vault = make_vault(tmp_path, items={"a": b"a"}, trust=trust, options=replace(WEAK, lock_timeout=0.05))
    before = vault.path.read_bytes()
    with LockFile(tmp_path / "state" / "trust.lock"):
        for write in (
            lambda: vault.put(ItemName(Kind.CREDENTIAL, "b"), Secret(b"b")),
            lambda: vault.delete(credential("a")),
            lambda: make_vault(tmp_path / "state", trust=trust, options=replace(WEAK, lock_timeout=0.05)),
        ):
            with pytest.raises(LockTimeoutError, match=r"the trust file '.*trust\.json' is locked by"):
                write()
        assert contents(vault) == {"a": b"a"}
    assert vault.path.read_bytes() == before
    assert told == []
    vault.put(credential("b"), Secret(b"b"))
    assert trust.known_states()[vault.vault_id].generation == vault.generation
