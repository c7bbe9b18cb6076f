"""The same text opens a vault from a file, a variable, a descriptor and a prompt, whatever an editor put around it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from pyvault.errors import InvalidSettingError
from pyvault.secret import Secret
from pyvault.vaultfile.unlock.key_file import read_key_file
from pyvault.vaultfile.unlock.key_sources import UnlockSources
from pyvault.vaultfile.unlock.new_slot import PassphraseSlot
from pyvault.vaultfile.unlock.passphrase import (
    normalise,
    outer_blanks,
    read_passphrase_descriptor,
    read_passphrase_file,
)
from pyvault.vaultfile.unlock.passphrase_sources import passphrase_of_variable
from pyvault.vaultfile.vault import Vault
from vaults import CHEAP, KEY, KEY_TEXT, WEAK, make_vault

PASSPHRASE = "pass phrase \u00e9"
AROUND = [
    PASSPHRASE,
    f"{PASSPHRASE}\n",
    f"{PASSPHRASE}\r\n",
    f"{PASSPHRASE}\r",
    f"\ufeff{PASSPHRASE}",
    f"\ufeff{PASSPHRASE}\r\n",
]


def from_file(text: str, directory: Path) -> Secret[str]:
    path = directory / "passphrase"
    path.write_bytes(text.encode())
    path.chmod(0o600)
    return read_passphrase_file(path)


def from_descriptor(text: str, _directory: Path) -> Secret[str]:
    reader, writer = os.pipe()
    os.write(writer, text.encode())
    os.close(writer)
    try:
        return read_passphrase_descriptor(reader)
    finally:
        os.close(reader)


def from_variable(text: str, _directory: Path) -> Secret[str]:
    return passphrase_of_variable("PYVAULT_PASSPHRASE", text)


def from_prompt(text: str, _directory: Path) -> Secret[str]:
    return Secret(text.rstrip("\r\n"))  # no terminal gives the line's end along


@pytest.mark.parametrize("text", AROUND)
@pytest.mark.parametrize("read", [from_file, from_descriptor, from_variable, from_prompt])
def test_what_editors_put_around_a_passphrase_is_none_of_it(
    tmp_path: Path, read: Callable[[str, Path], Secret[str]], text: str
) -> None:
    vault = make_vault(tmp_path, PassphraseSlot(passphrase=Secret(PASSPHRASE), cost=CHEAP))
    sources = UnlockSources(passphrase=lambda: read(text, tmp_path))
    assert Vault.open(vault.path, sources, options=WEAK).vault_id == vault.vault_id


@pytest.mark.parametrize("read", [from_file, from_descriptor, from_variable])
def test_one_line_end_is_not_the_passphrase_and_a_second_is(
    tmp_path: Path, read: Callable[[str, Path], Secret[str]]
) -> None:
    for text in ("pw\n\n", "pw\n\r\n", "pw\n\r"):
        assert read(text, tmp_path) == Secret("pw\n")
    assert read(" pw\t\n", tmp_path) == Secret(" pw\t")


def test_aws_vaults_variable_is_taken_as_aws_vault_takes_it() -> None:
    assert passphrase_of_variable("AWS_VAULT_FILE_PASSPHRASE", "pw\n") == Secret("pw\n")


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_is_named(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "secret"
    for text, read in ((PASSPHRASE, read_passphrase_file), (KEY_TEXT.decode(), read_key_file)):
        path.write_bytes(f"\ufeff{text}".encode(encoding))
        path.chmod(0o600)
        with pytest.raises(InvalidSettingError, match="UTF-16") as caught:
            read(path)
        assert "UTF-8" in str(caught.value.hint)


@pytest.mark.parametrize("text", [b"\xef\xbb\xbf" + KEY_TEXT, KEY_TEXT.strip() + b"\r", b"\xef\xbb\xbf\r\n" + KEY_TEXT])
def test_what_editors_put_around_a_key_is_none_of_it(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "key"
    path.write_bytes(text)
    path.chmod(0o600)
    assert read_key_file(path) == KEY


def test_a_mark_alone_is_no_passphrase() -> None:
    with pytest.raises(InvalidSettingError, match="empty"):
        normalise(Secret("\ufeff"))


@pytest.mark.parametrize(
    ("text", "told"), [("pw", False), ("p w", False), (" pw", True), ("pw\t", True), ("pw\n", True)]
)
def test_outer_blanks_are_told_of(text: str, told: bool) -> None:
    assert (outer_blanks(Secret(text)) is not None) is told
