"""Flipped bits, cut files and greedy headers at the command line: an exit code and a message, never a traceback."""

from __future__ import annotations

import random
import struct
import sys
from pathlib import Path

import pytest

from command_line import KAT1, KAT1_PASSPHRASE
from pyvault_cli import main

HEADER_END = 232  # of the known vault: 84 bytes and one slot of 148
VAULT_ID = range(16, 32)
SLOT = range(84, HEADER_END)
MEMORY = 84 + 14 + 8  # offset of memory_KiB in the parameters of the first slot


@pytest.fixture
def vault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "vault" / "kat1.pyv"
    path.parent.mkdir(mode=0o700)
    path.touch(mode=0o600)
    monkeypatch.setenv("PYVAULT_FILE", str(path))
    monkeypatch.setenv("PYVAULT_PASSPHRASE", KAT1_PASSPHRASE)
    for kind in ("DATA", "STATE", "CONFIG"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path / kind))
    return path


def verify(path: Path, content: bytes, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    path.write_bytes(content)
    code = main.run(["vault", "verify"])
    shown = capsys.readouterr()
    assert "Traceback" not in shown.err
    assert "internal error" not in shown.err
    assert (shown.out == "") is (code != 0)
    return code, shown.err


@pytest.mark.parametrize("count", [25, pytest.param(200, marks=pytest.mark.slow)])
def test_flipped_bits(vault: Path, capsys: pytest.CaptureFixture[str], count: int) -> None:
    original = KAT1.read_bytes()
    assert verify(vault, original, capsys)[0] == 0
    for position in random.Random(count).sample(range(len(original) * 8), count):
        byte, bit = divmod(position, 8)
        flipped = bytearray(original)
        flipped[byte] ^= 1 << bit
        code, said = verify(vault, bytes(flipped), capsys)
        expected = {4, 7} if byte in VAULT_ID or byte in SLOT else {7}
        assert code in expected, (byte, bit, said)
        assert "pyvault: error: " in said


def test_cut_files(vault: Path, capsys: pytest.CaptureFixture[str]) -> None:
    original = KAT1.read_bytes()
    for length in [0, 1, 83, 84, HEADER_END, len(original) - 1, *random.Random(1).sample(range(len(original)), 20)]:
        assert verify(vault, original[:length], capsys)[0] == 7
    assert verify(vault, original + b"\0", capsys)[0] == 7


@pytest.mark.parametrize("kib", [16 << 20, 1 << 30, (1 << 32) - 1], ids=["16 GiB", "1 TiB", "the most"])
def test_greedy_headers_are_refused_before_anything_is_allocated(
    vault: Path, capsys: pytest.CaptureFixture[str], kib: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    greedy = bytearray(KAT1.read_bytes())
    assert struct.unpack_from(">I", greedy, MEMORY) == (8192,)
    struct.pack_into(">I", greedy, MEMORY, kib)
    monkeypatch.setitem(sys.modules, "argon2.low_level", None)  # importing it would fail now
    code, said = verify(vault, bytes(greedy), capsys)
    assert code == 7
    assert str(kib) in said
