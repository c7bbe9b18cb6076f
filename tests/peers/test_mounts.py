"""Mounts that keep no modes (drives of Windows, memory sticks, shares), or refuse to set one: bindfs stands for them."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from command_line import Ended, run_pyvault
from pyvault.errors import InsecurePermissionsError
from pyvault.files.modes import keeps_modes
from pyvault.server.endpoints.bearer_token import use_token_file
from pyvault.sharedfiles.view_directory import open_view_directory

pytestmark = pytest.mark.peer("bindfs", "fusermount")
KEYS = {
    "AWS_ACCESS_KEY_ID": "AKIAEXAMPLEEXAMPLE12",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY12",
}
INSIST = {"PYVAULT_INSECURE_DIRECTORY": "1"}

Mount = Callable[..., Path]


@pytest.fixture
def mount(tmp_path: Path) -> Generator[Mount]:
    place = tmp_path / "mnt"

    def mounted(*options: str) -> Path:
        (tmp_path / "src").mkdir()
        place.mkdir()
        done = subprocess.run(["bindfs", *options, str(tmp_path / "src"), str(place)], capture_output=True, check=False)
        if done.returncode:
            pytest.skip("nothing can be mounted here")
        return place

    yield mounted
    subprocess.run(["fusermount", "-u", str(place)], capture_output=True, check=False)


def use(home: Path, vault: Path, key: Path) -> list[Ended]:
    """Make a vault, change it twice and use what is in it."""
    where = {"PYVAULT_FILE": str(vault), "PYVAULT_KEYFILE": str(key), "PYVAULT_KDF": "min"} | INSIST
    keys = where | KEYS
    add = ("--env", "--no-verify")
    return [
        run_pyvault(home, "vault", "init", "--keyfile", str(key), env=where),
        run_pyvault(home, "add", "one", *add, env=keys),
        run_pyvault(home, "add", "two", *add, env=keys),
        run_pyvault(home, "remove", "two", "--force", env=where),
        run_pyvault(home, "exec", "one", "--no-session", "--", "true", env=where),
    ]


def test_one_mode_for_everything_is_named_and_one_may_insist(tmp_path: Path, mount: Mount) -> None:
    place = mount("--chmod-ignore", "--chown-ignore", "--perms=0777:+X")
    key = tmp_path / "key"
    refused = run_pyvault(tmp_path, "vault", "init", "--keyfile", str(key), env={"PYVAULT_FILE": str(place / "v.pyv")})
    assert (refused.code, key.exists()) == (5, False)
    assert "has no permissions" in refused.err
    assert "chmod" not in refused.err
    assert [ended.code for ended in use(tmp_path, place / "v.pyv", key)] == [0] * 5


@pytest.mark.parametrize("refusal", ["ignore", "deny"])
def test_no_secret_is_put_where_everybody_could_read_it(tmp_path: Path, mount: Mount, refusal: str) -> None:
    place = mount(f"--chmod-{refusal}", "--perms=0777:+X")
    assert not keeps_modes(place)
    where = {"PYVAULT_FILE": str(tmp_path / "v" / "v.pyv"), "PYVAULT_KDF": "min"}
    key = run_pyvault(tmp_path, "vault", "init", "--keyfile", str(place / "key"), env=where | INSIST)
    assert key.code == 5
    assert "has no permissions: use a directory on another one" in key.err
    with pytest.raises(InsecurePermissionsError) as token:
        use_token_file(place / "token")
    assert list(place.iterdir()) == []
    with pytest.raises(InsecurePermissionsError) as room:
        open_view_directory(place / "room")
    for error in (token, room):
        assert "has no permissions" in str(error.value.hint)


def test_one_that_refuses_modes_that_are_there_already(tmp_path: Path, mount: Mount) -> None:
    place = mount("--chmod-deny", "--perms=0600:u+X")
    assert [ended.code for ended in use(place, place / "v" / "v.pyv", place / "key")] == [0] * 5
    use_token_file(place / "token").release()
    runtime = {"XDG_RUNTIME_DIR": str(place)}
    where = {"PYVAULT_FILE": str(place / "v" / "v.pyv"), "PYVAULT_KEYFILE": str(place / "key")} | runtime
    view = run_pyvault(place, "exec", "one", "--no-session", "--hide-shared-config", "--", "true", env=where)
    assert (view.code, "can't write" in view.err) == (1, True)
    assert not list((place / "pyvault").glob("*/*"))  # a view that can't be closed is not left either
    assert list(tmp_path.glob("mnt/**/*.pending-*")) == []
