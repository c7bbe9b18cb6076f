"""Key files, passphrases and recovery codes, as people and CI systems give them."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyvault.errors import (
    AccessDeniedError,
    ConfigError,
    InsecurePermissionsError,
    InvalidSettingError,
    VaultExistsError,
    WriteFailedError,
)
from pyvault.secret import Secret
from pyvault.vaultfile.disk.secret_file import MAX_SECRET_FILE, refuse_key_as_path
from pyvault.vaultfile.unlock.key_file import create_key_file, how_to_make, parse_key, read_key_file
from pyvault.vaultfile.unlock.new_slot import ALPHABET, format_recovery_code, new_recovery_code, parse_recovery_code
from pyvault.vaultfile.unlock.passphrase import (
    COMMON,
    SHORTEST,
    find_weakness,
    normalise,
    parse_passphrase,
    read_passphrase_descriptor,
    read_passphrase_file,
)
from vaults import KEY, KEY_TEXT, key_file

SOMEBODY = 12345
only_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away and act as others")


def secret_file(directory: Path, mode: int = 0o600, content: bytes = b"pw\n") -> Path:
    path = directory / "secret"
    path.write_bytes(content)
    path.chmod(mode)
    return path


@pytest.fixture
def open_place() -> Iterator[Path]:
    """Give a directory that other users can look into; pytest's own are closed to them."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        place.chmod(0o755)
        yield place


def test_a_key_file_is_made_once_and_read_back(tmp_path: Path) -> None:
    path = tmp_path / "ci.key"
    key = create_key_file(path)
    assert len(key) == 32
    assert read_key_file(path) == key
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(VaultExistsError):
        create_key_file(path)
    assert read_key_file(path) == key
    with pytest.raises(WriteFailedError):
        create_key_file(tmp_path / "nowhere" / "ci.key")


def test_the_text_of_a_key_file_is_the_one_of_the_format(tmp_path: Path) -> None:
    assert read_key_file(key_file(tmp_path)) == KEY
    assert parse_key(Secret(KEY_TEXT.strip()), "it") == KEY  # CI variables lose the newline
    assert parse_key(Secret(KEY_TEXT.replace(b"\n", b"\r\n")), "it") == KEY


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\n",
        b"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        KEY_TEXT.replace(b"v1", b"v2"),
        KEY_TEXT[:-10],
        KEY_TEXT.replace(b"AAEC", b"AA\nEC"),
        KEY_TEXT.replace(b"AAEC", b"AA*C"),
        KEY_TEXT + KEY_TEXT,
        b"pyvault-keyfile-v1:" + b"AAAA" * 11,
        b"\xff" * 60,
    ],
)
def test_other_files_are_no_key_files(tmp_path: Path, text: bytes) -> None:
    with pytest.raises(InvalidSettingError) as caught:
        read_key_file(secret_file(tmp_path, content=text))
    assert "AAEC" not in str(caught.value)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no key file") as caught:
        read_key_file(tmp_path / "absent", missing_hint=how_to_make(tmp_path / "absent"))
    assert "pyvault.create_vault(..., keyfile=" in (caught.value.hint or "")
    with pytest.raises(ConfigError, match="no passphrase file"):
        read_passphrase_file(tmp_path / "absent")
    with pytest.raises(AccessDeniedError):
        read_passphrase_file(tmp_path)


@pytest.mark.parametrize("mode", [0o400, 0o600, 0o500, 0o700])
def test_private_files_are_fine(tmp_path: Path, mode: int) -> None:
    assert read_passphrase_file(secret_file(tmp_path, mode)) == Secret("pw")


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666, 0o777])
def test_files_that_others_can_write(tmp_path: Path, mode: int) -> None:
    with pytest.raises(InsecurePermissionsError, match="writable") as caught:
        read_passphrase_file(secret_file(tmp_path, mode))
    assert "chmod go-w" in (caught.value.hint or "")


@only_root
@pytest.mark.parametrize("mode", [0o444, 0o644, 0o440, 0o640])
def test_readable_by_others_is_for_root_alone(open_place: Path, mode: int) -> None:
    """Docker and Kubernetes mount root's files readable; a user's own file must be private."""
    path = secret_file(open_place, mode)
    assert read_passphrase_file(path) == Secret("pw")
    os.seteuid(SOMEBODY)
    try:
        if mode & 0o004:
            assert read_passphrase_file(path) == Secret("pw")
    finally:
        os.seteuid(0)
    os.chown(path, SOMEBODY, SOMEBODY)
    os.seteuid(SOMEBODY)
    try:
        with pytest.raises(InsecurePermissionsError, match="readable"):
            read_passphrase_file(path)
    finally:
        os.seteuid(0)


@only_root
def test_somebody_elses_file(tmp_path: Path) -> None:
    path = secret_file(tmp_path)
    os.chown(path, SOMEBODY, SOMEBODY)
    with pytest.raises(InsecurePermissionsError, match=str(SOMEBODY)):
        read_passphrase_file(path)


def test_links_are_followed(tmp_path: Path) -> None:
    """Kubernetes mounts each secret as a link into a directory that is swapped as a whole."""
    (tmp_path / "..data").mkdir()
    secret_file(tmp_path / "..data")
    (tmp_path / "secret").symlink_to(Path("..data") / "secret")
    assert read_passphrase_file(tmp_path / "secret") == Secret("pw")


def test_fifos_and_descriptors(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo, 0o666)
    writer = threading.Thread(target=fifo.write_bytes, args=(b"from a pipe\n",))
    writer.start()
    assert read_passphrase_file(fifo) == Secret("from a pipe")
    writer.join()

    reading, writing = os.pipe()
    try:
        os.write(writing, b"by number\n")
        os.close(writing)
        assert read_passphrase_descriptor(reading) == Secret("by number")
    finally:
        os.close(reading)
    with pytest.raises(AccessDeniedError):
        read_passphrase_descriptor(reading)


def test_a_terminal_is_no_descriptor_to_read_from() -> None:
    ours, theirs = os.openpty()
    try:
        with pytest.raises(InvalidSettingError, match="terminal"):
            read_passphrase_descriptor(theirs)
    finally:
        os.close(ours)
        os.close(theirs)


def test_a_file_too_long_to_be_a_secret(tmp_path: Path) -> None:
    with pytest.raises(InvalidSettingError, match="too long"):
        read_passphrase_file(secret_file(tmp_path, content=b"x" * (MAX_SECRET_FILE + 1)))
    with pytest.raises(InvalidSettingError, match="too long"):
        read_passphrase_file(Path("/dev/zero"))


@pytest.mark.parametrize(
    ("raw", "passphrase"),
    [
        (b"pw", "pw"),
        (b"pw\n", "pw"),
        (b"pw\r\n", "pw"),
        (b"pw\n\n", "pw\n"),
        (b" pw ", " pw "),
        (b"a\nb\n", "a\nb"),
        ("\u00e9\n".encode(), "\u00e9"),
    ],
)
def test_exactly_one_newline_is_stripped(raw: bytes, passphrase: str) -> None:
    assert parse_passphrase(Secret(raw)) == Secret(passphrase)


@pytest.mark.parametrize("raw", [b"", b"\n", b"\r\n", b"\xff", b"pl\xe4nted"])
def test_what_is_no_passphrase(raw: bytes) -> None:
    with pytest.raises(InvalidSettingError) as caught:
        parse_passphrase(Secret(raw))
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    assert "nted" not in str(caught.value)


@given(text=st.text(min_size=1))
def test_normal_forms_are_stable(text: str) -> None:
    try:
        once = normalise(Secret(text))
    except InvalidSettingError:
        assert any("\ud800" <= char <= "\udfff" for char in text)
        return
    assert normalise(Secret(once.reveal().decode())) == once


def test_recovery_codes() -> None:
    codes = [new_recovery_code() for _ in range(50)]
    assert len({code.reveal() for code in codes}) == 50
    for code in codes:
        assert set(code.reveal()) <= set(ALPHABET)
        assert len(format_recovery_code(code)) == 26 + 6
        assert parse_recovery_code(format_recovery_code(code)) == code
        assert parse_recovery_code(Secret(format_recovery_code(code).reveal().lower().replace("-", " "))) == code


@pytest.mark.parametrize(
    "typed", ["", "short", "A" * 25, "A" * 27, "U" * 26, "correct horse battery staple", "\u00df" * 26]
)
def test_what_has_not_the_shape_of_a_recovery_code(typed: str) -> None:
    assert parse_recovery_code(Secret(typed)) is None


@pytest.mark.parametrize(
    ("passphrase", "weakness"),
    [
        ("", "fewer than 10"),
        ("123456789", "fewer than 10"),
        ("e\u0301" * 9, "fewer than 10"),
        ("e\u0301" * 10, None),
        ("Correct Horse Battery Staple", "one of the most common"),
        ("QWERTYUIOP", "one of the most common"),
        ("green kettle", None),
    ],
)
def test_new_passphrases_that_are_guessed_soon(passphrase: str, weakness: str | None) -> None:
    found = find_weakness(Secret(passphrase))
    assert (found is None) is (weakness is None)
    assert (weakness or "") in (found or "")


def test_the_list_of_common_ones_has_no_entry_in_vain() -> None:
    assert len(COMMON) >= 100
    assert all(len(entry) >= SHORTEST and entry == entry.lower() for entry in COMMON)


def test_a_key_in_base64_is_no_path_either_and_is_not_shown() -> None:
    import base64

    encoded = base64.b64encode(b"pyvault-keyfile-v1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n").decode()
    with pytest.raises(InvalidSettingError, match="contains the key itself") as caught:
        refuse_key_as_path(encoded, "PYVAULT_KEYFILE")
    assert encoded[-12:] not in str(caught.value)
