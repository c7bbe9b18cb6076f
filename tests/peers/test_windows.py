"""The whole main job on a Windows Python: Credential Manager and the encrypted file."""

from __future__ import annotations

import fcntl
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from peers.windows.wine import WindowsPython, pip, prepare, windows_path
from pyvault.testing import BackendContract

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.peer("wine", "x86_64-w64-mingw32-gcc")

SECRET = "wJalrXUtnFEMI-windows"
KEYS = {"AWS_ACCESS_KEY_ID": "AKIAWINDOWSEXAMPLE00", "AWS_SECRET_ACCESS_KEY": SECRET}
CLI = ("-c", "import sys; from pyvault_cli.main import main; sys.exit(main())")


@pytest.fixture(scope="module")
def windows(testrun_uid: str) -> Iterator[WindowsPython]:
    """One prefix, whose services end together: workers use it one after the other, and one of them prepares it."""
    build = ROOT / "build"
    build.mkdir(exist_ok=True)
    with (build / "windows.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        prepared = build / "windows" / "prepared-for"
        if prepared.exists() and prepared.read_text() == testrun_uid:
            machine = WindowsPython(root=build / "windows")
        else:
            machine = prepare(build / "windows", built_wheel(build / "windows-wheel"))
            prepared.write_text(testrun_uid)
        machine.start()
        yield machine
        machine.stop()


def built_wheel(folder: Path) -> Path:
    for old in folder.glob("*.whl"):
        old.unlink()
    pip("wheel", "--no-deps", "--no-build-isolation", "-w", str(folder), str(ROOT))
    (wheel,) = folder.glob("*.whl")
    return wheel


class Face:
    """The command line there, with a home of its own."""

    def __init__(self, machine: WindowsPython, home: Path, backend: str) -> None:
        self.machine = machine
        self.env = {
            "LOCALAPPDATA": windows_path(home),
            "APPDATA": windows_path(home),
            "USERPROFILE": windows_path(home),
            "AWS_CONFIG_FILE": windows_path(home / "config"),
            "PYVAULT_BACKEND": backend,
            "PYVAULT_FILE": windows_path(home / "vault file.pyv"),
            "PYVAULT_KEYFILE": windows_path(home / "key") if backend == "file" else "",
        }

    def __call__(self, *argv: str, ok: bool = True, **env: str) -> subprocess.CompletedProcess[str]:
        done = self.machine.run(*CLI, "--no-input", *argv, env={**self.env, **env})
        assert not ok or done.returncode == 0, done.stderr
        assert SECRET not in done.stderr
        return done


@pytest.fixture
def home(private_home: Path) -> Path:
    return private_home


@pytest.mark.parametrize("backend", ["file", "wincred"])
def test_the_main_job(windows: WindowsPython, home: Path, backend: str) -> None:
    pyvault = Face(windows, home, backend)
    if backend == "file":
        pyvault("vault", "init", "--keyfile", windows_path(home / "key"))
    pyvault("add", "ci user", "--env", "--no-verify", **KEYS)
    listed = json.loads(pyvault("list", "--json").stdout)
    assert [entry["profile"] for entry in listed["profiles"]] == ["ci user"]
    shown = pyvault("exec", "--no-session", "ci user", "--", "cmd.exe", "/C", "echo %AWS_ACCESS_KEY_ID% %AWS_VAULT%")
    assert shown.stdout.split() == ["AKIAWINDOWSEXAMPLE00", "ci", "user"]
    assert pyvault("exec", "-n", "ci user", "--", "cmd.exe", "/C", "exit 7", ok=False).returncode == 7
    assert pyvault("exec", "-n", "ci user", "--", "no-such-program", ok=False).returncode == 127
    pyvault("remove", "-f", "ci user")
    left = json.loads(pyvault("list", "--json").stdout)["profiles"]
    assert not any(entry["credentials"] for entry in left)


def test_writers_of_the_file_exclude_each_other(windows: WindowsPython, home: Path) -> None:
    pyvault = Face(windows, home, "file")
    pyvault("vault", "init", "--keyfile", windows_path(home / "key"))
    names = [f"p{number}" for number in range(6)]
    env = windows.environ({**pyvault.env, **KEYS})
    argv = [
        "wine",
        str(windows.python),
        "-X",
        "utf8",
        *CLI,
        "--no-input",
        "add",
        "--env",
        "--no-verify",
        "--no-add-config",
    ]
    writers = [
        subprocess.Popen([*argv, name], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for name in names
    ]
    for writer in writers:
        _, stderr = writer.communicate(timeout=180)
        assert writer.returncode == 0, stderr
    entries = json.loads(pyvault("vault", "entries", "--json").stdout)
    assert sorted(entry["name"] for entry in entries if entry["kind"] == "credential") == names
    pyvault("vault", "verify")


@pytest.mark.parametrize(
    ("case", "seen"),
    [
        ("hazard", "refused"),  # what the others are about is so on this system
        ("held_shortly", "True True new"),  # the writer waited, the reader had the old vault, the new one is in place
        ("held_for_good", "True True newest"),  # the error names the vault, nothing changed, the next write works
        ("full_speed", "0 whole"),
    ],
)
def test_the_file_is_replaced_whole_under_a_reader(windows: WindowsPython, home: Path, case: str, seen: str) -> None:
    Face(windows, home, "file")("vault", "init", "--keyfile", windows_path(home / "key"))
    (home / "vault file.pyv").rename(home / "vault.pyv")
    script = windows_path(Path(__file__).parent / "windows" / "replace_under_reader.py")
    done = windows.run(script, case, windows_path(home), env={"LOCALAPPDATA": windows_path(home)})
    assert done.stdout.strip() == seen, done.stderr


def test_credential_manager_passes_the_contract(
    windows: WindowsPython, home: Path, request: pytest.FixtureRequest
) -> None:
    """All but what wine's registry, where it keeps credentials, makes of two cases.

    It has no room for names of 255 characters and more, and a write that meets a
    delete of the same name fails there with ERROR_KEY_DELETED.
    """
    kit = windows.root / "kit"
    if not kit.exists():
        pip("install", "--target", str(kit), "pytest>=9.2,<10", "colorama")
    (home / "pytest.ini").write_text("[pytest]\n")
    code = "import sys; sys.path.insert(0, sys.argv.pop(1)); import pytest; sys.exit(pytest.main(sys.argv[1:]))"
    left_out = (
        BackendContract.test_a_long_name_is_kept_whole,
        BackendContract.test_putting_while_another_deletes_stays_whole,
    )
    writes = 25 if request.config.getoption("--long") else 5
    done = windows.run(
        *("-c", code, windows_path(kit), "-c", windows_path(home / "pytest.ini"), "--rootdir", windows_path(home)),
        *("--noconftest", "-p", "pyvault.testing.plugin", "-p", "no:cacheprovider", "-q"),
        *("--pyargs", "pyvault.testing.suite", "--pyvault-backend", "wincred", "--pyvault-option", "prefix={tmp}:"),
        *("--pyvault-capability", "max_size=850", "--pyvault-capability", f"writes={writes}"),
        *("--pyvault-capability", "breakable=false"),
        *("-k", " and ".join(f"not {case.__name__}" for case in left_out)),
        timeout=600,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert " 4 deselected" in done.stdout, "nothing else may be left out"
