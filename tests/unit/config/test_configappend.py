"""Appending to the config file touches nothing else."""

import os
import stat
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases import Case, cases_of
from pyvault.config import append as configappend
from pyvault.config.append import append_profile, with_profile
from pyvault.config.config_file import ConfigFile
from pyvault.errors import ConflictError, InvalidSettingError, WriteFailedError

PATH = Path("/home/me/.aws/config")


def with_text(data: bytes) -> ConfigFile:
    return ConfigFile.parse(data, PATH)


@cases_of("add_profile")
def test_add_profile(case: Case, tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_bytes(case.config.encode())
    new = dict(case.options["new_profile"])
    config = append_profile(ConfigFile.load(path), new.pop("name"), new)
    assert path.read_bytes().startswith(case.config.encode())
    assert config.profiles() == [profile["name"] for profile in case.expect["profiles"]]
    for profile in case.expect["profiles"]:
        found = config.find_profile(profile.pop("name"))
        assert found is not None
        assert {key: found[key].value for key in profile} == {key: str(value) for key, value in profile.items()}


@cases_of("save_roundtrip")
def test_save_roundtrip(case: Case, tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_bytes(case.config.encode())
    config = ConfigFile.load(path)
    assert config.data == case.expect["file_bytes"].encode()
    assert append_profile(config, "new", {}).data.startswith(config.data)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"", b"[profile n]\nx = 1\n"),
        (b"\n", b"\n[profile n]\nx = 1\n"),
        (b"[profile a]\nx = 1\n", b"[profile a]\nx = 1\n\n[profile n]\nx = 1\n"),
        (b"[profile a]\nx = 1", b"[profile a]\nx = 1\n\n[profile n]\nx = 1\n"),
        (b"[profile a]\r\nx = 1\r\n", b"[profile a]\r\nx = 1\r\n\r\n[profile n]\r\nx = 1\r\n"),
        (b"[profile a]\r\nx = 1", b"[profile a]\r\nx = 1\r\n\r\n[profile n]\r\nx = 1\r\n"),
        (b"\xef\xbb\xbf# \xff\n", b"\xef\xbb\xbf# \xff\n\n[profile n]\nx = 1\n"),
    ],
)
def test_bytes(before: bytes, after: bytes) -> None:
    assert with_profile(with_text(before), "n", {"x": "1"}).data == after


@pytest.mark.parametrize("name", ["", " a", "a\nb", "a\rb", "'\"", "a\0b", "x]\n[profile y", "\ud800", "a\tb "])
def test_hostile_names_are_refused(name: str) -> None:
    before = with_text(b"[profile z]\nx = 1\n")
    try:
        after = with_profile(before, name, {"x": "1"})
    except InvalidSettingError:
        return
    assert after.profiles() == ["z", name]


@pytest.mark.parametrize(
    "value",
    ["a\ncredential_process = evil", "a\rb", " a", "a ", "a # b", "a ; b", "a\\", "", "a\0b", "\ud800"],
)
def test_values_that_would_not_read_back_are_refused(value: str) -> None:
    if not value:
        assert with_profile(with_text(b""), "n", {"x": value}).data == b"[profile n]\nx = \n"
        return
    with pytest.raises(InvalidSettingError):
        with_profile(with_text(b""), "n", {"x": value})


@pytest.mark.parametrize("key", ["", "X", "a=b", "a:b", "#a", "[x]", "a\nb", " a"])
def test_keys_that_would_not_read_back_are_refused(key: str) -> None:
    with pytest.raises(InvalidSettingError):
        with_profile(with_text(b""), "n", {key: "1"})


@pytest.mark.parametrize("name", ["a", "default"])
def test_a_profile_that_is_there_is_not_added_again(name: str) -> None:
    with pytest.raises(ConflictError):
        with_profile(with_text(b"[default]\n[profile 'a']\n"), name, {})


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"])
def test_an_open_value_at_the_end_swallows_nothing(end: bytes) -> None:
    after = with_profile(with_text(b"[profile a]\nx = 1 \\" + end), "n", {"y": "2"})
    assert after.profiles() == ["a", "n"]


@given(name=st.text(max_size=12), value=st.text(max_size=12), before=st.sampled_from([b"", b"[profile z]\ny = 1"]))
def test_what_is_accepted_reads_back_as_it_is(name: str, value: str, before: bytes) -> None:
    try:
        after = with_profile(with_text(before), name, {"x": value})
    except (InvalidSettingError, ConflictError):
        return
    assert after.data.startswith(before)
    found = ConfigFile.parse(after.data, PATH).find_profile(name)
    assert found is not None
    assert {key: entry.value for key, entry in found.items()} == {"x": value}


def test_a_new_file_is_private(tmp_path: Path) -> None:
    path = tmp_path / ".aws" / "config"
    append_profile(ConfigFile.load(path), "n", {"x": "1"})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.skipif(sys.platform == "win32", reason="modes and links of POSIX")
def test_mode_owner_and_link_are_kept(tmp_path: Path) -> None:
    real = tmp_path / "dotfiles" / "aws-config"
    real.parent.mkdir()
    real.write_bytes(b"[default]\nregion = x\n")
    real.chmod(0o644)
    if os.geteuid() == 0:
        os.chown(real, 12345, 54321)
    owner = (real.stat().st_uid, real.stat().st_gid)
    link = tmp_path / "config"
    link.symlink_to("dotfiles/aws-config")
    append_profile(ConfigFile.load(link), "n", {})
    assert link.is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o644
    assert (real.stat().st_uid, real.stat().st_gid) == owner
    assert real.read_bytes() == b"[default]\nregion = x\n\n[profile n]\n"
    assert [path.name for path in real.parent.iterdir()] == ["aws-config"]


def test_what_others_wrote_since_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "config"
    stale = ConfigFile.load(path)
    path.write_bytes(b"[profile theirs]\nregion = x\n")
    assert append_profile(stale, "ours", {}).profiles() == ["theirs", "ours"]
    with pytest.raises(ConflictError):
        append_profile(stale, "theirs", {})


def test_a_directory_that_cannot_be_written_changes_nothing(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_bytes(b"")
    with pytest.raises(WriteFailedError):
        append_profile(ConfigFile.load(blocked / "config"), "n", {})


def test_many_at_once_lose_nothing(tmp_path: Path) -> None:
    path, lock = tmp_path / "config", tmp_path / "lock"

    def add(number: int) -> None:
        append_profile(ConfigFile.load(path), f"p{number}", {"region": "x"}, lock=lock)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(40)))
    assert sorted(ConfigFile.load(path).profiles()) == sorted(f"p{number}" for number in range(40))
    assert sorted(file.name for file in tmp_path.iterdir()) == ["config", "lock"]


def test_a_file_that_changes_before_the_rename_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_bytes(b"theirs")
    assert configappend.replace_if_unchanged(path, b"ours", expected=b"older") is False
    assert path.read_bytes() == b"theirs"
    assert configappend.replace_if_unchanged(path, b"ours", expected=b"theirs") is True
    assert [file.name for file in tmp_path.iterdir()] == ["config"]


def test_what_a_killed_writer_left_goes_with_the_next(tmp_path: Path) -> None:
    (tmp_path / "config.pending-0123456789abcdef").write_bytes(b"[profile half")
    (tmp_path / "config").write_bytes(b"[profile a]\n")
    append_profile(ConfigFile.load(tmp_path / "config"), "new", {})
    assert [entry.name for entry in tmp_path.iterdir()] == ["config"]
