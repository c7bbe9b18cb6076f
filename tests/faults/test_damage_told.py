"""The known answer through the command: read exactly; changed anywhere, exit code 7 or 4, and no traceback."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from command_line import run_pyvault
from pyvault_cli import main
from vaults import KNOWN_ANSWER, KNOWN_PASSPHRASE, known_answer

CONTENT = KNOWN_ANSWER.read_bytes()
#: A flipped bit here reads as a wrong key: the vault id, and the slot.
READS_AS_WRONG_KEY = {*range(16, 32), *range(84, 232)}
FLIPS = random.Random(0x50595631).sample(range(len(CONTENT) * 8), 200)
ENTRIES = [
    {
        "kind": kind,
        "name": "prod",
        "revision": revision,
        "size": size,
        "modified": "2023-11-14T22:13:20Z",
        "expires": None,
    }
    for kind, revision, size in (("credential", 1, 1096), ("session", 7, 2120))
]


def flipped(bit: int) -> bytes:
    content = bytearray(CONTENT)
    content[bit // 8] ^= 1 << bit % 8
    return bytes(content)


def allowed(bit: int) -> set[int]:
    return {4, 7} if bit // 8 in READS_AS_WRONG_KEY else {7}


@pytest.fixture
def vault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = known_answer(tmp_path)
    monkeypatch.setenv("PYVAULT_FILE", str(path))
    monkeypatch.setenv("PYVAULT_PASSPHRASE", KNOWN_PASSPHRASE)
    return path


def test_the_known_answer_is_read_exactly(tmp_path: Path) -> None:
    env = {"PYVAULT_FILE": str(known_answer(tmp_path)), "PYVAULT_PASSPHRASE": KNOWN_PASSPHRASE}
    shown = run_pyvault(tmp_path, "vault", "entries", "--json", env=env)
    assert (shown.code, json.loads(shown.out)) == (0, ENTRIES)
    verified = run_pyvault(tmp_path, "vault", "verify", env=env)
    first, second = verified.out.splitlines()
    assert (verified.code, first) == (0, f"'{tmp_path}/kat1.pyv' is intact: generation 1, 2 entries")
    assert second.startswith("vault id ")
    assert "fingerprint" in second


@pytest.mark.parametrize("share", range(4))
def test_two_hundred_flipped_bits(vault: Path, capsys: pytest.CaptureFixture[str], share: int) -> None:
    """By the command's own entry point, in this process: what is imported once is imported for all."""
    for bit in FLIPS[share::4]:
        vault.write_bytes(flipped(bit))
        code = main.run(["vault", "verify"])
        told = capsys.readouterr()
        assert code in allowed(bit), f"bit {bit}: exit code {code}\n{told.err}"
        assert told.out == ""
        assert "pyvault: error: " in told.err
        assert "Traceback" not in told.err


@pytest.mark.parametrize("bits", [FLIPS[:3], pytest.param(FLIPS, marks=pytest.mark.slow)], ids=len)
def test_flipped_bits_through_the_program(tmp_path: Path, bits: list[int]) -> None:
    path = known_answer(tmp_path)
    for bit in bits:
        path.write_bytes(flipped(bit))
        env = {"PYVAULT_FILE": str(path), "PYVAULT_PASSPHRASE": KNOWN_PASSPHRASE}
        ended = run_pyvault(tmp_path, "vault", "verify", env=env)
        assert ended.code in allowed(bit), (bit, ended.err)
        assert ended.out == ""
        assert "Traceback" not in ended.err


@pytest.mark.parametrize("size", [0, 1, 83, 84, 231, 263, 264, 4432, 7647])
def test_truncations(vault: Path, capsys: pytest.CaptureFixture[str], size: int) -> None:
    vault.write_bytes(CONTENT[:size])
    assert main.run(["vault", "verify"]) == 7
    assert "Traceback" not in capsys.readouterr().err
