"""A forked child does not hold what its parent has locked, can't release it, and waits for no thread that it lacks."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pyvault.errors import LockTimeoutError
from pyvault.files.lock import LockFile
from vaults import UnlockSources, Vault, contents, make_vault

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="is about systems that fork")

LEAVES_A_CHILD = """
import os, signal, sys
from pathlib import Path
from pyvault.files.atomic import PendingFile
from pyvault.files.lock import LockFile
place = Path(sys.argv[1])
with LockFile(place / "x.lock"), PendingFile(place / "y") as pending:
    pending.write(b"half")
    if os.fork() == 0:
        print("forked", flush=True)
        os.close(1)
        signal.pause()
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_child_that_outlives_its_parent_holds_nothing_of_it(tmp_path: Path) -> None:
    from pyvault.files.atomic import remove_leftovers

    process = subprocess.Popen(
        [sys.executable, "-c", LEAVES_A_CHILD, str(tmp_path)], stdout=subprocess.PIPE, text=True, process_group=0
    )
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "forked\n"
        process.wait()
        with LockFile(tmp_path / "x.lock", timeout=5):
            pass
        assert [path for path in tmp_path.iterdir() if ".pending-" in path.name]
        remove_leftovers(tmp_path / "y")
        assert not [path for path in tmp_path.iterdir() if ".pending-" in path.name]
    finally:
        process.stdout.close()
        os.killpg(process.pid, 9)


PROGRAM = """
import os, sys, threading
from pathlib import Path
from pyvault.errors import ConflictError, WriteFailedError
from pyvault.files.atomic import PendingFile
from pyvault.files.lock import LockFile
from vaults import UnlockSources, Vault, WEAK, credential
from pyvault.secret import Secret
from pyvault.thread_locks import ModuleLock

place = Path(sys.argv[1])
def other_can_lock(path):
    reader, writer = os.pipe()
    if os.fork() == 0:
        try:
            with LockFile(path, timeout=0):
                os.write(writer, b"1")
        finally:
            os._exit(0)
    os.close(writer)
    return os.read(reader, 1) == b"1"

def in_a_child(act):
    pid = os.fork()
    if pid == 0:
        try:
            act()
        except BaseException:
            import traceback
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0

# A child that leaves the block does not release the lock of its parent.
for ephemeral in (False, True):
    pid = None
    with LockFile(place / "x.lock", ephemeral=ephemeral):
        pid = os.fork()
        if pid:
            os.waitpid(pid, 0)
            assert not other_can_lock(place / "x.lock")
    if pid == 0:
        os._exit(0)

# It neither removes the unfinished file of its parent nor puts it in place.
with PendingFile(place / "y") as pending:
    pending.write(b"parent")
    pending.finish()
    pid = os.fork()
    if pid == 0:
        try:
            pending.commit()
        except WriteFailedError:
            pending.__exit__(None, None, None)
            os._exit(0)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    pending.commit()
assert (place / "y").read_bytes() == b"parent"

# A transaction is its parent's.
vault = Vault.open(place / "vault.pyv", UnlockSources(keyfile=place / "ci.key"), options=WEAK)
pid = None
try:
    with vault.transaction():
        vault.put(credential("b"), Secret(b"b"))
        pid = os.fork()
        if pid:
            assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
except ConflictError:
    if pid == 0:
        assert vault.get(credential("a")).reveal() == b"a"
        os._exit(0)
    raise
if pid == 0:
    os._exit(1)

# One that is forked while a thread is in the middle of a transaction reads and writes for itself.
inside, go_on, turns = threading.Event(), threading.Event(), ModuleLock()
def write():
    with turns.lock, vault.transaction():
        vault.put(credential("c"), Secret(b"c"))
        inside.set()
        go_on.wait()
thread = threading.Thread(target=write)
thread.start()
inside.wait()
def child():
    assert turns.lock.acquire(blocking=False)
    assert vault.get(credential("b")).reveal() == b"b"
    assert sorted(entry.name.name for entry in vault.entries()) == ["a", "b"]
in_a_child(child)
go_on.set()
thread.join()
in_a_child(lambda: vault.put(credential("d"), Secret(b"d")))
"""


def test_a_child_leaves_to_its_parent_what_is_its_parent_s(tmp_path: Path) -> None:
    make_vault(tmp_path, items={"a": b"a"}).close()
    tests = Path(__file__).parents[2]
    subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path)],
        check=True,
        timeout=120,
        env={**os.environ, "PYTHONPATH": str(tests)},
    )  # what hangs can't be asked to end
    vault = Vault.open(tmp_path / "vault.pyv", UnlockSources(keyfile=tmp_path / "ci.key"))
    assert contents(vault) == {name: name.encode() for name in "abcd"}


def test_a_lock_of_this_process_is_not_one_of_a_child(tmp_path: Path) -> None:
    with LockFile(tmp_path / "x"):
        pid = os.fork()
        if pid == 0:
            try:
                LockFile(tmp_path / "x", timeout=0).__enter__()
            except LockTimeoutError as error:
                os._exit(0 if f"process {os.getppid()} " in error.message else 1)
            os._exit(2)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def test_a_child_that_was_given_a_lock_holds_it_and_removes_it(tmp_path: Path) -> None:
    path = tmp_path / "x"
    lock = LockFile(path, ephemeral=True)
    with lock:
        lock.share_with_children()
        pid = os.fork()
        if pid == 0:
            lock.__exit__(None, None, None)
            os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
        assert not path.exists()


STORES = """
import os, signal, sys, threading
import pyvault
from pyvault.api.storing import _alone
vault = pyvault.open_vault("memory", environ={}, home=sys.argv[1])
inside, go_on = threading.Event(), threading.Event()
def store():
    with _alone(vault._runtime):
        inside.set()
        go_on.wait()
thread = threading.Thread(target=store)
thread.start()
inside.wait()
if (pid := os.fork()) == 0:
    signal.alarm(20)
    vault.put("ci", access_key_id="AKIAIOSFODNN7EXAMPLE", secret_access_key=pyvault.Secret("s" * 40))
    os._exit(0 if vault.profiles() == ["ci"] else 1)
go_on.set()
thread.join()
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""


def test_a_child_can_store_though_a_thread_of_its_parent_was_storing(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", STORES, str(tmp_path)], check=True, timeout=120)


FORKS_WITH_A_LIMIT = """
import os, signal, sys, threading
from pathlib import Path
from pyvault.files import owned
from pyvault.files.lock import LockFile
from pyvault.thread_locks import ModuleLock

class SoftTimeLimit(Exception):
    pass

def limit(number, frame):
    go_on.set()
    raise SoftTimeLimit

def hold():
    with turns.lock, {lock}:
        inside.set()
        {wait}

place, turns, inside, go_on = Path(sys.argv[1]), ModuleLock(), threading.Event(), threading.Event()
sys.path.insert(0, str(place))
sys.unraisablehook = lambda lost: print(lost.exc_type.__name__)
signal.signal(signal.SIGALRM, limit)
thread = threading.Thread(target=hold)
thread.start()
inside.wait()
signal.setitimer(signal.ITIMER_REAL, 0.3)
try:
    pid = os.fork()
except SoftTimeLimit:  # in the parent, after the fork
    sys.exit(3)
if pid == 0:
    signal.alarm(20)
    with turns.lock, LockFile(place / "x.lock"):
        import slow
    os._exit(0)
go_on.set()
thread.join()
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""


@pytest.mark.parametrize(
    ("lock", "wait"),
    [("turns.lock", "import slow"), ("owned._opening", "go_on.wait()")],
    ids=["imports are waited for", "a file is opened"],
)
def test_a_time_limit_in_the_middle_of_a_fork_leaves_the_child_no_lock(tmp_path: Path, lock: str, wait: str) -> None:
    """Python reports what is raised in what it calls before a fork, and forks."""
    (tmp_path / "slow.py").write_text("import __main__\n__main__.go_on.wait()\n")
    program = FORKS_WITH_A_LIMIT.replace("{lock}", lock).replace("{wait}", wait)
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], check=True, timeout=120, capture_output=True, text=True
    )
    assert done.stdout == "SoftTimeLimit\n"
