"""Keys in clear text: found, and taken out of the file with nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from pyvault.errors import ConfigError, ConflictError, WriteFailedError
from pyvault.files.atomic import PendingFile
from pyvault.migration.credentials_file import backup_path, read_credentials_file, remove_pairs
from pyvault.secret import Secret

TEXT = """\
# kept
[default]
aws_access_key_id = AKIADEFAULT
aws_secret_access_key = one
region = eu-west-1

[temporary]
aws_access_key_id = ASIA
aws_secret_access_key = two
aws_session_token = token
[half]
aws_access_key_id = AKIAHALF
[twice]
aws_access_key_id = AKIAOLD
aws_access_key_id = AKIANEW
aws_secret_access_key = three
[other]
aws_access_key_id = AKIAOTHER
aws_secret_access_key = four
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "credentials"
    path.write_text(TEXT)
    path.chmod(0o600)
    return path


def test_static_pairs_are_found_and_the_rest_is_named(file: Path) -> None:
    found = read_credentials_file(file)
    assert {name: pair.access_key_id for name, pair in found.pairs.items()} == {
        "default": "AKIADEFAULT",
        "other": "AKIAOTHER",
    }
    assert found.pairs["default"].secret_access_key == Secret("one")
    assert found.left == ("temporary", "half")


def test_swapped_and_temporary_keys_are_no_pairs_and_not_shown(file: Path) -> None:
    secret = "pLaNtEd/K7MDENG+bPxRfiCYEXAMPLEKEY000000"
    file.write_text(
        f"[swapped]\naws_access_key_id = {secret}\naws_secret_access_key = AKIAIOSFODNN7EXAMPLE\n"
        f"[lost]\naws_access_key_id = ASIAIOSFODNN7EXAMPLE\naws_secret_access_key = {secret}\n"
    )
    found = read_credentials_file(file)
    assert (dict(found.pairs), found.left, found.unusable.keys()) == ({}, ("lost",), {"swapped"})
    problem = found.unusable["swapped"]
    assert "line 2: the key of [swapped]" in problem.message
    assert "swapped?" in problem.message
    assert "pLaNtEd" not in f"{problem.message}{problem.hint}"


def test_a_profile_whose_keys_stand_twice_is_no_pair(file: Path) -> None:
    file.write_text(f"{TEXT}[other]\nAWS_ACCESS_KEY_ID = AKIASECOND\naws_secret_access_key = five\n")
    found = read_credentials_file(file)
    assert found.repeated == ("twice", "other")
    assert found.pairs.keys() == {"default"}


def test_sections_that_only_share_a_name_are_one_pair(file: Path) -> None:
    file.write_text(f"{TEXT}[other]\nregion = eu-west-1\n")
    assert "other" in read_credentials_file(file).pairs


@pytest.mark.parametrize("profile", ["twice", "temporary", "half", "gone"])
def test_what_is_no_pair_is_never_taken_out(file: Path, profile: str) -> None:
    with pytest.raises(ConflictError):
        remove_pairs(file, ["default", profile])
    assert file.read_text() == TEXT
    assert not file.with_name("credentials.pyvault-backup").exists()


def test_only_the_lines_of_the_pairs_go(file: Path) -> None:
    remove_pairs(file, ["default", "other"])
    left = file.read_text()
    assert "one" not in left
    assert "AKIAOTHER" not in left
    for kept in ("# kept", "[default]", "region = eu-west-1", "aws_session_token = token", "AKIAHALF", "AKIAOLD"):
        assert kept in left
    assert [*file.parent.iterdir()] == [file]  # no copy of the keys
    assert file.stat().st_mode & 0o777 == 0o600


def test_line_ends_stay_as_they_are(file: Path) -> None:
    file.write_bytes(TEXT.replace("\n", "\r\n").encode())
    remove_pairs(file, ["default", "other"])
    assert b"region = eu-west-1\r\n" in file.read_bytes()
    assert b"one" not in file.read_bytes()


def test_what_a_killed_removal_left_goes_with_the_next(file: Path, tmp_path: Path) -> None:
    link = tmp_path / "home" / "credentials"
    link.parent.mkdir()
    link.symlink_to(file)
    for target in (backup_path(link), file):
        killed = PendingFile(target)
        killed.write(TEXT.encode())
        killed.finish()
    backup_path(link).write_text(TEXT)
    remove_pairs(link, ["default", "other"])
    assert [*link.parent.iterdir()] == [link]
    assert sorted(tmp_path.iterdir()) == sorted([file, link.parent])


def test_a_file_that_can_t_be_written_stays(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.with_name("credentials.pyvault-backup").mkdir()  # in the way of the backup, so nothing may be removed
    with pytest.raises(WriteFailedError):
        remove_pairs(file, ["default"])
    assert file.read_text() == TEXT


def test_a_missing_or_huge_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        read_credentials_file(tmp_path / "none")
    (tmp_path / "huge").write_bytes(b"#" * (1024 * 1024 + 1))
    with pytest.raises(ConfigError):
        read_credentials_file(tmp_path / "huge")


def test_a_key_that_a_backslash_carries_on_is_left_whole(file: Path) -> None:
    file.write_text("[long]\naws_access_key_id = AKIALONG\naws_secret_access_key = begins\\\n  goes-on\n")
    found = read_credentials_file(file)
    assert (found.pairs, found.left) == ({}, ())
    assert found.unusable["long"].message.endswith(
        "line 3: the aws_secret_access_key of [long] holds a blank or a control character"
    )
    with pytest.raises(ConflictError):
        remove_pairs(file, ["long"])
