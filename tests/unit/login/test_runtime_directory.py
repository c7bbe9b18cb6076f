"""Which directory is the runtime directory, and what is none."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from pyvault.login.runtime_directory import Place, find_runtime_directory
from pyvault.paths import GivenEnvironment, find_paths

pytestmark = pytest.mark.skipif(os.name != "posix", reason="there are none")


@pytest.fixture
def fixed(tmp_path: Path) -> Path:
    """The directory that the system has for this user."""
    directory = tmp_path / "run" / "user" / str(os.geteuid())
    directory.mkdir(parents=True, mode=0o700)
    return directory


def found(fixed: Path, environ: dict[str, str]) -> str | None:
    return find_runtime_directory(environ, system=str(fixed.parent))


def test_the_variable_comes_first(tmp_path: Path, fixed: Path) -> None:
    own = tmp_path / "own"
    own.mkdir(mode=0o700)
    assert found(fixed, {"XDG_RUNTIME_DIR": str(own)}) == str(own)
    assert found(fixed, {}) == str(fixed)


@pytest.mark.parametrize("kind", ["missing", "file", "link", "readable", "writable", "relative", "NUL", "empty"])
def test_what_is_no_private_directory_is_passed_over(
    tmp_path: Path, fixed: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.chdir(tmp_path)
    own = tmp_path / "own"
    value = str(own)
    match kind:
        case "file":
            own.touch(mode=0o700)
        case "link":
            own.symlink_to(fixed)
        case "readable" | "writable":
            own.mkdir()
            own.chmod(0o750 if kind == "readable" else 0o722)
        case "relative":
            own.mkdir(mode=0o700)
            value = "own"
        case "NUL":
            value = str(own) + "\0"
        case "empty":
            value = ""
        case _:
            pass
    assert found(fixed, {"XDG_RUNTIME_DIR": value}) == str(fixed)
    fixed.chmod(0o755)
    assert found(fixed, {"XDG_RUNTIME_DIR": value}) is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_another_users_directory_is_passed_over(tmp_path: Path, fixed: Path) -> None:
    own = tmp_path / "own"
    own.mkdir(mode=0o700)
    os.chown(own, 12345, -1)
    assert found(fixed, {"XDG_RUNTIME_DIR": str(own)}) == str(fixed)
    os.chown(fixed, 12345, -1)
    assert found(fixed, {"XDG_RUNTIME_DIR": str(own)}) is None


def test_an_environment_that_a_program_has_given_has_what_it_names_alone(tmp_path: Path, fixed: Path) -> None:
    own = tmp_path / "own"
    own.mkdir(mode=0o700)
    assert found(fixed, GivenEnvironment({"XDG_RUNTIME_DIR": str(own)})) == str(own)
    assert found(fixed, GivenEnvironment()) is None
    assert find_paths(GivenEnvironment(HOME=str(tmp_path))).runtime is None
    assert find_paths(GivenEnvironment(HOME=str(tmp_path), XDG_RUNTIME_DIR=str(own))).runtime == own / "pyvault"
    own.chmod(0o755)
    assert find_paths(GivenEnvironment(HOME=str(tmp_path), XDG_RUNTIME_DIR=str(own))).runtime is None


def test_a_state_directory_has_one_place_by_all_its_names(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    names = ("real/.local", "link/.local", "link/../real//.local/")
    one, *others = (Place(str(tmp_path), f"{tmp_path}/{name}") for name in names)
    assert {(other.directory, other.prefix) for other in others} == {(one.directory, one.prefix)}


def test_each_state_directory_has_its_own_place(tmp_path: Path) -> None:
    one, other = (Place(str(tmp_path), state) for state in ("/home/a/.local/state/pyvault", "/home/b"))
    assert one.directory != other.directory
    assert one.prefix != other.prefix
    assert one.prefix == Place("/elsewhere", "/home/a/.local/state/pyvault").prefix
    mask = os.umask(0o777)
    try:
        one.make()
        one.make()
    finally:
        os.umask(mask)
    assert stat.S_IMODE(Path(one.directory).stat().st_mode) == 0o700
