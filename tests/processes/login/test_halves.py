"""Keys of two halves, with the real keyring of the kernel."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from login_keys import end_keys
from pyvault.login.halves import end_halves, find_halves, make_halves
from pyvault.login.kernel_keyring import KEY_SIZE, KernelKeyring, kernel_keyring
from pyvault.login.runtime_directory import Place

pytestmark = pytest.mark.kernel_keyring


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    runtime, state = tmp_path / "run", tmp_path / "state"
    runtime.mkdir(mode=0o700)
    yield Place(str(runtime), str(state))
    end_keys(runtime, state)


@pytest.fixture
def keyring() -> KernelKeyring:
    found = kernel_keyring()
    assert found
    return found


def place_state(place: Place) -> Path:
    return Path(place.directory).parents[1].with_name("state")


def seed(place: Place) -> Path:
    return Path(place.directory, "unlock.seed")


def test_what_is_made_is_found_until_it_ends(place: Place) -> None:
    assert find_halves(place, "unlock") is None
    made = make_halves(place, "unlock", seconds=60)
    again = make_halves(place, "unlock", seconds=60)
    found = find_halves(place, "unlock")
    assert found
    assert made.key(b"pyvault a") == again.key(b"pyvault a") == found.key(b"pyvault a")
    assert made.key(b"pyvault a") != made.key(b"pyvault b")
    assert find_halves(place, "warm") is None
    assert end_halves(place, "unlock")
    assert find_halves(place, "unlock") is None
    assert end_halves(place, "unlock"), "there is nothing left, which is what was asked for"
    assert make_halves(place, "unlock", seconds=60).key(b"pyvault a") != made.key(b"pyvault a")


def test_neither_half_alone_is_found(place: Place, keyring: KernelKeyring) -> None:
    make_halves(place, "unlock", seconds=60)
    kept = seed(place).read_bytes()
    seed(place).unlink()
    assert find_halves(place, "unlock") is None
    seed(place).write_bytes(kept)
    seed(place).chmod(0o600)
    assert find_halves(place, "unlock")
    keyring.end(place.prefix + "unlock")
    assert find_halves(place, "unlock") is None


def test_a_key_that_somebody_else_put_there_gives_another_key(place: Place, keyring: KernelKeyring) -> None:
    made = make_halves(place, "unlock", seconds=60)
    keyring.add(place.prefix + "unlock", bytes(KEY_SIZE), seconds=60)
    found = find_halves(place, "unlock")
    assert found
    assert found.key(b"pyvault a") != made.key(b"pyvault a")
    keyring.add(place.prefix + "unlock", b"short", seconds=60)
    assert find_halves(place, "unlock") is None


@pytest.mark.parametrize("kind", ["readable", "link", "hard link", "short", "long", "directory", "fifo", "foreign"])
def test_a_seed_that_is_not_ours_alone_is_none(place: Place, kind: str) -> None:
    make_halves(place, "unlock", seconds=60)
    path = seed(place)
    kept = path.rename(path.with_name("kept"))
    match kind:
        case "readable":
            kept.rename(path).chmod(0o640)
        case "link":
            path.symlink_to(kept)
        case "hard link":
            path.hardlink_to(kept)
        case "directory":
            path.mkdir()
        case "fifo":
            os.mkfifo(path, 0o600)
        case "foreign":
            if os.geteuid() != 0:
                pytest.skip("only root gives files away")
            os.chown(kept.rename(path), 12345, -1)
        case _:
            content = kept.read_bytes()
            path.write_bytes(content[:-1] if kind == "short" else content + b"x")
            path.chmod(0o600)
    assert find_halves(place, "unlock") is None
    if kind not in {"short", "long"}:  # those are made anew
        with pytest.raises(OSError):
            make_halves(place, "unlock", seconds=60)


def test_the_kernel_drops_its_half_after_the_time(place: Place, keyring: KernelKeyring) -> None:
    make_halves(place, "unlock", seconds=60)
    keyring.extend(place.prefix + "unlock", seconds=1)
    while find_halves(place, "unlock") is not None:
        time.sleep(0.05)
    assert keyring.end(place.prefix + "unlock"), "nothing is left of it"
    assert make_halves(place, "unlock", seconds=60)


def test_a_revoked_key_is_revoked_where_it_is_linked_elsewhere(place: Place, keyring: KernelKeyring) -> None:
    make_halves(place, "unlock", seconds=60)
    serial = keyring._search(place.prefix + "unlock")
    keyring._calls(keyring._keyctl, 8, serial, -2)  # into the keyring of this process
    assert keyring.end(place.prefix + "unlock")
    with pytest.raises(OSError, match="revoked"):
        keyring._calls(keyring._keyctl, 11, serial, None, 0)


SCRIPT = """
import sys
import time
from pyvault.login.halves import find_halves, make_halves
from pyvault.login.kernel_keyring import kernel_keyring
from pyvault.login.runtime_directory import Place
place = Place(sys.argv[1], sys.argv[2])
if "fresh" in sys.argv:
    keyring = kernel_keyring()
    keyring._calls(keyring._keyctl, 1, None)  # KEYCTL_JOIN_SESSION_KEYRING: a session without the user's keys
halves = find_halves(place, "unlock") if "find" in sys.argv else make_halves(place, "unlock", seconds=60)
print(halves and halves.key(b"pyvault a").hex())
"""


def elsewhere(place: Place, *words: str, before: tuple[str, ...] = ()) -> str:
    """The derived key in another process."""
    runtime = Path(place.directory).parents[1]
    ended = subprocess.run(
        [*before, sys.executable, "-c", SCRIPT, runtime, place_state(place), *words],
        capture_output=True,
        text=True,
        check=True,
    )
    return ended.stdout.strip()


def test_many_processes_at_once_make_the_same(place: Place) -> None:
    with ThreadPoolExecutor(6) as pool:
        made = set(pool.map(lambda _: elsewhere(place), range(6)))
    assert len(made) == 1
    assert made != {"None"}


def test_a_fresh_session_keyring_finds_it_too(place: Place) -> None:
    made = make_halves(place, "unlock", seconds=60).key(b"pyvault a").hex()
    assert elsewhere(place, "find", "fresh") == made
    assert elsewhere(place, "fresh") == made


@pytest.mark.peer("unshare")
@pytest.mark.skipif(os.geteuid() != 0, reason="only root enters namespaces without a user namespace")
def test_other_namespaces_of_the_same_user_lack_the_seed(place: Place) -> None:
    made = make_halves(place, "unlock", seconds=60).key(b"pyvault a").hex()
    namespaces = ("unshare", "--mount", "--pid", "--net", "--ipc", "--uts", "--fork")
    assert elsewhere(place, "find", before=namespaces) == made, "with the runtime directory it is the same user"
    runtime = Path(place.directory).parents[1]
    hidden = (*namespaces, "sh", "-c", f'mount -t tmpfs -o mode=700 none {runtime} && exec "$@"', "sh")
    assert elsewhere(place, "find", before=hidden) == "None"


@pytest.mark.peer("unshare")
def test_a_user_namespace_has_no_kernel_key(place: Place) -> None:
    if subprocess.run(["unshare", "--user", "true"], capture_output=True, check=False).returncode:
        pytest.skip("no user namespaces here")
    make_halves(place, "unlock", seconds=60)
    assert elsewhere(place, "find", before=("unshare", "--user", "--map-root-user")) == "None"
    assert find_halves(place, "unlock")


@pytest.mark.peer("setpriv")
@pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes others")
def test_another_user_finds_neither(place: Place, tmp_path: Path) -> None:
    make_halves(place, "unlock", seconds=60)
    for directory in (tmp_path, *tmp_path.parents):
        directory.chmod(directory.stat().st_mode | 0o755)
    other = ("setpriv", "--reuid=12345", "--regid=12345", "--clear-groups")
    if subprocess.run([*other, sys.executable, "-c", ""], capture_output=True, check=False).returncode:
        pytest.skip("this interpreter is in a home that is closed to others")
    assert elsewhere(place, "find", before=other) == "None"


def test_finding_a_key_imports_c_modules_only(place: Place) -> None:
    make_halves(place, "unlock", seconds=60)
    script = SCRIPT.replace("import sys\n", "import sys\nbefore = set(sys.modules)\n", 1)
    script += "print(*sorted(set(sys.modules) - before))"
    ended = subprocess.run(
        [sys.executable, "-c", script, Path(place.directory).parents[1], place_state(place), "find"],
        capture_output=True,
        text=True,
        check=True,
    )
    key, modules = ended.stdout.splitlines()
    assert key != "None"
    foreign = {name for name in modules.split() if not name.startswith("pyvault")}
    assert foreign <= {"__future__", "_blake2", "_ctypes", "errno"}
    assert {name for name in modules.split() if name.startswith("pyvault")} == {
        "pyvault",
        "pyvault.login",
        "pyvault.login.halves",
        "pyvault.login.kernel_keyring",
        "pyvault.login.runtime_directory",
        "pyvault.login.system_call",
        "pyvault.version",
    }
